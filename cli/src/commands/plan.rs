//! `signalbox plan`: what a function would do about an event.

use aws::Members;
use reaction::{Mode, Report};

use super::{conclude, sweep};
use crate::arguments::{AwsOptions, FunctionSettings, Occurrence, PlanArguments};
use crate::connection::connect_to;
use crate::event::Event;
use crate::failure::Failure;
use crate::functions::{Attempt, Function};
use crate::output::Format;

/// A step out of its order leaves a rotation that nobody goes on with.
const STEP_BY_HAND: &str = "the steps of a rotation are Secrets Manager's to ask for, all four of them: begin a rotation with \
    `aws secretsmanager rotate-secret --secret-id ARN`; what this step would do, `signalbox plan` shows";

/// Plans, and prints the report.
pub(super) async fn plan(aws: &AwsOptions, asked: PlanArguments, output: Format) -> Result<(), Failure> {
    let PlanArguments { event, function, out, settings } = asked;
    match event {
        Some(event) => conclude(output, &attempt(aws, &Occurrence { event, function, settings }, Mode::Plan).await?),
        None => sweep::plan(aws, &settings, out.as_deref(), output).await,
    }
}

/// Finds the function that the event is for, and lets it react here.
pub(super) async fn attempt(aws: &AwsOptions, occurrence: &Occurrence, mode: Mode) -> Result<Report, Failure> {
    let event = Event::read(&occurrence.event).await?;
    let function = Function::choose(occurrence.function.as_deref(), &event)?;
    if mode == Mode::Apply && event.is_step() {
        return Err(Failure::usage(STEP_BY_HAND));
    }
    let FunctionSettings { ledger_table, .. } = &occurrence.settings;
    let variables = |name: &str| occurrence.settings.variable(name);
    let members = Members::read(&variables).map_err(Failure::configuration)?;
    let sessions = connect_to(aws, members).await?;
    sessions.act_for(function.name, event.field("id"));
    sessions.ask_home().await.map_err(Failure::service)?;
    let attempt = Attempt { sessions, variables: &variables, ledger_table, mode, event: &event };
    function.react(&attempt).await
}
