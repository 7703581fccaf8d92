//! A writer of the secret has no part in the power that revokes: only a token that Signalbox made for a version is revoked.
//! Another client's token that stands there is left, and told of.

use reaction::{Outcome, Report};

use super::{OVERLAP, Scene};
use crate::promises::every_call::AN_INVOCATION;
use crate::world::let_time_pass;
use crate::world::oauth2::{Ask, Mischief, Style};
use crate::world::rotations::{Rotation, STEPS, secrets_manager};

const TOLD: &str =
    "is none that Signalbox made, so Signalbox leaves it: if nothing uses it any more, revoke it at the server";

fn told(report: &Report) -> usize {
    report.notes.iter().filter(|it| it.contains(TOLD)).count()
}

impl Scene {
    /// Writes the pending version, as any writer of the secret can.
    async fn put_pending(&self, rotation: &Rotation, token: &str) {
        let put = secrets_manager(&self.world).put_secret_value().secret_id(&self.secret);
        let put = put.client_request_token(&rotation.token).version_stages("AWSPENDING");
        put.secret_string(self.value(token).to_string()).send().await.unwrap();
    }

    /// What the server was asked to forget.
    fn revoked(&self) -> Vec<String> {
        let asked = self.server.asked().into_iter().filter(|it| it.ask == Ask::Revoke);
        asked.filter_map(|it| it.token).collect()
    }

    /// Every sweep until all overlaps are over: what they refused.
    async fn sweep_to_the_end(&self) -> Vec<Report> {
        let mut refused = Vec::new();
        for _ in 0..3 {
            let_time_pass(OVERLAP);
            let report = self.sweep().await;
            assert!(report.outcome != Outcome::Failed, "{report}");
            refused.extend((report.outcome == Outcome::Refused).then_some(report));
        }
        refused
    }
}

#[tokio::test]
async fn a_token_that_another_hand_put_there_is_not_revoked_but_told_of() {
    let scene = Scene::by_hand(Style::Overlap).await;
    let other = scene.token("AWSCURRENT").await.unwrap();
    scene.rotate().await;
    let refused = scene.sweep_to_the_end().await;
    assert_eq!(refused.len(), 1, "once: {refused:?}");
    assert!(refused[0].to_string().contains(TOLD), "{}", refused[0]);
    assert!(!scene.revoked().contains(&other) && scene.server.alive().contains(&other));
    assert_eq!(told(&scene.sweep().await), 1, "and it is told of from then on");
    assert_eq!(scene.due().await, 0);
    scene.rotate().await;
    scene.sweep_to_the_end().await;
    assert_eq!(scene.revoked().len(), 2, "what Signalbox made is revoked as ever: {:?}", scene.revoked());
    scene.assert_served().await;
}

#[tokio::test]
async fn a_token_that_another_hand_put_into_the_pending_version_is_not_revoked_when_it_is_given_up() {
    let scene = Scene::new(Style::Overlap).await;
    let (rotation, other) = (scene.begin().await, scene.server.mint());
    scene.put_pending(&rotation, &other).await;
    for step in &STEPS[..2] {
        scene.step(&rotation, step).await;
    }
    scene.server.misbehave(Ask::Verify, Mischief::Status(401));
    for _ in 0..5 {
        scene.step(&rotation, "testSecret").await;
    }
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: -", "it is given up");
    let refused = scene.sweep_to_the_end().await;
    assert_eq!((refused.len(), scene.revoked()), (1, vec![]), "{refused:?}");
    assert!(scene.server.alive().contains(&other));
}

/// A run was ended after it asked for a token; then the version was filled by another hand.
#[tokio::test]
async fn what_was_begun_does_not_vouch_for_what_another_hand_has_put() {
    for is_taken_away in [false, true] {
        let scene = Scene::new(Style::Overlap).await;
        let (rotation, other) = (scene.begin().await, scene.server.mint());
        scene.server.misbehave(Ask::Token, Mischief::LostAnswer);
        assert_eq!(scene.step(&rotation, "createSecret").await.outcome, Outcome::Failed);
        scene.server.behave();
        scene.put_pending(&rotation, &other).await;
        let_time_pass(AN_INVOCATION);
        scene.step(&rotation, "createSecret").await;
        if is_taken_away {
            rotation.end_of_test(&scene.world).await;
        } else {
            for step in &STEPS[1..] {
                assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "{step}");
            }
            scene.rotate().await;
        }
        scene.sweep_to_the_end().await;
        assert!(!scene.revoked().contains(&other) && scene.server.alive().contains(&other), "{is_taken_away}");
    }
}

#[tokio::test]
async fn a_secret_without_a_token_has_nothing_to_be_told_of() {
    let scene = Scene::new(Style::Overlap).await;
    scene.put(&scene.secret, &scene.value("")).await;
    scene.rotate().await;
    assert_eq!(scene.sweep_to_the_end().await.len(), 0);
    assert_eq!((told(&scene.sweep().await), scene.due().await), (0, 0));
}
