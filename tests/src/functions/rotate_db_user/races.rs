//! Two runs of one step at once that know nothing of each other: one pending password, which works, and no client is locked out.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;

use futures_util::future::join;
use reaction::{MemoryLedger, Outcome, Report};
use rotation::Attempts;
use tokio::sync::Notify;

use super::{Scene, in_both};
use crate::world::databases::Server;
use crate::world::now;
use crate::world::rotations::{Rotation, STEPS, value_at};

in_both! {
    two_runs_of_one_step_of_one_user_end_as_one
    two_runs_of_one_step_of_two_users_end_as_one
}

/// How often each step is run twice.
const ROUNDS: usize = 8;

/// In each round the second run begins when the first one was woken so many times more; a step is woken ten times and more.
const LATER: usize = 2;

fn is_good(report: &Report) -> bool {
    matches!(report.outcome, Outcome::Applied | Outcome::Unchanged)
}

/// One run, and another one that begins when the first was woken so often, or is done.
async fn both(scene: &Scene, rotation: &Rotation, step: &str, later: usize) -> (Report, Report) {
    let (one, other) = (MemoryLedger::new(now), MemoryLedger::new(now));
    let (woken, again) = (Cell::new(0), Notify::new());
    let mut run = pin!(scene.step_with(&one, rotation, step));
    let first = poll_fn(|context| {
        let done = run.as_mut().poll(context);
        woken.set(if done.is_ready() { usize::MAX } else { woken.get() + 1 });
        again.notify_one();
        done
    });
    let second = async {
        while woken.get() < later {
            again.notified().await;
        }
        scene.step_with(&other, rotation, step).await
    };
    join(first, second).await
}

/// Both, and again where one lost: what they said.
async fn race(scene: &Scene, rotation: &Rotation, step: &str, later: usize) -> String {
    let (one, other) = both(scene, rotation, step, later).await;
    let told = format!("{later} wake-ups later: {one}\n{other}");
    assert!(is_good(&one) || is_good(&other), "one of them wins, {told}");
    // The run that lost says that it may be tried again.
    for report in [&one, &other] {
        assert!(is_good(report) || report.outcome == Outcome::Failed, "{told}");
    }
    if !is_good(&one) || !is_good(&other) {
        let again = scene.step(rotation, step).await;
        assert!(is_good(&again), "{told}: {again}");
    }
    told
}

async fn race_through(scene: &Scene, later: usize) {
    let (rotation, before) = (scene.begin().await, scene.login("AWSCURRENT").await);
    let mut pending = None;
    for step in STEPS {
        let told = race(scene, &rotation, step, later).await;
        let stage = if step == "finishSecret" { "AWSCURRENT" } else { "AWSPENDING" };
        let value = value_at(&scene.world, &scene.secret, stage).await;
        assert!(value.is_some(), "{told}");
        assert_eq!(*pending.get_or_insert_with(|| value.clone()), value, "{told}");
        let is_set = step != "createSecret";
        assert_eq!(scene.works(stage).await, is_set, "{told}");
        let is_dead = scene.master.is_none() && is_set;
        assert_eq!(scene.lets_in(&before.0, &before.1).await, !is_dead, "{told}");
    }
    assert_eq!(scene.attempts(&rotation).await, Attempts(0), "no refusal was counted");
}

async fn two_runs_of_one_step_of_one_user_end_as_one(server: &'static Server) {
    let scene = Scene::single(server).await;
    for round in 0..ROUNDS {
        race_through(&scene, LATER * round).await;
    }
}

async fn two_runs_of_one_step_of_two_users_end_as_one(server: &'static Server) {
    for round in 0..ROUNDS {
        // The first time the clone is made, and then it is there.
        let scene = Scene::alternating(server).await;
        for _ in 0..2 {
            race_through(&scene, LATER * round).await;
        }
    }
}
