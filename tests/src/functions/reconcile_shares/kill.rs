//! A sweep that is killed at any call, and one that meets an event: the end is the same, and the audit is whole.

use std::time::Duration;

use futures_util::future::{Either, join, select};
use reaction::{Mode, Outcome, drive_json};

use super::Scene;
use crate::functions::share_ami::SAMPLE_IMAGE;
use crate::promises::every_call::AN_INVOCATION;
use crate::world::scene::read_sample;
use crate::world::{let_time_pass, run_for};

/// Kills one sweep in turn at each call whose number leaves this rest, and sweeps again.
async fn kill_at_every(third: usize) {
    let clean = Scene::new().await;
    let begin = clean.world.calls();
    clean.sweep().await;
    let (number, expected) = (clean.world.calls() - begin, clean.picture().await);
    assert!(number > 30, "the sweep makes every kind of call, not {number}");
    for nth in (1..=number).filter(|nth| nth % 3 == third) {
        let scene = Scene::new().await;
        let last = scene.world.calls() + nth;
        match select(Box::pin(scene.world.reach(last)), Box::pin(scene.sweep())).await {
            Either::Left(((), killed)) => drop(killed),
            Either::Right((report, _)) => panic!("call {nth} was never made: {report}"),
        }
        let_time_pass(AN_INVOCATION);
        let report = scene.sweep().await;
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "killed at call {nth}: {report}");
        assert_eq!(scene.picture().await, expected, "killed at call {nth}: {report}");
        scene.assert_audited().await;
    }
}

#[tokio::test]
async fn killed_at_any_call_it_comes_to_the_same_end_when_it_runs_again() {
    kill_at_every(0).await;
}

#[tokio::test]
async fn killed_at_any_call_it_comes_to_the_same_end_when_it_runs_again_second_part() {
    kill_at_every(1).await;
}

#[tokio::test]
async fn killed_at_any_call_it_comes_to_the_same_end_when_it_runs_again_third_part() {
    kill_at_every(2).await;
}

#[tokio::test]
async fn event_and_sweep_at_the_same_time_come_to_the_same_end() {
    let expected = {
        let clean = Scene::new().await;
        clean.sweep().await;
        clean.picture().await
    };
    for _ in 0..10 {
        let scene = Scene::new().await;
        let event = scene
            .of_account(&read_sample("share-ami", "an-image-became-available"))
            .replace(SAMPLE_IMAGE, &scene.image);
        let location = format!("s3://{}/share.json", scene.world.bucket());
        let share_ami = scene.world.share_ami(&location, None, Some(scene.world.grants()));
        let ledger = scene.world.ledger();
        let run = run_for(Duration::from_mins(1));
        let hear = || drive_json(&share_ami, &ledger, Mode::Apply, &run, &event);
        let (mut swept, mut heard) = join(scene.sweep(), hear()).await;
        // Each is tried again as Lambda does.
        if swept.outcome == Outcome::Failed {
            swept = scene.sweep().await;
        }
        if heard.outcome == Outcome::Failed {
            heard = hear().await;
        }
        for report in [swept, heard] {
            assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{report}");
        }
        assert_eq!(scene.picture().await, expected);
        scene.assert_audited().await;
    }
}
