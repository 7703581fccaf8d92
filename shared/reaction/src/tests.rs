//! `drive`, shown with a reaction that switches lamps and a ledger in memory: order, repeats, failures, lost ledgers.

mod findings;
mod notes;
mod panics;
mod parts;
mod phases;
mod side_by_side;
mod traces;
mod unsteady;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use expect_test::{Expect, expect};
use futures_util::FutureExt;
use serde::Deserialize;

use crate::{
    Deadline, Error, Key, Ledger, MemoryLedger, Mode, Outcome, Plan, Reaction, Repeat, Report, Run, drive, drive_json,
};

/// Lamps that shall be lit, and those that are. `AGAIN` is the reaction's [`Repeat`].
#[derive(Default)]
struct Lamps<const AGAIN: bool = false> {
    lit: Mutex<BTreeSet<String>>,
    broken: Mutex<BTreeSet<&'static str>>,
    forbidden: BTreeSet<&'static str>,
    is_unreadable: bool,
    incomplete: Vec<String>,
    seconds_per_step: u64,
    notes: Vec<String>,
    log: Mutex<Vec<String>>,
}

#[derive(Clone, Deserialize)]
struct Wanted {
    id: String,
    lamps: Vec<String>,
}

struct Light(String);

impl fmt::Display for Light {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "light {}", self.0)
    }
}

impl<const AGAIN: bool> Reaction for Lamps<AGAIN> {
    const NAME: &'static str = "lamps";
    const REPEAT: Repeat = if AGAIN { Repeat::Again } else { Repeat::Skip };
    type Event = Wanted;
    type Subject = Wanted;
    type Facts = (BTreeSet<String>, Vec<String>);
    type Step = Light;

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn parse(event: Wanted) -> Result<Option<Wanted>, Error> {
        match event.id.as_str() {
            "" => Err(Error::refused("an event without an id")),
            "unreadable" => panic!("a library panics at such an event"),
            "foreign" => Ok(None),
            _ => Ok(Some(event)),
        }
    }

    fn key(subject: &Wanted) -> Key {
        Key::new([subject.id.as_str()])
    }

    async fn observe(&self, subject: &Wanted, _: &Run) -> Result<Self::Facts, Error> {
        assert_ne!(subject.id, "blinding");
        self.log.lock().unwrap().push("observe".into());
        if self.is_unreadable {
            return Err(Error::failed("the lamps cannot be seen"));
        }
        Ok((self.lit.lock().unwrap().clone(), self.incomplete.clone()))
    }

    fn plan(subject: &Wanted, (lit, incomplete): &Self::Facts) -> Result<Plan<Light>, Error> {
        if subject.lamps.is_empty() {
            return Ok(Plan::Ignore("no lamp is wanted".into()));
        }
        let steps = subject.lamps.iter().filter(|lamp| !lit.contains(*lamp)).cloned().map(Light).collect();
        Ok(Plan::of(steps).with_incomplete(incomplete.clone()))
    }

    async fn apply(&self, _: &Wanted, Light(lamp): &Light, _: &Run) -> Result<(), Error> {
        self.log.lock().unwrap().push(format!("light {lamp}"));
        NOW.with(|now| now.fetch_add(self.seconds_per_step, Ordering::Relaxed));
        assert_ne!(lamp, "bursting");
        if self.forbidden.contains(lamp.as_str()) {
            return Err(Error::refused(format!("{lamp} must stay dark")));
        }
        if self.broken.lock().unwrap().contains(lamp.as_str()) {
            return Err(Error::failed(format!("{lamp} is broken")));
        }
        self.lit.lock().unwrap().insert(lamp.clone());
        Ok(())
    }
}

thread_local! {
    /// Each test's own clock, in seconds.
    static NOW: AtomicU64 = const { AtomicU64::new(1_000) };
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.with(|now| now.load(Ordering::Relaxed)))
}

fn for_a_minute() -> Run {
    Run::new("lamps", "an-event", Deadline::new(now() + Duration::from_mins(1), now))
}

fn wanted(id: &str, lamps: &[&str]) -> Wanted {
    Wanted { id: id.into(), lamps: lamps.iter().map(ToString::to_string).collect() }
}

fn run<const AGAIN: bool>(lamps: &Lamps<AGAIN>, ledger: &impl Ledger, event: Wanted) -> Report {
    drive(lamps, ledger, Mode::Apply, &for_a_minute(), event).now_or_never().expect("nothing here waits")
}

fn check(report: &Report, expected: &Expect) {
    expected.assert_eq(&report.to_string());
}

#[test]
fn steps_are_applied_in_order_and_the_occurrence_is_settled() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    let report = run(&lamps, &ledger, wanted("a", &["north", "south"]));
    check(
        &report,
        &expect![[r"
        lamps: applied
          - light north
          - light south"]],
    );
    assert_eq!(*lamps.log.lock().unwrap(), ["observe", "light north", "light south"]);
    assert_eq!(ledger.report(&Key::new(["a"])), Some(report));
}

#[test]
fn a_second_delivery_touches_nothing() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    run(&lamps, &ledger, wanted("a", &["north"]));
    lamps.lit.lock().unwrap().clear();
    check(
        &run(&lamps, &ledger, wanted("a", &["north"])),
        &expect!["lamps: repeated (this occurrence was handled before)"],
    );
    assert_eq!(*lamps.log.lock().unwrap(), ["observe", "light north"]);
}

#[test]
fn a_second_delivery_is_answered_anew_where_the_reaction_says_so() {
    let (lamps, ledger) = (Lamps::<true>::default(), MemoryLedger::new(now));
    run(&lamps, &ledger, wanted("a", &["north"]));
    check(&run(&lamps, &ledger, wanted("a", &["north"])), &expect!["lamps: unchanged"]);
}

#[test]
fn losing_the_ledger_repeats_work_and_nothing_else() {
    let lamps = Lamps::<false>::default();
    run(&lamps, &MemoryLedger::new(now), wanted("a", &["north"]));
    check(&run(&lamps, &MemoryLedger::new(now), wanted("a", &["north"])), &expect!["lamps: unchanged"]);
}

#[test]
fn what_somebody_else_is_at_work_on_is_tried_again_later() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    let lease = Duration::from_secs(30);
    ledger.claim(&Key::new(["a"]), Repeat::Skip, lease).now_or_never().unwrap().unwrap();
    check(
        &run(&lamps, &ledger, wanted("a", &["north"])),
        &expect!["lamps: failed (another run is at work on this occurrence; it is tried again when that has ended)"],
    );
    assert!(lamps.log.lock().unwrap().is_empty());
    NOW.with(|now| now.fetch_add(31, Ordering::Relaxed));
    assert_eq!(run(&lamps, &ledger, wanted("a", &["north"])).outcome, Outcome::Applied);
}

#[test]
fn a_failed_step_does_not_keep_the_others_back_and_its_retry_does_only_what_is_left() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    lamps.broken.lock().unwrap().insert("north");
    check(
        &run(&lamps, &ledger, wanted("a", &["north", "south"])),
        &expect![[r"
        lamps: failed (north is broken)
          - light north
            not done: north is broken
          - light south"]],
    );
    lamps.broken.lock().unwrap().clear();
    check(
        &run(&lamps, &ledger, wanted("a", &["north", "south"])),
        &expect![[r"
        lamps: applied
          - light north"]],
    );
}

#[test]
fn a_failure_decides_over_a_refusal_since_something_is_left_to_retry() {
    let lamps = Lamps::<false> { forbidden: ["north"].into(), ..Lamps::default() };
    lamps.broken.lock().unwrap().insert("south");
    let report = run(&lamps, &MemoryLedger::new(now), wanted("a", &["north", "south"]));
    assert_eq!((report.outcome, report.reason.as_deref()), (Outcome::Failed, Some("south is broken")));
}

#[test]
fn a_refusal_is_kept_and_a_later_delivery_may_claim_it() {
    let lamps = Lamps::<false> { forbidden: ["north"].into(), ..Lamps::default() };
    let ledger = MemoryLedger::new(now);
    let report = run(&lamps, &ledger, wanted("a", &["north"]));
    assert_eq!(report.outcome, Outcome::Refused);
    assert_eq!(ledger.report(&Key::new(["a"])), Some(report));
    let mended = Lamps::<false>::default();
    assert_eq!(run(&mended, &ledger, wanted("a", &["north"])).outcome, Outcome::Applied);
}

#[test]
fn what_is_ignored_leaves_no_trace() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    check(&run(&lamps, &ledger, wanted("a", &[])), &expect!["lamps: ignored (no lamp is wanted)"]);
    assert_eq!(run(&lamps, &ledger, wanted("a", &["north"])).outcome, Outcome::Applied);
}

#[test]
fn an_event_of_another_kind_is_ignored_before_anything_is_asked() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    let report = run(&lamps, &ledger, wanted("foreign", &["north"]));
    assert_eq!((report.outcome, report.key), (Outcome::Ignored, None));
    assert!(lamps.log.lock().unwrap().is_empty());
}

#[test]
fn a_dry_run_observes_and_plans_and_leaves_the_ledger_alone() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    let event = wanted("a", &["north"]);
    let report = drive(&lamps, &ledger, Mode::Plan, &for_a_minute(), event.clone()).now_or_never().unwrap();
    check(
        &report,
        &expect![[r"
        lamps: planned
          - light north"]],
    );
    assert_eq!(*lamps.log.lock().unwrap(), ["observe"]);
    run(&lamps, &ledger, event.clone());
    let report = drive(&lamps, &ledger, Mode::Plan, &for_a_minute(), event).now_or_never().unwrap();
    check(&report, &expect!["lamps: unchanged"]);
}

#[test]
fn what_could_not_be_read_makes_the_outcome_failed_after_the_steps() {
    let lamps = Lamps::<false> { incomplete: vec!["the cellar".into()], ..Lamps::default() };
    check(
        &run(&lamps, &MemoryLedger::new(now), wanted("a", &["north"])),
        &expect![[r"
        lamps: failed (could not read the cellar)
          - light north"]],
    );
    assert!(lamps.lit.lock().unwrap().contains("north"));
}

#[test]
fn a_failed_observation_gives_the_claim_back() {
    let ledger = MemoryLedger::new(now);
    let blind = Lamps::<false> { is_unreadable: true, ..Lamps::default() };
    assert_eq!(run(&blind, &ledger, wanted("a", &["north"])).outcome, Outcome::Failed);
    assert_eq!(run(&Lamps::<false>::default(), &ledger, wanted("a", &["north"])).outcome, Outcome::Applied);
}

#[test]
fn near_the_deadline_no_step_is_begun_any_more() {
    let lamps = Lamps::<false> { seconds_per_step: 59, ..Lamps::default() };
    let ledger = MemoryLedger::new(now);
    check(
        &run(&lamps, &ledger, wanted("a", &["north", "south"])),
        &expect![[r"
        lamps: failed (not begun: the invocation was about to end; a retry goes on from here)
          - light north
          - light south
            not done: not begun: the invocation was about to end; a retry goes on from here"]],
    );
    check(
        &run(&lamps, &ledger, wanted("a", &["north", "south"])),
        &expect![[r"
        lamps: applied
          - light south"]],
    );
}

#[test]
fn poison_is_refused_without_a_key() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    let long = format!(r#"{{"id": "a", "lamps": "{}"}}"#, "x".repeat(250_000));
    for poison in [
        "",
        "{",
        "[]",
        "null",
        r#"{"id": null}"#,
        r#"{"id": "a", "lamps": "north"}"#,
        r#"{"id": "", "lamps": []}"#,
        &long,
    ] {
        let report = drive_json(&lamps, &ledger, Mode::Apply, &for_a_minute(), poison).now_or_never().unwrap();
        assert_eq!((report.outcome, report.key), (Outcome::Refused, None), "{poison:.40}");
        assert!(report.reason.unwrap().len() < 1_000, "{poison:.40}");
    }
}
