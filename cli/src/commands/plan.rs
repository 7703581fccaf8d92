//! `signalbox plan`: what a function would do about an event.

use reaction::{Mode, Report};

use super::conclude;
use crate::arguments::{AwsOptions, Occurrence};
use crate::connection::connect;
use crate::event::Event;
use crate::failure::Failure;
use crate::functions::{Attempt, Function};
use crate::output::Format;

/// Plans, and prints the report.
pub(super) async fn plan(aws: &AwsOptions, occurrence: &Occurrence, output: Format) -> Result<(), Failure> {
    conclude(output, &attempt(aws, occurrence, Mode::Plan).await?)
}

/// Finds the function that the event is for, and lets it react here.
pub(super) async fn attempt(aws: &AwsOptions, occurrence: &Occurrence, mode: Mode) -> Result<Report, Failure> {
    let event = Event::read(&occurrence.event).await?;
    let function = Function::choose(occurrence.function.as_deref(), &event)?;
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let attempt = Attempt {
        sessions,
        variables: &|name| occurrence.variable(name),
        ledger_table: &occurrence.ledger_table,
        mode,
        event: &event,
    };
    function.react(&attempt).await
}
