//! The way of an event: parse, claim, observe, plan, apply, settle. Total: it never fails, it reports.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};

use place::shortened;

use crate::error::byte_order_mark;
use crate::{Claim, Counts, Error, Key, Ledger, Outcome, Owner, Plan, Reaction, Report, Run, StepReport};

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
            Report::of_error(R::NAME, &refusal).with_notes(reaction.notes())
        }
    }
}

/// Drives one event to its report.
pub async fn drive<R: Reaction>(reaction: &R, ledger: &impl Ledger, mode: Mode, run: &Run, event: R::Event) -> Report {
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
        Mode::Plan => rehearse(reaction, &subject, run).await,
        Mode::Apply => perform(reaction, ledger, &key, run, &subject).await,
    }
    .about(key)
    .with_notes(reaction.notes())
}

async fn observe_and_plan<R: Reaction>(
    reaction: &R,
    subject: &R::Subject,
    run: &Run,
) -> Result<(Plan<R::Step>, Counts), Error> {
    let facts = reaction.observe(subject, run).await?;
    let plan = R::plan(subject, &facts)?;
    let counts = R::counts(&facts, &plan);
    Ok((plan, counts))
}

async fn rehearse<R: Reaction>(reaction: &R, subject: &R::Subject, run: &Run) -> Report {
    match observe_and_plan(reaction, subject, run).await {
        Err(error) => Report::of_error(R::NAME, &error),
        Ok((Plan::Ignore(why), _)) => Report::new(R::NAME, Outcome::Ignored, Some(why)),
        Ok((Plan::Change { steps, notes, incomplete }, counts)) => {
            let steps = steps.iter().map(|step| StepReport { step: step.to_string(), error: None }).collect();
            Report { counts, ..conclude::<R>(Outcome::Planned, steps, notes, &incomplete, None) }
        }
    }
}

async fn perform<R: Reaction>(
    reaction: &R,
    ledger: &impl Ledger,
    key: &Key,
    run: &Run,
    subject: &R::Subject,
) -> Report {
    let owner = match ledger.claim(key, R::REPEAT, run.deadline.left()).await {
        Ok(Claim::Ours(owner)) => owner,
        Ok(Claim::Settled) => {
            return Report::new(R::NAME, Outcome::Repeated, Some("this occurrence was handled before".into()));
        }
        Ok(Claim::Busy) => {
            let busy =
                Error::failed("another run is at work on this occurrence; it is tried again when that has ended");
            return Report::of_error(R::NAME, &busy);
        }
        Err(error) => {
            return Report::of_error(
                R::NAME,
                &error.context("claiming the occurrence in the ledger; nothing was done"),
            );
        }
    };
    // A panic would leave the claim behind, and the retry would find another run at work.
    let report = AssertUnwindSafe(act(reaction, run, subject)).catch_unwind().await.unwrap_or_else(|_| {
        let panicked =
            "the code panicked, which is a fault of Signalbox or of a library: see the log for where, and report it";
        Report::of_error(R::NAME, &Error::failed(panicked))
    });
    record(ledger, key, &owner, report.about(key.clone()).with_notes(reaction.notes())).await
}

async fn act<R: Reaction>(reaction: &R, run: &Run, subject: &R::Subject) -> Report {
    match observe_and_plan(reaction, subject, run).await {
        Err(error) => Report::of_error(R::NAME, &error),
        Ok((Plan::Ignore(why), _)) => Report::new(R::NAME, Outcome::Ignored, Some(why)),
        Ok((Plan::Change { steps, notes, incomplete }, counts)) => {
            let (steps, worst) = apply_all(reaction, run, subject, &steps).await;
            Report { counts, ..conclude::<R>(Outcome::Applied, steps, notes, &incomplete, worst) }
        }
    }
}

/// Tries every step, turn after turn; near the deadline the rest is left to the retry.
async fn apply_all<R: Reaction>(
    reaction: &R,
    run: &Run,
    subject: &R::Subject,
    steps: &[R::Step],
) -> (Vec<StepReport>, Option<Error>) {
    let mut results = Vec::new();
    for turn in steps.chunk_by(|one, other| R::turn(one) == R::turn(other)) {
        let attempts = stream::iter(turn).map(async |step| {
            if run.deadline.left() < MARGIN {
                return Err(Error::failed("not begun: the invocation was about to end; a retry goes on from here"));
            }
            reaction.apply(subject, step, run).await
        });
        results.extend(attempts.buffered(R::CONCURRENCY).collect::<Vec<_>>().await);
    }
    let reports = steps.iter().zip(&results).map(|(step, result)| StepReport {
        step: step.to_string(),
        error: result.as_ref().err().map(ToString::to_string),
    });
    (reports.collect(), Error::worst(results.into_iter().filter_map(Result::err)))
}

/// The report of a plan that was carried out (or, with [`Outcome::Planned`], would be).
fn conclude<R: Reaction>(
    done: Outcome,
    steps: Vec<StepReport>,
    notes: Vec<String>,
    incomplete: &[String],
    worst: Option<Error>,
) -> Report {
    let unread = (!incomplete.is_empty()).then(|| Error::failed(format!("could not read {}", incomplete.join("; "))));
    let report = match Error::worst(worst.into_iter().chain(unread)) {
        Some(error) => Report::of_error(R::NAME, &error),
        None if steps.is_empty() => {
            let why = (!notes.is_empty()).then(|| notes.join("; "));
            Report::new(R::NAME, Outcome::Unchanged, why)
        }
        None => Report::new(R::NAME, done, None),
    };
    Report { notes, steps, ..report }
}

/// Settles what is decided and gives the rest back.
async fn record(ledger: &impl Ledger, key: &Key, owner: &Owner, mut report: Report) -> Report {
    if matches!(report.outcome, Outcome::Ignored | Outcome::Failed) {
        if let Err(error) = ledger.release(key, owner).await {
            report.notes.push(format!("the claim could not be given back and stands until it lapses: {error}"));
        }
        return report;
    }
    match ledger.settle(key, owner, &report).await {
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
