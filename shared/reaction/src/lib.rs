//! The words of Signalbox, and [`drive`], which turns an event into a [`Report`].
//!
//! An event says *where to look*, never *what is true*. A [`Reaction`] parses an event into the subject that it
//! concerns, observes the facts, computes the difference as a [`Plan`] and applies it step by step. Nothing here
//! knows AWS, Lambda or a clock: this crate is what every function shares and what every test can hold in its hand.

mod deadline;
mod drive;
mod error;
pub mod interlock;
mod ledger;
mod memory;
mod report;
mod run;
pub mod settings;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use serde::de::DeserializeOwned;

pub use deadline::Deadline;
pub use drive::{Mode, drive, drive_json};
pub use error::{Doing, Error, byte_order_mark};
pub use ledger::{Claim, Key, Ledger, Owner};
pub use memory::MemoryLedger;
pub use report::{Counts, Outcome, Report, StepReport};
pub use run::Run;

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

    /// What the report counts, by section and by what: of functions that look at many things at once.
    #[must_use]
    fn counts(_facts: &Self::Facts, _plan: &Plan<Self::Step>) -> Counts {
        Counts::new()
    }

    /// When a step's turn is: it begins when all that stand before it, of other turns, have ended, well or not. Steps of
    /// one turn are in flight side by side.
    #[must_use]
    fn turn(_step: &Self::Step) -> u8 {
        0
    }

    /// Carries one step out. Steps of one turn are independent of each other; each may be applied twice without harm.
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
}

/// What is to be done, as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan<S> {
    /// The subject is none of our business, for this reason. Nothing is remembered, so a later delivery looks again.
    Ignore(String),
    /// The steps that make the subject as it should be; none where it already is.
    Change {
        /// The effects, independent of each other.
        steps: Vec<S>,
        /// What the reader of the report should know beside the steps.
        notes: Vec<String>,
        /// What could not be read. The steps are applied, and then the outcome is `failed`.
        incomplete: Vec<String>,
    },
}

impl<S> Plan<S> {
    /// A plan without steps, with the reason why there is nothing to do.
    #[must_use]
    pub fn nothing(why: impl Into<String>) -> Self {
        Self::Change { steps: Vec::new(), notes: vec![why.into()], incomplete: Vec::new() }
    }

    /// The same plan with these notes after its own. What is ignored carries none.
    #[must_use]
    pub fn with_notes(mut self, more: impl IntoIterator<Item = String>) -> Self {
        if let Self::Change { notes, .. } = &mut self {
            notes.extend(more);
        }
        self
    }
}
