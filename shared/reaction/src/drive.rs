//! The way of an event: parse, claim, observe, plan, apply, settle. Total: it never fails, it reports.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{Either, select};
use place::shortened;

use crate::carried_out::{CarriedOut, Said, apply_all, conclude};
use crate::error::byte_order_mark;
use crate::{
    Claim, Error, Key, Ledger, Left, Outcome, Owner, Plan, Reaction, Repeat, Report, Run, Settlement, finding,
};

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
    let panicked = |_| Report::of_error(R::NAME, &panic()).with_notes(reaction.notes());
    driven.await.unwrap_or_else(panicked).of_run(run)
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

async fn perform<R: Reaction>(
    reaction: &R,
    ledger: &impl Ledger,
    key: &Key,
    run: &Run,
    subject: &R::Subject,
) -> Report {
    let (owner, observed) = match claim(reaction, ledger, key, run, subject).await {
        Ok(claimed) => claimed,
        Err(report) => return report,
    };
    let whole = |report: Report| report.about(key.clone()).with_notes(reaction.notes()).of_run(run);
    let acting = async {
        let planned = match plan::<R>(run, subject, observed).await {
            Ok(planned) => planned,
            Err(report) => return (report, false),
        };
        let success = success_of_the_only_step::<R>(&planned);
        let settlement = success.and_then(|report| ledger.settlement(key, &owner, &whole(report))).map(Arc::new);
        let giving_back = R::GIVES_BACK.then(|| ledger.return_of(key, &owner)).flatten().map(Arc::new);
        let run = Run { settlement, giving_back, ..run.clone() };
        let report = carry_out(reaction, Mode::Apply, &run, subject, planned).await;
        let is_made = |it: Option<Arc<Settlement>>| it.is_some_and(|it| it.is_made());
        let is_recorded = is_made(run.settlement) || is_given_back(&report) && is_made(run.giving_back);
        (report, is_recorded)
    };
    // A panic would leave the claim behind, and the retry would find another run at work.
    let acting = AssertUnwindSafe(acting).catch_unwind().await;
    let (report, is_recorded) = acting.unwrap_or_else(|_| (Report::of_error(R::NAME, &panic()), false));
    if is_recorded { whole(report) } else { record(ledger, (key, &owner), run, whole(report)).await }
}

/// Claims the occurrence and reads the facts; the report where it is not ours.
async fn claim<R: Reaction>(
    reaction: &R,
    ledger: &impl Ledger,
    key: &Key,
    run: &Run,
    subject: &R::Subject,
) -> Result<(Owner, Result<R::Facts, Error>), Report> {
    let claim = pin!(run.phase("claim", ledger.claim(key, R::REPEAT, run.deadline.left())));
    // Reading changes nothing, so that it need not wait for the claim.
    let first = Box::pin(observe(reaction, run, subject));
    let (claim, first) = match select(claim, first).await {
        Either::Left((claim, first)) => (claim, Either::Left(first)),
        Either::Right((observed, claim)) => (claim.await, Either::Right(observed)),
    };
    match (claim, first) {
        (Ok(Claim::Fresh(owner)), Either::Left(reading)) => Ok((owner, reading.await)),
        (Ok(Claim::Fresh(owner)), Either::Right(observed)) => Ok((owner, observed)),
        // Its former holder may have written after we had read.
        (Ok(Claim::TakenOver(owner)), first) => {
            drop(first);
            Ok((owner, observe(reaction, run, subject).await))
        }
        (Ok(Claim::Settled), _) => {
            Err(Report::new(R::NAME, Outcome::Repeated, Some("this occurrence was handled before".into())))
        }
        (Ok(Claim::Busy), _) => {
            let busy =
                Error::failed("another run is at work on this occurrence; it is tried again when that has ended");
            Err(Report { left: Some(Left::Busy), ..Report::of_error(R::NAME, &busy) })
        }
        (Err(error), _) => {
            let error = error.context("claiming the occurrence in the ledger; nothing was done");
            Err(Report::of_error(R::NAME, &error))
        }
    }
}

/// Reads the facts.
async fn observe<R: Reaction>(reaction: &R, run: &Run, subject: &R::Subject) -> Result<R::Facts, Error> {
    // A panic would leave behind the claim that is made at the same time, and the retry would find another run at work.
    let observing = AssertUnwindSafe(reaction.observe(subject, run)).catch_unwind();
    run.reading("observe", observing.map(|facts| facts.unwrap_or_else(|_| Err(panic())))).await
}

/// What code that panicked comes to: a failure as any other.
fn panic() -> Error {
    Error::failed(
        "the code panicked, which is a fault of Signalbox or of a library: see the log for where, and report it",
    )
}

/// Observes, plans, and carries the plan out unless this is a dry run.
async fn act<R: Reaction>(reaction: &R, mode: Mode, run: &Run, subject: &R::Subject) -> Report {
    match plan::<R>(run, subject, observe(reaction, run, subject).await).await {
        Ok(planned) => carry_out(reaction, mode, run, subject, planned).await,
        Err(report) => report,
    }
}

/// A plan that changes something, or found that nothing is to be changed.
struct Planned<S> {
    steps: Vec<S>,
    said: Said,
}

/// Plans; the report where that ends the run.
async fn plan<R: Reaction>(
    run: &Run,
    subject: &R::Subject,
    observed: Result<R::Facts, Error>,
) -> Result<Planned<R::Step>, Report> {
    let planning = async {
        let facts = observed?;
        run.phase("plan", async { R::plan(subject, &facts) }).await
    };
    match planning.await {
        Err(error) => Err(Report::of_error(R::NAME, &error)),
        Ok(Plan::Ignore(why)) => Err(Report::new(R::NAME, Outcome::Ignored, Some(why))),
        Ok(Plan::Change { steps, notes, incomplete, counts, findings }) => {
            Ok(Planned { steps, said: Said { notes, incomplete, counts, findings } })
        }
    }
}

/// The report of a plan whose only step has gone well; `None` where there are more, or more decides than that step.
fn success_of_the_only_step<R: Reaction>(Planned { steps, said }: &Planned<R::Step>) -> Option<Report> {
    let decides = R::SETTLES && steps.len() == 1 && said.incomplete.is_empty();
    let decides = decides && finding::refusal(&said.findings).is_none();
    decides.then(|| conclude::<R>(Outcome::Applied, CarriedOut::planned(steps), said.clone()))
}

async fn carry_out<R: Reaction>(
    reaction: &R,
    mode: Mode,
    run: &Run,
    subject: &R::Subject,
    Planned { steps, said }: Planned<R::Step>,
) -> Report {
    let carried_out = match (finding::refusal(&said.findings), mode) {
        (Some(refusal), _) => CarriedOut::refused(&steps, refusal),
        (None, Mode::Plan) => CarriedOut::planned(&steps),
        (None, Mode::Apply) => apply_all(reaction, run, subject, &steps).await,
    };
    match mode {
        Mode::Apply => conclude::<R>(Outcome::Applied, carried_out, said),
        Mode::Plan => {
            let losses = steps.iter().flat_map(R::losses).collect();
            Report { losses, ..conclude::<R>(Outcome::Planned, carried_out, said) }
        }
    }
}

/// Whether the occurrence is given back, and not settled.
fn is_given_back(report: &Report) -> bool {
    matches!(report.outcome, Outcome::Ignored | Outcome::Failed)
}

/// Settles what is decided and gives the rest back.
async fn record(ledger: &impl Ledger, (key, owner): (&Key, &Owner), run: &Run, mut report: Report) -> Report {
    if is_given_back(&report) {
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
