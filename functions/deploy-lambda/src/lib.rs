#![doc = include_str!("../README.md")]

mod answer;
mod apply;
mod facts;
mod observe;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws::Sessions;
use delivery::{Delivery, Deployment, Settings};
use function::{Function, Setting, Trigger};
use jobs::Job;
use reaction::settings::Variables;
use reaction::{AfterFailure, Error, Key, Plan, Reaction, Repeat, Run};
use serde_json::value::RawValue;
use tokio::sync::Mutex;

pub use answer::answers;
pub use facts::Facts;
pub use plan::Step;

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct DeployLambda {
    sessions: Arc<Sessions>,
    delivery: Delivery,
    /// The deployment of the job that is worked on, with its code.
    at_work: Mutex<Option<(String, Deployment)>>,
}

impl DeployLambda {
    /// The function with these settings; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings) -> Self {
        Self { delivery: Delivery::new(sessions.clone(), settings), sessions, at_work: Mutex::default() }
    }
}

impl Reaction for DeployLambda {
    const NAME: &'static str = "deploy-lambda";
    const REPEAT: Repeat = Repeat::Again;
    const SETTLES: bool = true;
    const GIVES_BACK: bool = true;
    const AFTER_FAILURE: AfterFailure = AfterFailure::Stop;
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

    fn plan(_: &Job, facts: &Facts) -> Result<Plan<Step>, Error> {
        plan::plan(facts)
    }

    fn phase(step: &Step) -> u8 {
        step.phase()
    }

    async fn apply(&self, job: &Job, step: &Step, run: &Run) -> Result<(), Error> {
        Box::pin(self.carry_out(job, step, run)).await
    }
}

impl Function for DeployLambda {
    const PURPOSE: &'static str =
        "Brings the code of Lambda functions to many accounts and Regions, in waves, with a way back";
    const HEARS: &'static [Trigger] = &[Trigger::Job];
    const SETTINGS: &'static [&'static [Setting]] = &[delivery::SETTINGS];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        Ok(Self::new(sessions, Settings::read(variables)?))
    }

    async fn warm(&self) {
        self.delivery.open_connections().await;
    }
}
