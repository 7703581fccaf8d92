//! Whatever AWS does to a run, and wherever it is killed, the end is the same.

use futures_util::future::{Either, select};
use reaction::{Mode, Outcome};

use super::{Given, Scene};
use crate::promises::every_call::{AN_INVOCATION, Run};
use crate::world::let_time_pass;
use crate::world::scene::Scene as _;

const SAMPLE: &str = "an-account-was-moved-out-of-the-unit";

pub fn run() -> Run<Given> {
    Run { given: Given::MovedOut, sample: SAMPLE, calls: 30 }
}

/// Kills one run in turn at each call whose number leaves this rest, and lets the event come again.
async fn kill_at_every(third: usize) {
    let clean = Scene::set_up(&Given::MovedOut, SAMPLE).await;
    let begin = clean.world().calls();
    clean.hear(Mode::Apply).await;
    let (number, expected) = (clean.world().calls() - begin, clean.picture().await);
    assert!(number > 30, "it makes every kind of call, not {number}");
    for nth in (1..=number).filter(|nth| nth % 3 == third) {
        let scene = Scene::set_up(&Given::MovedOut, SAMPLE).await;
        let last = scene.world().calls() + nth;
        match select(Box::pin(scene.world().reach(last)), Box::pin(scene.hear(Mode::Apply))).await {
            Either::Left(((), killed)) => drop(killed),
            Either::Right((report, _)) => panic!("call {nth} was never made: {report}"),
        }
        let_time_pass(AN_INVOCATION);
        let report = scene.hear(Mode::Apply).await;
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "killed at call {nth}: {report}");
        assert_eq!(scene.picture().await, expected, "killed at call {nth}: {report}");
        scene.assert_recorded().await;
    }
}

#[tokio::test]
async fn killed_at_any_call_it_comes_to_the_same_end_when_the_event_comes_again() {
    kill_at_every(0).await;
}

#[tokio::test]
async fn killed_at_any_call_it_comes_to_the_same_end_when_the_event_comes_again_second_part() {
    kill_at_every(1).await;
}

#[tokio::test]
async fn killed_at_any_call_it_comes_to_the_same_end_when_the_event_comes_again_third_part() {
    kill_at_every(2).await;
}
