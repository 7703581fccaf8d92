//! The words of Signalbox, and [`drive`], which turns an event into a [`Report`].
//!
//! An event says *where to look*, never *what is true*. A [`Reaction`] parses an event into the subject that it
//! concerns, observes the facts, computes the difference as a [`Plan`] and applies it step by step. Nothing here
//! knows AWS, Lambda or a clock: this crate is what every function shares and what every test can hold in its hand.

mod answers;
mod carried_out;
mod deadline;
mod door;
mod drive;
mod error;
mod finding;
pub mod interlock;
mod key;
mod ledger;
mod memory;
mod parts;
mod plan;
mod report;
mod run;
pub mod settings;
mod settlement;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use serde::de::DeserializeOwned;

pub use answers::Answers;
pub use deadline::Deadline;
pub use door::{Admission, Door, Rejection, Request};
pub use drive::{Mode, drive, drive_json};
pub use error::{Doing, Error, byte_order_mark};
pub use finding::{Finding, Severity};
pub use key::Key;
pub use ledger::{Claim, Ledger, Owner};
pub use memory::MemoryLedger;
pub use plan::Plan;
pub use report::{Counts, Left, Loss, Outcome, Reply, Report, StepReport};
pub use run::Run;
pub use settlement::Settlement;

/// One function of the suite.
///
/// `self` is the outside world: a method without `self` cannot touch it. The methods stand in the order in which
/// an event passes through them.
pub trait Reaction: Send + Sync {
    /// The function's one name: folder, package, binary, Lambda function, template and ledger key prefix.
    const NAME: &'static str;
    /// What a second delivery of an occurrence that is already settled does.
    const REPEAT: Repeat = Repeat::Skip;
    /// How many steps of one plan are in flight at a time.
    const CONCURRENCY: usize = 1;
    /// What becomes of later phases when a step was not carried out.
    const AFTER_FAILURE: AfterFailure = AfterFailure::GoOn;
    /// Whether a step takes [`Run::settlement`] into its own last write.
    const SETTLES: bool = false;
    /// Whether a step that ends before its work does takes [`Run::giving_back`] into its own last write.
    const GIVES_BACK: bool = false;
    /// What AWS sends.
    type Event: DeserializeOwned + Send;
    /// Which thing the event concerns.
    type Subject: Send + Sync;
    /// What was read about the subject, desired and current.
    type Facts: Send + Sync;
    /// One effect, as a value; its `Display` is what plans and reports show.
    type Step: Display + Send + Sync;

    /// What every report of the function repeats, whatever became of the event: settings that its reader has to know.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Reads the subject from the event; `None` where the event is not this function's business.
    ///
    /// # Errors
    /// `Refused` where the event claims to be ours but cannot be read (poison).
    fn parse(event: Self::Event) -> Result<Option<Self::Subject>, Error>;

    /// Names the occurrence. Too fine repeats harmless work; too coarse would skip work that is due.
    fn key(subject: &Self::Subject) -> Key;

    /// Reads how the subject is and how it should be. What cannot be read before the run's deadline is left unread, and the
    /// facts say so.
    fn observe(&self, subject: &Self::Subject, run: &Run) -> impl Future<Output = Result<Self::Facts, Error>> + Send;

    /// Computes the difference. The same facts give the same plan, in the same order.
    ///
    /// # Errors
    /// `Refused` where the facts forbid to act, `Failed` where a later attempt may see more.
    fn plan(subject: &Self::Subject, facts: &Self::Facts) -> Result<Plan<Self::Step>, Error>;

    /// In which phase a step is carried out: it begins when every step that stands before it in another phase has ended. Steps of
    /// one phase are in flight side by side. What a failed step means for later phases, [`Reaction::AFTER_FAILURE`] says.
    #[must_use]
    fn phase(_step: &Self::Step) -> u8 {
        0
    }

    /// Who would lose what by this step. A dry run tells it, so that its reader can learn whether what is lost is in use.
    #[must_use]
    fn losses(_step: &Self::Step) -> Vec<Loss> {
        Vec::new()
    }

    /// Carries one step out. Steps of one phase are independent of each other; each may be applied twice without harm.
    fn apply(
        &self,
        subject: &Self::Subject,
        step: &Self::Step,
        run: &Run,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// What a second delivery of a settled occurrence does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Answers `repeated` and touches nothing.
    Skip,
    /// Observes and plans again (for functions whose caller expects each call to be answered anew).
    Again,
    /// Observes and plans again, and neither claims nor remembers anything: the function has no ledger. For functions whose steps go to a
    /// receiver that knows a repeated one by itself, such as a FIFO queue.
    Unclaimed,
}

/// What becomes of later phases when a step was not carried out. The steps of its own phase are all tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// They begin all the same.
    GoOn,
    /// They do not begin: a pointer is not moved to what could not be uploaded.
    Stop,
}
