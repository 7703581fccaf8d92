//! Answers to a caller that waits for what becomes of its event, such as a pipeline for its job.

use std::fmt::Display;

use crate::{Error, Report, Run};

/// Answers callers. It is a value of its own and not part of a reaction: a function whose init failed has no reaction, and its
/// callers wait for an answer all the same.
pub trait Answers: Send + Sync {
    /// Who waits. Its `Display` is the name of what it waits for, such as the id of a job: the run's occurrence. It must not show
    /// a secret.
    type Caller: Display + Send + Sync;

    /// Reads from the event who waits; `None` where nothing in it can be answered.
    fn caller(event: &str) -> Option<Self::Caller>;

    /// Tells the caller what became of its event, by [`Report::reply`].
    fn answer(
        &self,
        caller: &Self::Caller,
        report: &Report,
        run: &Run,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}
