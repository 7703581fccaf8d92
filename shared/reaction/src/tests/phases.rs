//! Steps in phases: what a step that was not carried out means for those of later phases.

use std::sync::Mutex;

use futures_util::FutureExt;

use super::{MemoryLedger, NOW, Ordering, check, expect, for_a_minute, now};
use crate::{AfterFailure, Error, Key, Left, Mode, Outcome, Plan, Reaction, Report, Run, drive};

/// A deployment: its event says which steps there are, such as `1 file` or `2 pointer`, each with its phase. `STOPS` says
/// whether a later phase begins after a failure.
#[derive(Default)]
struct Deployment<const STOPS: bool> {
    failing: Vec<(&'static str, bool)>,
    seconds_per_step: u64,
    done: Mutex<Vec<String>>,
}

impl<const STOPS: bool> Reaction for Deployment<STOPS> {
    const NAME: &'static str = "deployment";
    const AFTER_FAILURE: AfterFailure = if STOPS { AfterFailure::Stop } else { AfterFailure::GoOn };
    type Event = Vec<String>;
    type Subject = Vec<String>;
    type Facts = ();
    type Step = String;

    fn parse(event: Vec<String>) -> Result<Option<Vec<String>>, Error> {
        Ok(Some(event))
    }

    fn key(_: &Vec<String>) -> Key {
        Key::new(["deployment"])
    }

    async fn observe(&self, _: &Vec<String>, _: &Run) -> Result<(), Error> {
        Ok(())
    }

    fn plan(subject: &Vec<String>, (): &()) -> Result<Plan<String>, Error> {
        Ok(Plan::of(subject.clone()))
    }

    fn phase(step: &String) -> u8 {
        step.as_bytes()[0]
    }

    async fn apply(&self, _: &Vec<String>, step: &String, _: &Run) -> Result<(), Error> {
        NOW.with(|now| now.fetch_add(self.seconds_per_step, Ordering::Relaxed));
        if let Some((_, is_refused)) = self.failing.iter().find(|(name, _)| name == step) {
            return Err(if *is_refused { Error::refused("never") } else { Error::failed("not now") });
        }
        self.done.lock().unwrap().push(step.clone());
        Ok(())
    }
}

const STEPS: [&str; 4] = ["1 file", "1 picture", "2 pointer", "3 notice"];

fn run<const STOPS: bool>(it: &Deployment<STOPS>) -> Report {
    let event = STEPS.map(String::from).to_vec();
    drive(it, &MemoryLedger::new(now), Mode::Apply, &for_a_minute(), event).now_or_never().unwrap()
}

#[test]
fn after_a_failure_the_phase_is_finished_and_no_later_one_begins() {
    let it = Deployment::<true> { failing: vec![("1 file", false)], ..Deployment::default() };
    check(
        &run(&it),
        &expect![[r"
            deployment: failed (not now)
              - 1 file
                not done: not now
              - 1 picture
              - 2 pointer
                not done: not begun: a step before it was not carried out; a retry goes on from here
              - 3 notice
                not done: not begun: a step before it was not carried out; a retry goes on from here"]],
    );
    assert_eq!(*it.done.lock().unwrap(), ["1 picture"]);
}

/// What was not begun is no failure of its own: trying again would not help.
#[test]
fn a_refused_step_stops_later_phases_and_the_outcome_stays_refused() {
    let it = Deployment::<true> { failing: vec![("2 pointer", true)], ..Deployment::default() };
    let report = run(&it);
    assert_eq!((report.outcome, report.reason.as_deref()), (Outcome::Refused, Some("never")));
    assert_eq!(*it.done.lock().unwrap(), ["1 file", "1 picture"]);
}

#[test]
fn where_the_reaction_goes_on_later_phases_begin_all_the_same() {
    let it = Deployment::<false> { failing: vec![("1 file", false)], ..Deployment::default() };
    assert_eq!(run(&it).outcome, Outcome::Failed);
    assert_eq!(*it.done.lock().unwrap(), ["1 picture", "2 pointer", "3 notice"]);
}

#[test]
fn a_run_that_only_lacked_time_says_so_and_one_that_failed_too_does_not() {
    let slow = || Deployment::<true> { seconds_per_step: 30, ..Deployment::default() };
    let report = run(&slow());
    assert_eq!((report.outcome, report.left), (Outcome::Failed, Some(Left::OutOfTime)), "{report}");
    let report = run(&Deployment::<true> { failing: vec![("1 file", true)], ..slow() });
    assert_eq!((report.outcome, report.left), (Outcome::Refused, None), "{report}");
    let report =
        run(&Deployment::<false> { failing: vec![("1 file", true)], seconds_per_step: 30, ..Deployment::default() });
    assert_eq!((report.outcome, report.left), (Outcome::Failed, None), "{report}");
    let report = run(&Deployment::<true>::default());
    assert_eq!((report.outcome, report.left), (Outcome::Applied, None), "{report}");
}
