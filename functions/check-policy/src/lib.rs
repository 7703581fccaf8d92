#![doc = include_str!("../README.md")]

mod answer;
mod apply;
mod facts;
mod judge;
mod metadata;
mod observe;
mod plan;
mod policies;
mod second;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws::Sessions;
use function::{Function, Setting, Trigger};
use jobs::Job;
use reaction::settings::Variables;
use reaction::{Error, Key, Plan, Reaction, Repeat, Run};
use serde_json::value::RawValue;
use sharing_records::Grants;
use tokio::sync::Mutex;

use crate::judge::Denies;
use crate::policies::{Policies, Version};

pub use answer::answers;
pub use facts::{Content, Facts, OWNER, Opinion, Present, Verdict, Wanted};
pub use metadata::Metadata;
pub use plan::{How, Put, Step};
pub use settings::Settings;

/// The function's name, which is also the value of the tag [`OWNER`].
const NAME: &str = <CheckPolicy as Reaction>::NAME;

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct CheckPolicy {
    sessions: Arc<Sessions>,
    settings: Settings,
    grants: Option<Grants>,
    /// The policies of the function's own account, among them the central denies.
    central: Policies,
    /// The central denies as they were read last, by their version.
    denies: std::sync::Mutex<Option<(Version, Denies)>>,
    /// The last session in an account, by its job and its policy.
    entered: Mutex<Option<((String, String), Policies)>>,
}

impl CheckPolicy {
    /// The function with these settings, and with records where there are tables for them; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings, grants: Option<Grants>) -> Self {
        let central = Policies::new(sessions.config());
        Self { sessions, settings, grants, central, denies: std::sync::Mutex::default(), entered: Mutex::default() }
    }
}

impl Reaction for CheckPolicy {
    const NAME: &'static str = "check-policy";
    const REPEAT: Repeat = Repeat::Again;
    const SETTLES: bool = true;
    type Event = Box<RawValue>;
    type Subject = Job;
    type Facts = Facts;
    type Step = Step;

    fn parse(event: Box<RawValue>) -> Result<Option<Job>, Error> {
        Job::read(event.get()).map(Some)
    }

    fn key(job: &Job) -> Key {
        Key::new([job.account.as_str(), job.id.as_str()])
    }

    async fn observe(&self, job: &Job, _: &Run) -> Result<Facts, Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Box::pin(self.read_facts(job)).await
    }

    fn plan(job: &Job, facts: &Facts) -> Result<Plan<Step>, Error> {
        Ok(plan::plan(job, facts))
    }

    async fn apply(&self, job: &Job, step: &Step, run: &Run) -> Result<(), Error> {
        Box::pin(self.carry_out(job, &Self::key(job).to_string(), step, run.settlement.as_deref())).await
    }
}

impl Function for CheckPolicy {
    const PURPOSE: &'static str = "Checks the IAM policy that a pipeline sends, and makes it in the pipeline's account";
    const HEARS: &'static [Trigger] = &[Trigger::Job];
    const SETTINGS: &'static [&'static [Setting]] = &[sharing_records::SETTINGS, settings::SETTINGS];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        let grants = Grants::read(variables, &sessions, Self::NAME)?;
        Ok(Self::new(sessions, Settings::read(variables)?, grants))
    }

    async fn warm(&self) {
        self.open_connections().await;
    }
}
