#![doc = include_str!("../README.md")]

mod apply;
mod facts;
mod observe;
mod plan;
mod report;
mod subject;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws::{Clients, Sessions};
use function::{Function, Setting, Trigger};
use patching::{History, Limits, Reader};
use reaction::settings::Variables;
use reaction::{AfterFailure, Error, Key, Plan, Reaction, Repeat, Run};
use serde_json::value::RawValue;

pub use facts::{Facts, Looked};
pub use plan::Step;
pub use report::{DETAIL_TYPE, Report, SOURCE, Worse};
pub use subject::{Cause, ComplianceChange, Subject, WindowExecution};

/// The function: its clients, and from when on something is wrong.
#[derive(Debug)]
pub struct ReportPatches {
    sessions: Arc<Sessions>,
    readers: Clients<Reader>,
    history: History,
    events: aws_sdk_eventbridge::Client,
    limits: Limits,
}

impl ReportPatches {
    /// The function with these limits, and its history in this table; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, limits: Limits, table: impl Into<String>) -> Self {
        Self {
            readers: Clients::new(sessions.clone(), Reader::new),
            history: History::new(sessions.config(), table),
            events: aws_sdk_eventbridge::Client::new(sessions.config()),
            sessions,
            limits,
        }
    }
}

impl Reaction for ReportPatches {
    const NAME: &'static str = "report-patches";
    const REPEAT: Repeat = Repeat::Again;
    const CONCURRENCY: usize = 4;
    const AFTER_FAILURE: AfterFailure = AfterFailure::Stop;
    type Event = Box<RawValue>;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Step;

    fn parse(event: Box<RawValue>) -> Result<Option<Subject>, Error> {
        subject::parse(&event)
    }

    fn key(subject: &Subject) -> Key {
        subject::key(subject)
    }

    async fn observe(&self, subject: &Subject, run: &Run) -> Result<Facts, Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Box::pin(self.read(subject, run)).await
    }

    fn plan(_: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        Ok(plan::plan(facts))
    }

    fn phase(step: &Step) -> u8 {
        step.phase()
    }

    async fn apply(&self, _: &Subject, step: &Step, _: &Run) -> Result<(), Error> {
        Box::pin(self.carry_out(step)).await
    }
}

impl Function for ReportPatches {
    const PURPOSE: &'static str = "Keeps a history of patch scans, and reports what got worse; it installs nothing";
    const HEARS: &'static [Trigger] =
        &[Trigger::of::<ComplianceChange>(), Trigger::of::<WindowExecution>(), Trigger::Schedule];
    const SETTINGS: &'static [&'static [Setting]] = patching::SETTINGS;

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        Ok(Self::new(sessions, Limits::read(variables)?, patching::table(variables)?))
    }

    async fn warm(&self) {
        self.open_connections().await;
    }
}
