//! The way of an event: parse, claim, observe, plan, apply, settle. Total: it never fails, it reports.

use std::fmt::{self, Display};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};

use place::shortened;

use crate::error::byte_order_mark;
use crate::{
    AfterFailure, Claim, Error, Key, Ledger, Left, Outcome, Owner, Plan, Reaction, Repeat, Report, Run, StepReport,
    finding,
};

/// Below this much time no step is begun any more. It is enough for a step whose calls are answered, and for the
/// ledger after it; a step that is cut off all the same is repeated by the retry.
const MARGIN: Duration = Duration::from_secs(5);

/// Whether to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A dry run: observe and plan, and stop before the claim.
    Plan,
    /// Do it.
    Apply,
}

/// Drives one event given as JSON; text that is not the reaction's event is refused without a key.
pub async fn drive_json<R: Reaction>(reaction: &R, ledger: &impl Ledger, mode: Mode, run: &Run, event: &str) -> Report {
    match serde_json::from_str(event) {
        Ok(event) => drive(reaction, ledger, mode, run, event).await,
        Err(error) => {
            let error = byte_order_mark(event).map_or_else(|| shortened(&error.to_string(), 120), String::from);
            let refusal = Error::refused(format!("not an event that {} can read: {error}", R::NAME));
            Report::of_error(R::NAME, &refusal).with_notes(reaction.notes()).of_run(run)
        }
    }
}

/// Drives one event to its report.
pub async fn drive<R: Reaction>(reaction: &R, ledger: &impl Ledger, mode: Mode, run: &Run, event: R::Event) -> Report {
    let driven = AssertUnwindSafe(drive_subject(reaction, ledger, mode, run, event)).catch_unwind();
    driven.await.unwrap_or_else(|_| panicked::<R>().with_notes(reaction.notes())).of_run(run)
}

async fn drive_subject<R: Reaction>(
    reaction: &R,
    ledger: &impl Ledger,
    mode: Mode,
    run: &Run,
    event: R::Event,
) -> Report {
    let subject = match R::parse(event) {
        Ok(Some(subject)) => subject,
        Ok(None) => {
            let why = format!("not an event that {} acts on", R::NAME);
            return Report::new(R::NAME, Outcome::Ignored, Some(why)).with_notes(reaction.notes());
        }
        Err(error) => return Report::of_error(R::NAME, &error).with_notes(reaction.notes()),
    };
    let key = R::key(&subject);
    match mode {
        Mode::Plan => act(reaction, mode, run, &subject).await,
        Mode::Apply if R::REPEAT == Repeat::Unclaimed => act(reaction, mode, run, &subject).await,
        Mode::Apply => perform(reaction, ledger, &key, run, &subject).await,
    }
    .about(key)
    .with_notes(reaction.notes())
}

/// The report of code that panicked: a failure as any other.
fn panicked<R: Reaction>() -> Report {
    let why = "the code panicked, which is a fault of Signalbox or of a library: see the log for where, and report it";
    Report::of_error(R::NAME, &Error::failed(why))
}

async fn perform<R: Reaction>(
    reaction: &R,
    ledger: &impl Ledger,
    key: &Key,
    run: &Run,
    subject: &R::Subject,
) -> Report {
    let claim = run.phase("claim", ledger.claim(key, R::REPEAT, run.deadline.left()));
    let owner = match claim.await {
        Ok(Claim::Ours(owner)) => owner,
        Ok(Claim::Settled) => {
            return Report::new(R::NAME, Outcome::Repeated, Some("this occurrence was handled before".into()));
        }
        Ok(Claim::Busy) => {
            let busy =
                Error::failed("another run is at work on this occurrence; it is tried again when that has ended");
            return Report { left: Some(Left::Busy), ..Report::of_error(R::NAME, &busy) };
        }
        Err(error) => {
            return Report::of_error(
                R::NAME,
                &error.context("claiming the occurrence in the ledger; nothing was done"),
            );
        }
    };
    // A panic would leave the claim behind, and the retry would find another run at work.
    let acting = AssertUnwindSafe(act(reaction, Mode::Apply, run, subject)).catch_unwind();
    let report = acting.await.unwrap_or_else(|_| panicked::<R>());
    record(ledger, (key, &owner), run, report.about(key.clone()).with_notes(reaction.notes()).of_run(run)).await
}

/// Observes, plans, and carries the plan out unless this is a dry run.
async fn act<R: Reaction>(reaction: &R, mode: Mode, run: &Run, subject: &R::Subject) -> Report {
    let planned = async {
        let facts = run.phase("observe", reaction.observe(subject, run)).await?;
        run.phase("plan", async { R::plan(subject, &facts) }).await
    };
    let (steps, notes, incomplete, counts, findings) = match planned.await {
        Err(error) => return Report::of_error(R::NAME, &error),
        Ok(Plan::Ignore(why)) => return Report::new(R::NAME, Outcome::Ignored, Some(why)),
        Ok(Plan::Change { steps, notes, incomplete, counts, findings }) => (steps, notes, incomplete, counts, findings),
    };
    let carried_out = match (finding::refusal(&findings), mode) {
        (Some(refusal), _) => CarriedOut::refused(&steps, refusal),
        (None, Mode::Plan) => CarriedOut::planned(&steps),
        (None, Mode::Apply) => apply_all(reaction, run, subject, &steps).await,
    };
    let done = if mode == Mode::Plan { Outcome::Planned } else { Outcome::Applied };
    Report { counts, findings, ..conclude::<R>(done, carried_out, notes, &incomplete) }
}

/// What became of the steps of a plan.
struct CarriedOut {
    steps: Vec<StepReport>,
    /// The error that decides.
    worst: Option<Error>,
    /// Why steps were left to another run, where nothing else went wrong.
    left: Option<Left>,
}

impl CarriedOut {
    fn planned<S: Display>(steps: &[S]) -> Self {
        let steps = steps.iter().map(|step| StepReport { step: step.to_string(), error: None }).collect();
        Self { steps, worst: None, left: None }
    }

    fn refused<S: Display>(steps: &[S], refusal: Error) -> Self {
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
async fn apply_all<R: Reaction>(reaction: &R, run: &Run, subject: &R::Subject, steps: &[R::Step]) -> CarriedOut {
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
fn conclude<R: Reaction>(done: Outcome, it: CarriedOut, notes: Vec<String>, incomplete: &[String]) -> Report {
    let CarriedOut { steps, worst, left } = it;
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
    Report { notes, steps, left, ..report }
}

/// Settles what is decided and gives the rest back.
async fn record(ledger: &impl Ledger, (key, owner): (&Key, &Owner), run: &Run, mut report: Report) -> Report {
    if matches!(report.outcome, Outcome::Ignored | Outcome::Failed) {
        if let Err(error) = run.phase("release", ledger.release(key, owner)).await {
            report.notes.push(format!("the claim could not be given back and stands until it lapses: {error}"));
        }
        return report;
    }
    match run.phase("settle", ledger.settle(key, owner, &report)).await {
        Ok(true) => {}
        Ok(false) => report.notes.push("another run took this occurrence over meanwhile; the record is its own".into()),
        Err(error) => {
            let error = error.context(format!("{}, but recording it in the ledger failed", report.outcome));
            report.reason = Some(error.to_string());
            report.outcome = Outcome::Failed;
        }
    }
    report
}
