//! A rotation that is killed, or meets a fault, at any call of any step: repeated, it ends; nothing is stuck, and no token lives
//! that no secret contains.

use futures_util::future::{Either, select};
use local_aws::{Fault, FaultKind};
use reaction::{Outcome, Report};

use super::{OVERLAP, Scene};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::oauth2::Style;
use crate::world::rotations::{Rotation, STEPS};
use crate::world::{AWS, let_time_pass};

/// How often Secrets Manager may have to try a step.
const TRIES: usize = 3;

/// How many calls were made, to AWS and to the server.
fn made(scene: &Scene) -> usize {
    scene.world.calls() + scene.server.asked().len()
}

/// Repeats a step until it is done: what was reported until then.
async fn carry_out(scene: &Scene, rotation: &Rotation, step: &str) -> Vec<Report> {
    let mut reports = Vec::new();
    for _ in 0..TRIES {
        reports.push(scene.step(rotation, step).await);
        if matches!(reports.last().unwrap().outcome, Outcome::Applied | Outcome::Unchanged) {
            return reports;
        }
        let_time_pass(AN_INVOCATION);
    }
    panic!("{step} is stuck: {reports:?}");
}

/// How many calls each step makes.
async fn undisturbed(style: Style) -> [usize; 4] {
    let scene = Scene::new(style).await;
    let rotation = scene.begin().await;
    let mut numbers = [0; 4];
    for (number, step) in numbers.iter_mut().zip(STEPS) {
        let before = made(&scene);
        carry_out(&scene, &rotation, step).await;
        *number = made(&scene) - before;
    }
    assert!(numbers.iter().sum::<usize>() >= 28, "the rotation makes every kind of call: {numbers:?}");
    numbers
}

/// The rest of a rotation after a step was disturbed, and what must be so in the end.
async fn end(scene: &Scene, rotation: &Rotation, disturbed: usize, mut reports: Vec<Report>, told: &str) {
    let_time_pass(AN_INVOCATION);
    for step in &STEPS[disturbed..] {
        reports.extend(carry_out(scene, rotation, step).await);
    }
    assert_eq!(scene.stages().await, "old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING", "{told}");
    scene.assert_served().await;
    let_time_pass(OVERLAP);
    let swept = scene.sweep().await;
    assert!(matches!(swept.outcome, Outcome::Applied | Outcome::Unchanged), "{told}: {swept}");
    assert_eq!(scene.due().await, 0, "{told}");
    scene.assert_served().await;
    let noted = swept.notes.iter().filter(|it| it.contains("nobody here knows it")).count();
    let orphans = scene.server.alive().len() - 1;
    assert!(orphans <= noted, "{told}: {orphans} tokens that no secret contains: {reports:?}");
    // The next one begins as any.
    scene.rotate().await;
}

async fn disturbed(style: Style, step: usize) -> (Scene, Rotation) {
    let scene = Scene::new(style).await;
    let rotation = scene.begin().await;
    for step in &STEPS[..step] {
        carry_out(&scene, &rotation, step).await;
    }
    (scene, rotation)
}

async fn kill_at_every_call(style: Style) {
    for (step, number) in undisturbed(style).await.into_iter().enumerate() {
        for nth in 1..=number {
            let (scene, rotation) = disturbed(style, step).await;
            let last = made(&scene) + nth;
            let reached = Box::pin(scene.until(|| made(&scene) >= last));
            match select(reached, Box::pin(scene.step(&rotation, STEPS[step]))).await {
                Either::Left(((), killed)) => drop(killed),
                Either::Right((report, _)) => panic!("call {nth} was never made: {report}"),
            }
            let told = format!("{} killed at call {nth}", STEPS[step]);
            end(&scene, &rotation, step, vec![], &told).await;
        }
    }
}

/// Each call to AWS meets the fault, and so do the SDK's own tries after it.
async fn fail_at_every_call(style: Style, kind: FaultKind, times: usize) {
    for (step, number) in undisturbed(style).await.into_iter().enumerate() {
        for nth in 1..=number {
            let (scene, rotation) = disturbed(style, step).await;
            let account = &scene.world.account;
            AWS.inject(&Fault { nth, times, ..Fault::new(account, kind.clone()) });
            let report = scene.step(&rotation, STEPS[step]).await;
            AWS.clear_faults(account);
            let told = format!("{} with {kind:?} at call {nth}", STEPS[step]);
            end(&scene, &rotation, step, vec![report], &told).await;
        }
    }
}

#[tokio::test]
async fn killed_at_any_call_with_an_overlap() {
    kill_at_every_call(Style::Overlap).await;
}

#[tokio::test]
async fn killed_at_any_call_with_one_token_at_a_time() {
    kill_at_every_call(Style::Single).await;
}

#[tokio::test]
async fn a_sweep_that_is_killed_at_any_call_is_done_by_the_next() {
    for nth in 1.. {
        let scene = Scene::new(Style::Overlap).await;
        scene.rotate().await;
        let_time_pass(OVERLAP);
        let last = made(&scene) + nth;
        let reached = Box::pin(scene.until(|| made(&scene) >= last));
        let killed = select(reached, Box::pin(scene.sweep())).await;
        let is_over = matches!(killed, Either::Right(_));
        drop(killed);
        let_time_pass(AN_INVOCATION);
        let report = scene.sweep().await;
        assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "killed at call {nth}: {report}");
        assert_eq!((scene.server.alive().len(), scene.due().await), (1, 0), "killed at call {nth}: {report}");
        scene.assert_served().await;
        if is_over {
            assert!(nth > 8, "the sweep makes every kind of call, not {nth}");
            return;
        }
    }
}

macro_rules! faults {
    ($($name:ident: $kind:ident, $times:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            fail_at_every_call(Style::Overlap, FaultKind::$kind, $times).await;
            fail_at_every_call(Style::Single, FaultKind::$kind, $times).await;
        })*
    };
}

faults! {
    throttled_at_any_call: Throttle, 1;
    denied_at_any_call: AccessDenied, 1;
    denied_from_any_call_on: AccessDenied, 1_000;
    answered_in_vain_at_any_call: Reset, 1;
    answered_in_vain_from_any_call_on: Reset, 1_000;
}
