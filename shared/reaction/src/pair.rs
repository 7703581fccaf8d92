//! Two reactions behind one entry point, such as one to the event of one item and one to the time to look at all of them.

use std::fmt::{self, Display};

use place::shortened;
use serde_json::value::RawValue;

use crate::{AfterFailure, Error, Key, Plan, Reaction, Repeat, Run};

/// Two reactions of one function. The first that can read an event takes it: an event that the first reaction cannot read as its own
/// kind of event, or that is not its business, is the second's. What the two say of repeats, failures and concurrency holds for both
/// where it is the more careful word.
#[derive(Debug)]
pub struct Pair<A, B>(pub A, pub B);

/// What is of one of the two reactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// Of the first.
    First(A),
    /// Of the second.
    Second(B),
}

impl<A: Display, B: Display> Display for Either<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First(it) => it.fmt(f),
            Self::Second(it) => it.fmt(f),
        }
    }
}

/// Facts, or a step, of the other reaction than the subject's. `drive` never pairs them so.
fn mismatched() -> Error {
    Error::failed("the subject is of one reaction of the function, and what was read or planned is of the other")
}

impl<A: Reaction, B: Reaction> Reaction for Pair<A, B> {
    const NAME: &'static str = A::NAME;
    const REPEAT: Repeat = match (A::REPEAT, B::REPEAT) {
        (Repeat::Skip, Repeat::Skip) => Repeat::Skip,
        _ => Repeat::Again,
    };
    const CONCURRENCY: usize = if A::CONCURRENCY < B::CONCURRENCY { A::CONCURRENCY } else { B::CONCURRENCY };
    const AFTER_FAILURE: AfterFailure = match (A::AFTER_FAILURE, B::AFTER_FAILURE) {
        (AfterFailure::GoOn, AfterFailure::GoOn) => AfterFailure::GoOn,
        _ => AfterFailure::Stop,
    };
    type Event = Box<RawValue>;
    type Subject = Either<A::Subject, B::Subject>;
    type Facts = Either<A::Facts, B::Facts>;
    type Step = Either<A::Step, B::Step>;

    fn parse(event: Box<RawValue>) -> Result<Option<Self::Subject>, Error> {
        if let Ok(event) = serde_json::from_str(event.get())
            && let Some(subject) = A::parse(event)?
        {
            return Ok(Some(Either::First(subject)));
        }
        let event = serde_json::from_str(event.get()).map_err(|error| {
            let why = shortened(&error.to_string(), 120);
            Error::refused(format!("not an event that {} can read: {why}", Self::NAME))
        })?;
        Ok(B::parse(event)?.map(Either::Second))
    }

    fn key(subject: &Self::Subject) -> Key {
        match subject {
            Either::First(subject) => A::key(subject),
            Either::Second(subject) => B::key(subject),
        }
    }

    async fn observe(&self, subject: &Self::Subject, run: &Run) -> Result<Self::Facts, Error> {
        match subject {
            Either::First(subject) => self.0.observe(subject, run).await.map(Either::First),
            Either::Second(subject) => self.1.observe(subject, run).await.map(Either::Second),
        }
    }

    fn plan(subject: &Self::Subject, facts: &Self::Facts) -> Result<Plan<Self::Step>, Error> {
        match (subject, facts) {
            (Either::First(subject), Either::First(facts)) => Ok(A::plan(subject, facts)?.map(Either::First)),
            (Either::Second(subject), Either::Second(facts)) => Ok(B::plan(subject, facts)?.map(Either::Second)),
            _ => Err(mismatched()),
        }
    }

    fn phase(step: &Self::Step) -> u8 {
        match step {
            Either::First(step) => A::phase(step),
            Either::Second(step) => B::phase(step),
        }
    }

    async fn apply(&self, subject: &Self::Subject, step: &Self::Step, run: &Run) -> Result<(), Error> {
        match (subject, step) {
            (Either::First(subject), Either::First(step)) => self.0.apply(subject, step, run).await,
            (Either::Second(subject), Either::Second(step)) => self.1.apply(subject, step, run).await,
            _ => Err(mismatched()),
        }
    }
}
