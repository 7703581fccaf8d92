//! `signalbox plan`: what a function would do about an event.

use std::path::PathBuf;

use aws::in_name_of;
use clap::Args;
use reaction::{Mode, Report};

use super::usage::Usage;
use super::{conclude, sweep};
use crate::bound;
use crate::connection::{AwsOptions, connect_for};
use crate::event::Event;
use crate::failure::Failure;
use crate::functions::{Attempt, by_hand, choose, react};
use crate::given::Given;
use crate::output::Format;
use crate::settings::FunctionSettings;

/// A step out of its order leaves a rotation that nobody goes on with.
const STEP_BY_HAND: &str = "the steps of a rotation are Secrets Manager's to ask for, all four of them: begin a rotation with \
    `aws secretsmanager rotate-secret --secret-id ARN`; what this step would do, `signalbox plan` shows";

/// What is to be planned.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// The event's file; - is standard input. Without an event, everything is compared with the manifest
    pub(crate) event: Option<PathBuf>,
    /// The function, where the event does not tell it
    #[arg(long, value_name = "NAME", requires = "event")]
    pub(crate) function: Option<String>,
    /// Keep the plan in this file, for `signalbox apply`
    #[arg(long, value_name = "FILE", conflicts_with = "event")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: FunctionSettings,
}

/// An event, and what the function that it is for has to know.
#[derive(Debug, Args)]
pub(crate) struct Occurrence {
    /// The event's file; - is standard input
    pub(crate) event: PathBuf,
    /// The function, where the event does not tell it
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Option<String>,
    #[command(flatten)]
    pub(crate) settings: FunctionSettings,
}

/// Plans, and prints the report.
pub(super) async fn plan(aws: &AwsOptions, asked: PlanArguments, given: &Given, output: Format) -> Result<(), Failure> {
    let PlanArguments { event, function, out, settings } = asked;
    match event {
        Some(event) => {
            let occurrence = Occurrence { event, function, settings };
            conclude(output, &attempt(aws, &occurrence, given, Mode::Plan).await?)
        }
        None => {
            let variables = |name: &str| given.setting(name);
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
    let variables = |name: &str| given.setting(name);
    given.check_role(&variables)?;
    let sessions = connect_for(aws, &variables).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let attempt = Attempt { sessions: sessions.clone(), variables: &variables, given, mode, event: &event };
    let report = react(function, &attempt).await?;
    let run = by_hand(&sessions, function.name, event.field("id"), "signalbox plan");
    let usage = in_name_of(&run, Usage::of(&sessions, &report.losses)).await;
    let usage = usage.lines(&report.losses);
    Ok(report.with_notes(usage).with_notes(bound::note(given, &variables)))
}
