//! `RotateSecret` with `RotateImmediately=false`: of the steps only `testSecret` is sent, for an empty version.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html>

use reaction::Outcome;

use super::Scene;
use crate::world::oauth2::{Ask, Mischief, Style};
use crate::world::rotations::Rotation;

async fn proves_what_clients_use(style: Style) {
    let scene = Scene::new(style).await;
    let rotation = Rotation::begin_test(&scene.world, &scene.secret).await;
    let report = scene.step(&rotation, "testSecret").await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(report.notes[0].contains("has no value: AWSCURRENT was to be proved in its place"), "{report}");
    let asked = scene.server.asked();
    assert_eq!(asked.iter().map(|it| (it.ask, it.was_alive)).collect::<Vec<_>>(), [(Ask::Verify, true)]);
    scene.server.misbehave(Ask::Verify, Mischief::Status(401));
    for _ in 0..6 {
        let report = scene.step(&rotation, "testSecret").await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING, empty", "no attempt of that version");
    }
    rotation.end_of_test(&scene.world).await;
    scene.server.behave();
    scene.rotate().await;
}

#[tokio::test]
async fn the_test_of_a_configuration_proves_what_clients_use_with_an_overlap() {
    proves_what_clients_use(Style::Overlap).await;
}

#[tokio::test]
async fn the_test_of_a_configuration_proves_what_clients_use_with_one_token_at_a_time() {
    proves_what_clients_use(Style::Single).await;
}
