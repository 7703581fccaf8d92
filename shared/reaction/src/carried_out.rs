//! Carries a plan out, and says what became of it.

use std::fmt::{self, Display};
use std::time::Duration;

use futures_util::{StreamExt, stream};

use crate::{AfterFailure, Counts, Error, Finding, Left, Outcome, Reaction, Report, Run, StepReport};

/// Below this much time no step is begun any more. It is enough for a step whose calls are answered, and for the
/// ledger after it; a step that is cut off all the same is repeated by the retry.
const MARGIN: Duration = Duration::from_secs(5);

/// What a plan says beside its steps.
#[derive(Clone)]
pub(crate) struct Said {
    pub(crate) notes: Vec<String>,
    pub(crate) incomplete: Vec<String>,
    pub(crate) counts: Counts,
    pub(crate) findings: Vec<Finding>,
}

/// What became of the steps of a plan.
pub(crate) struct CarriedOut {
    steps: Vec<StepReport>,
    /// The error that decides.
    worst: Option<Error>,
    /// Why steps were left to another run, where nothing else went wrong.
    left: Option<Left>,
}

impl CarriedOut {
    pub(crate) fn planned<S: Display>(steps: &[S]) -> Self {
        let steps = steps.iter().map(|step| StepReport { step: step.to_string(), error: None }).collect();
        Self { steps, worst: None, left: None }
    }

    pub(crate) fn refused<S: Display>(steps: &[S], refusal: Error) -> Self {
        let unbegun = |step: &S| StepReport { step: step.to_string(), error: Some(Unbegun::Refused.to_string()) };
        Self { steps: steps.iter().map(unbegun).collect(), worst: Some(refusal), left: None }
    }
}

/// Why a step was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unbegun {
    OutOfTime,
    AfterFailure,
    Refused,
}

impl fmt::Display for Unbegun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfTime => "not begun: the invocation was about to end; a retry goes on from here",
            Self::AfterFailure => "not begun: a step before it was not carried out; a retry goes on from here",
            Self::Refused => "not begun: an error was found",
        })
    }
}

/// Why a step was not carried out.
enum NotDone {
    Unbegun(Unbegun),
    Error(Error),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbegun(why) => why.fmt(f),
            Self::Error(error) => error.fmt(f),
        }
    }
}

/// Tries every step, phase after phase; near the deadline the rest is left to the retry.
pub(crate) async fn apply_all<R: Reaction>(
    reaction: &R,
    run: &Run,
    subject: &R::Subject,
    steps: &[R::Step],
) -> CarriedOut {
    let mut results = Vec::<Result<(), NotDone>>::new();
    for phase in steps.chunk_by(|one, other| R::phase(one) == R::phase(other)) {
        let is_over = R::AFTER_FAILURE == AfterFailure::Stop && results.iter().any(Result::is_err);
        let attempts = stream::iter(phase).map(async |step| {
            if is_over {
                return Err(NotDone::Unbegun(Unbegun::AfterFailure));
            }
            if run.deadline.left() < MARGIN {
                return Err(NotDone::Unbegun(Unbegun::OutOfTime));
            }
            let applied = run.step(|| format!("apply {step}"), reaction.apply(subject, step, run));
            applied.await.map_err(NotDone::Error)
        });
        results.extend(attempts.buffered(R::CONCURRENCY).collect::<Vec<_>>().await);
    }
    let reports = steps.iter().zip(&results).map(|(step, result)| StepReport {
        step: step.to_string(),
        error: result.as_ref().err().map(ToString::to_string),
    });
    let steps = reports.collect();
    let is_late = results.iter().any(|it| matches!(it, Err(NotDone::Unbegun(Unbegun::OutOfTime))));
    let errors = results.into_iter().filter_map(|it| match it {
        Err(NotDone::Error(error)) => Some(error),
        _ => None,
    });
    let worst = Error::worst(errors);
    let left = (is_late && worst.is_none()).then_some(Left::OutOfTime);
    // A step that was left is to be tried again, whatever was refused before it.
    let late = is_late.then(|| Error::failed(Unbegun::OutOfTime));
    CarriedOut { steps, worst: Error::worst(worst.into_iter().chain(late)), left }
}

/// The report of a plan that was carried out (or, with [`Outcome::Planned`], would be).
pub(crate) fn conclude<R: Reaction>(done: Outcome, it: CarriedOut, said: Said) -> Report {
    let (CarriedOut { steps, worst, left }, Said { notes, incomplete, counts, findings }) = (it, said);
    let left = left.filter(|_| incomplete.is_empty());
    let unread = (!incomplete.is_empty()).then(|| Error::failed(format!("could not read {}", incomplete.join("; "))));
    let report = match Error::worst(worst.into_iter().chain(unread)) {
        Some(error) => Report::of_error(R::NAME, &error),
        None if steps.is_empty() => {
            let why = (!notes.is_empty()).then(|| notes.join("; "));
            Report::new(R::NAME, Outcome::Unchanged, why)
        }
        None => Report::new(R::NAME, done, None),
    };
    let left = left.or(report.left);
    Report { notes, steps, counts, findings, left, ..report }
}
