//! No token works that no secret contains: each place at which a run can die or be refused with a token made, and what is revoked or
//! told then.

use futures_util::future::{Either, select};
use reaction::{MemoryLedger, Outcome, Report};
use rotation_steps::{Due, Entry, RECORDED};

use super::{OVERLAP, Scene};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::oauth2::{Ask, Mischief, Style};
use crate::world::rotations::{Rotation, STEPS, new_token};
use crate::world::{AWS, let_time_pass, now};

const TOLD: &str = "by a run that did not say how it ended: if it was made, it works, and nobody here knows it";

fn told(report: &Report) -> usize {
    report.notes.iter().filter(|it| it.contains("a credential may have been made") && it.contains(TOLD)).count()
}

fn puts(scene: &Scene) -> usize {
    AWS.calls(&scene.world.account).iter().filter(|it| it.operation == "PutSecretValue").count()
}

/// A run of `createSecret` that is killed when its value is on the way.
async fn killed_at_put(scene: &Scene, rotation: &Rotation) {
    let (ledger, event, before) = (MemoryLedger::new(now), rotation.event("createSecret"), puts(scene));
    let run = Box::pin(scene.hear_with(&ledger, &event));
    let ended = select(Box::pin(scene.until(|| puts(scene) > before)), run).await;
    assert!(matches!(ended, Either::Left(_)), "it was not killed");
    drop(ended);
    while scene.token("AWSPENDING").await.is_none() {}
}

/// Two that create at once, and the loser is killed before it takes back what it made.
async fn killed_loser(scene: &Scene, rotation: &Rotation) {
    let (ledger, event, before) = (MemoryLedger::new(now), rotation.event("createSecret"), puts(scene));
    let loser = Box::pin(scene.hear_with(&ledger, &event));
    let tokens = scene.server.asked().len();
    let minted = select(Box::pin(scene.until(|| scene.server.asked().len() > tokens)), loser).await;
    let Either::Left(((), loser)) = minted else { panic!("the loser was done") };
    let winner = scene.hear_with(&MemoryLedger::new(now), &event).await;
    assert_eq!(winner.outcome, Outcome::Applied, "{winner}");
    let ended = select(Box::pin(scene.until(|| puts(scene) > before + 1)), loser).await;
    assert!(matches!(ended, Either::Left(_)), "it was not killed");
}

#[tokio::test]
async fn of_a_loser_that_was_killed_every_later_step_and_sweep_tells_until_it_lapses() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    killed_loser(&scene, &rotation).await;
    assert_eq!(scene.server.alive().len(), 3, "the loser's works");
    let_time_pass(AN_INVOCATION);
    for step in STEPS {
        let report = scene.step(&rotation, step).await;
        assert_eq!(told(&report), 1, "{step}: {report}");
    }
    let_time_pass(OVERLAP);
    let swept = scene.sweep().await;
    assert_eq!((swept.outcome, told(&swept), scene.server.alive().len()), (Outcome::Applied, 1, 2), "{swept}");
    for report in scene.rotate().await {
        assert_eq!(told(&report), 1, "in the next rotation: {report}");
    }
    let_time_pass(RECORDED);
    let swept = scene.sweep().await;
    assert_eq!((swept.outcome, told(&swept), scene.server.alive().len()), (Outcome::Applied, 0, 2), "{swept}");
}

#[tokio::test]
async fn of_two_that_were_both_killed_one_has_kept_its_token_and_one_is_told_of() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    scene.server.misbehave(Ask::Token, Mischief::LostAnswer);
    assert_eq!(scene.step(&rotation, "createSecret").await.outcome, Outcome::Failed);
    scene.server.behave();
    killed_at_put(&scene, &rotation).await;
    let_time_pass(AN_INVOCATION);
    let kept = scene.step(&rotation, "createSecret").await;
    assert_eq!((kept.outcome, told(&kept)), (Outcome::Applied, 1), "{kept}");
    let again = scene.step(&rotation, "createSecret").await;
    assert_eq!((again.outcome, told(&again)), (Outcome::Unchanged, 1), "{again}");
    assert_eq!(scene.server.alive().len(), 3);
}

#[tokio::test]
async fn a_sweep_does_not_tell_of_what_a_run_may_be_at_work_on() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    scene.server.misbehave(Ask::Token, Mischief::LostAnswer);
    scene.step(&rotation, "createSecret").await;
    assert_eq!(told(&scene.sweep().await), 0);
    let_time_pass(AN_INVOCATION);
    assert_eq!(told(&scene.sweep().await), 1);
}

#[tokio::test]
async fn a_rotation_that_was_taken_away_by_hand_leaves_nothing_alive() {
    for is_killed in [false, true] {
        let scene = Scene::new(Style::Overlap).await;
        let rotation = scene.begin().await;
        if is_killed {
            killed_at_put(&scene, &rotation).await;
        } else {
            scene.step(&rotation, "createSecret").await;
        }
        let_time_pass(AN_INVOCATION);
        let swept = scene.sweep().await;
        assert_eq!((swept.steps.len(), scene.server.alive().len()), (0, 2), "it is pending: {swept}");
        rotation.end_of_test(&scene.world).await;
        let swept = scene.sweep().await;
        assert_eq!((swept.outcome, scene.due().await), (Outcome::Applied, 1), "{swept}");
        assert_eq!(told(&swept), 0, "its value is known: {swept}");
        let_time_pass(OVERLAP / 2);
        let swept = scene.sweep().await;
        assert_eq!(
            (swept.outcome, scene.due().await, scene.server.alive().len()),
            (Outcome::Unchanged, 1, 2),
            "{swept}"
        );
        let_time_pass(OVERLAP / 2);
        let swept = scene.sweep().await;
        assert_eq!((swept.outcome, scene.due().await, scene.server.alive().len()), (Outcome::Applied, 0, 1), "{swept}");
        scene.assert_served().await;
        assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
        scene.rotate().await;
    }
}

#[tokio::test]
async fn a_version_that_was_purged_before_it_was_revoked_is_refused_once_and_then_told_of() {
    let scene = Scene::new(Style::Overlap).await;
    scene.rotate().await;
    let records = scene.records();
    let (purged, secret) = (new_token(), scene.secret.parse().unwrap());
    let due = Entry::Due(Due { version: purged.parse().unwrap(), at: records.now() });
    records.change(&secret, &[due], &[]).await.unwrap();
    let expected = format!("version {purged} of {secret} was gone before its credential was revoked");
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.to_string().contains(&expected), "{report}");
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{report}");
    assert!(report.notes.iter().any(|it| it.contains(&expected)), "{report}");
}

#[tokio::test]
async fn a_token_of_another_type_is_revoked() {
    let scene = Scene::new(Style::Overlap).await;
    scene.server.misbehave(Ask::Token, Mischief::WrongType);
    let rotation = scene.begin().await;
    let report = scene.step(&rotation, "createSecret").await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.to_string().contains("a token was made, and revoked"), "{report}");
    assert_eq!(scene.server.alive().len(), 1);
    scene.server.misbehave(Ask::Revoke, Mischief::Status(503));
    let report = scene.step(&rotation, "createSecret").await;
    assert!(report.to_string().contains("a token was made that may work; it could not be revoked"), "{report}");
    assert_eq!((scene.server.alive().len(), told(&report)), (2, 0), "{report}");
    scene.server.behave();
    let report = scene.step(&rotation, "createSecret").await;
    assert_eq!((report.outcome, told(&report)), (Outcome::Applied, 1), "{report}");
}

#[tokio::test]
async fn a_token_of_another_type_that_clients_use_is_not_revoked() {
    let scene = Scene::with(Style::Single, Style::Overlap).await;
    scene.server.misbehave(Ask::Token, Mischief::WrongType);
    let rotation = scene.begin().await;
    assert_eq!(scene.step(&rotation, "createSecret").await.outcome, Outcome::Refused);
    scene.assert_served().await;
}
