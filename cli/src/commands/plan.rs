//! `signalbox plan`: what a function would do about an event.

use reaction::{Mode, Report};

use super::{conclude, sweep};
use crate::arguments::{AwsOptions, Occurrence, PlanArguments};
use crate::bound;
use crate::connection::connect_for;
use crate::event::Event;
use crate::failure::Failure;
use crate::functions::{Attempt, Function};
use crate::given::Given;
use crate::output::Format;

/// The table of the ledger, of which only what acts has any.
const LEDGER: &str = "SIGNALBOX_LEDGER_TABLE";

/// A step out of its order leaves a rotation that nobody goes on with.
const STEP_BY_HAND: &str = "the steps of a rotation are Secrets Manager's to ask for, all four of them: begin a rotation with \
    `aws secretsmanager rotate-secret --secret-id ARN`; what this step would do, `signalbox plan` shows";

/// Plans, and prints the report.
pub(super) async fn plan(aws: &AwsOptions, asked: PlanArguments, given: &Given, output: Format) -> Result<(), Failure> {
    let PlanArguments { event, function, out, settings } = asked;
    match event {
        Some(event) => {
            let occurrence = Occurrence { event, function, settings };
            conclude(output, &attempt(aws, &occurrence, given, None).await?)
        }
        None => {
            let variables = |name: &str| given.read(name, settings.variable(name));
            sweep::plan(aws, &variables, given, out.as_deref(), output).await
        }
    }
}

/// Finds the function that the event is for, and lets it react here: to act, with the table of this ledger.
pub(super) async fn attempt(
    aws: &AwsOptions,
    occurrence: &Occurrence,
    given: &Given,
    ledger: Option<&str>,
) -> Result<Report, Failure> {
    let mode = if ledger.is_some() { Mode::Apply } else { Mode::Plan };
    let event = Event::read(&occurrence.event).await?;
    let function = Function::choose(occurrence.function.as_deref(), &event)?;
    if mode == Mode::Apply && event.is_step() {
        return Err(Failure::usage(STEP_BY_HAND));
    }
    let variables = |name: &str| {
        let value = if name == LEDGER { ledger.map(String::from) } else { occurrence.settings.variable(name) };
        given.read(name, value)
    };
    given.check_role(&variables)?;
    let sessions = connect_for(aws, &variables).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let attempt = Attempt { sessions, variables: &variables, given, mode, event: &event };
    let report = function.react(&attempt).await?;
    Ok(report.with_notes(bound::note(given, &variables)))
}
