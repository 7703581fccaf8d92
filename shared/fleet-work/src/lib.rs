//! What the workflow of a fleet asks of its function: to plan a run, to work in one account, and to collect what came of it.
//!
//! Step Functions has the order, the concurrency, the retries and the failure budget (`infra/fleet.yaml`). Here is what it
//! cannot do: choose the accounts, run an operation in one of them, and count. A [`Power`] says whether a function's operations may
//! write; the code is the same.

mod account;
mod collect;
mod facts;
mod observe;
mod plan;
mod settings;
mod store;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use aws::Sessions;
use function::{Function, Setting, Trigger};
use reaction::settings::Variables;
use reaction::{AfterFailure, Error, Key, Plan, Reaction, Repeat, Run};
use serde_json::value::RawValue;

pub use facts::{Chosen, Collected, Facts, GoingOn};
pub use plan::{Document, Step};
pub use settings::BUCKET;
pub use store::Store;
pub use subject::{Execution, Subject};

/// What a function of a workflow may do, and how it is called.
pub trait Power: Send + Sync + 'static {
    /// The name of the function, which is that of its workflow.
    const NAME: &'static str;
    /// What it does, in one line of a list.
    const PURPOSE: &'static str;
    /// Whether its operations are those that write.
    const WRITES: bool;
    /// The settings that it reads.
    const SETTINGS: &'static [&'static [Setting]];
}

/// A function of a workflow.
#[derive(Debug)]
pub struct Worker<P> {
    pub(crate) sessions: Arc<Sessions>,
    /// The settings as they were when the function was opened: sweeps read them for each account.
    pub(crate) variables: Arc<BTreeMap<&'static str, String>>,
    pub(crate) store: Store,
    power: PhantomData<P>,
}

impl<P: Power> Reaction for Worker<P> {
    const NAME: &'static str = P::NAME;
    /// S3 knows a repeated result by its name.
    const REPEAT: Repeat = Repeat::Unclaimed;
    const CONCURRENCY: usize = 3;
    const AFTER_FAILURE: AfterFailure = AfterFailure::Stop;
    type Event = Box<RawValue>;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Step;

    fn parse(event: Box<RawValue>) -> Result<Option<Subject>, Error> {
        subject::parse(event.get(), P::WRITES).map(Some)
    }

    fn key(subject: &Subject) -> Key {
        subject.key()
    }

    async fn observe(&self, subject: &Subject, _: &Run) -> Result<Facts, Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Box::pin(self.read(subject)).await
    }

    fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        plan::plan(subject, facts)
    }

    fn phase(step: &Step) -> u8 {
        step.order()
    }

    async fn apply(&self, subject: &Subject, step: &Step, run: &Run) -> Result<(), Error> {
        match step {
            Step::Write(document) => self.store.write(document).await,
            Step::Work(account) => Box::pin(self.work(subject, account, run)).await,
        }
    }
}

impl<P: Power> Function for Worker<P> {
    const PURPOSE: &'static str = P::PURPOSE;
    const HEARS: &'static [Trigger] = &[Trigger::Workflow];
    const SETTINGS: &'static [&'static [Setting]] = P::SETTINGS;

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        let store = Store::new(&sessions, BUCKET.required(variables)?);
        let known = settings::read(P::SETTINGS, variables)?;
        Ok(Self { sessions, variables: Arc::new(known), store, power: PhantomData })
    }

    async fn warm(&self) {
        self.store.open_connection().await;
    }
}
