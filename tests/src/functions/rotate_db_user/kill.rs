//! A rotation that is killed anywhere, or meets a fault at any call of any step: repeated, it ends, and clients get in.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use local_aws::{Fault, FaultKind};
use reaction::Outcome;

use super::{Scene, in_both};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::databases::{MARIADB, Server};
use crate::world::rotations::{Rotation, STEPS};
use crate::world::{AWS, let_time_pass};

in_both! {
    denied_from_any_call_on
    answered_in_vain_at_any_call
    killed_at_any_moment_of_one_user
    killed_at_any_moment_of_two_users
}

/// How often Secrets Manager tries a step.
const TRIES: usize = 3;

/// Every so many wake-ups a run is killed; a step has ten and more.
const STRIDE: usize = 2;

async fn scene(server: &'static Server, is_alternating: bool) -> Scene {
    if is_alternating { Scene::alternating(server).await } else { Scene::single(server).await }
}

/// A rotation that has come before this step.
async fn before(scene: &Scene, step: usize) -> Rotation {
    let rotation = scene.begin().await;
    scene.steps(&rotation, &STEPS[..step]).await;
    rotation
}

/// The rest of a rotation after this step was disturbed, and what must be so in the end.
pub async fn end(scene: &Scene, rotation: &Rotation, disturbed: usize, told: &str) {
    let_time_pass(AN_INVOCATION);
    for step in &STEPS[disturbed..] {
        let mut report = scene.step(rotation, step).await;
        for _ in 1..TRIES {
            if matches!(report.outcome, Outcome::Applied | Outcome::Unchanged) {
                break;
            }
            let_time_pass(AN_INVOCATION);
            report = scene.step(rotation, step).await;
        }
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{told}: {step} is stuck: {report}");
    }
    let stages = scene.stages().await;
    assert!(stages.contains("AWSPREVIOUS; ") && stages.contains("AWSCURRENT"), "{told}: {stages}");
    assert!(scene.works("AWSCURRENT").await, "{told}: clients are locked out");
    if scene.master.is_some() {
        assert!(scene.works("AWSPREVIOUS").await, "{told}: clients of before are locked out");
    }
}

/// How many calls to AWS each step makes.
async fn undisturbed(server: &'static Server) -> [usize; 4] {
    let scene = scene(server, true).await;
    let rotation = scene.begin().await;
    let mut numbers = [0; 4];
    for (number, step) in numbers.iter_mut().zip(STEPS) {
        let before = scene.world.calls();
        scene.steps(&rotation, &[step]).await;
        *number = scene.world.calls() - before;
    }
    assert!(numbers.iter().sum::<usize>() >= 24, "the rotation makes every kind of call: {numbers:?}");
    numbers
}

/// Two users ask AWS whatever one does, and for the master's secret. Of what is asked of AWS little depends on the database.
async fn fail_at_every_call(server: &'static Server, kind: FaultKind, times: usize) {
    for (step, number) in undisturbed(server).await.into_iter().enumerate() {
        for nth in 1..=number {
            let scene = scene(server, true).await;
            let rotation = before(&scene, step).await;
            let account = &scene.world.account;
            AWS.inject(&Fault { nth, times, ..Fault::new(account, kind.clone()) });
            let report = scene.step(&rotation, STEPS[step]).await;
            AWS.clear_faults(account);
            let told = format!("{} with {kind:?} at call {nth}: {report}", STEPS[step]);
            end(&scene, &rotation, step, &told).await;
        }
    }
}

#[tokio::test]
async fn denied_at_any_call() {
    fail_at_every_call(&MARIADB, FaultKind::AccessDenied, 1).await;
}

async fn denied_from_any_call_on(server: &'static Server) {
    fail_at_every_call(server, FaultKind::AccessDenied, 1_000).await;
}

#[tokio::test]
async fn failed_from_any_call_on() {
    fail_at_every_call(&MARIADB, FaultKind::ServerError, 1_000).await;
}

#[tokio::test]
async fn unanswered_at_any_call() {
    fail_at_every_call(&MARIADB, FaultKind::Timeout, 1).await;
}

async fn answered_in_vain_at_any_call(server: &'static Server) {
    fail_at_every_call(server, FaultKind::Reset, 1).await;
}

/// Whether a step was done before it was woken so often; then it is dropped, whatever it was doing.
async fn is_done_within(scene: &Scene, rotation: &Rotation, step: &str, wakes: usize) -> bool {
    let mut run = pin!(scene.step(rotation, step));
    let mut seen = 0;
    let ended = poll_fn(|context| {
        if seen == wakes {
            return Poll::Ready(None);
        }
        seen += 1;
        run.as_mut().poll(context).map(Some)
    });
    ended.await.is_some()
}

/// The calls to AWS and what is said to the database.
async fn kill_at_any_moment(server: &'static Server, is_alternating: bool) {
    for (number, step) in STEPS.iter().enumerate() {
        let mut wakes = 1;
        loop {
            let scene = scene(server, is_alternating).await;
            let rotation = before(&scene, number).await;
            let is_done = is_done_within(&scene, &rotation, step, wakes).await;
            end(&scene, &rotation, number, &format!("{step} killed after {wakes} wake-ups")).await;
            if is_done {
                break;
            }
            wakes += STRIDE;
        }
        assert!(wakes > 3 * STRIDE, "{step} was killed at few moments only: {wakes}");
    }
}

async fn killed_at_any_moment_of_one_user(server: &'static Server) {
    kill_at_any_moment(server, false).await;
}

async fn killed_at_any_moment_of_two_users(server: &'static Server) {
    kill_at_any_moment(server, true).await;
}
