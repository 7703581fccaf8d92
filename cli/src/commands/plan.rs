//! `signalbox plan`: what a function would do about an event.

use reaction::{Mode, Report};

use super::{conclude, sweep};
use crate::arguments::{AwsOptions, Occurrence, PlanArguments};
use crate::connection::connect_for;
use crate::event::Event;
use crate::failure::Failure;
use crate::functions::{Attempt, choose, react};
use crate::given::Given;
use crate::output::Format;

/// A step out of its order leaves a rotation that nobody goes on with.
const STEP_BY_HAND: &str = "the steps of a rotation are Secrets Manager's to ask for, all four of them: begin a rotation with \
    `aws secretsmanager rotate-secret --secret-id ARN`; what this step would do, `signalbox plan` shows";

/// Plans, and prints the report.
pub(super) async fn plan(aws: &AwsOptions, asked: PlanArguments, given: &Given, output: Format) -> Result<(), Failure> {
    let PlanArguments { event, function, out, settings } = asked;
    match event {
        Some(event) => {
            let occurrence = Occurrence { event, function, settings };
            conclude(output, &attempt(aws, &occurrence, given, Mode::Plan).await?)
        }
        None => {
            let variables = |name: &str| given.read(name, settings.variable(name));
            sweep::plan(aws, &variables, given, out.as_deref(), output).await
        }
    }
}

/// Finds the function that the event is for, and lets it react here.
pub(super) async fn attempt(
    aws: &AwsOptions,
    occurrence: &Occurrence,
    given: &Given,
    mode: Mode,
) -> Result<Report, Failure> {
    let event = Event::read(&occurrence.event).await?;
    let function = choose(occurrence.function.as_deref(), &event)?;
    if mode == Mode::Apply && event.is_step() {
        return Err(Failure::usage(STEP_BY_HAND));
    }
    let variables = |name: &str| given.read(name, occurrence.settings.variable(name));
    let sessions = connect_for(aws, &variables).await?;
    sessions.act_for(function.name, event.field("id"));
    sessions.ask_home().await.map_err(Failure::service)?;
    sessions.act_by_hand(&format!("signalbox run ({})", function.name));
    let attempt = Attempt { sessions, variables: &variables, given, mode, event: &event };
    react(function, &attempt).await
}
