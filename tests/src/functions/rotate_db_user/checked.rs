//! What is proved where nothing is pending, and what is said of a password that is given up after the server may have taken it.

use reaction::Outcome;
use rotation::Attempts;

use super::{FIRST, Scene, in_both};
use crate::world::databases::Server;
use crate::world::rotations::Rotation;

in_both! {
    the_test_of_a_configuration_proves_what_clients_use
    of_a_password_that_is_given_up_after_it_was_set_it_is_said_which_version_has_it
}

/// `RotateSecret` with `RotateImmediately=false` sends `testSecret` for an empty version.
async fn the_test_of_a_configuration_proves_what_clients_use(server: &'static Server) {
    for scene in [Scene::single(server).await, Scene::alternating(server).await] {
        let rotation = Rotation::begin_test(&scene.world, &scene.secret).await;
        let report = scene.step(&rotation, "testSecret").await;
        assert_eq!(report.outcome, Outcome::Applied, "{report}");
        assert!(report.notes[0].contains("has no value: AWSCURRENT was to be proved in its place"), "{report}");
        for step in ["setSecret", "finishSecret"] {
            let said = scene.refusal(&rotation, step).await;
            assert!(said.contains("createSecret comes first"), "{said}");
        }
        scene.set_by_hand("by-an-administrator-1").await;
        for _ in 0..=Attempts::MOST {
            let said = scene.refusal(&rotation, "testSecret").await;
            assert!(said.contains("it refuses user and password"), "{said}");
        }
        assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING, empty", "no attempt of that version");
        scene.set_by_hand(FIRST).await;
        rotation.end_of_test(&scene.world).await;
        scene.rotate().await;
    }
}

/// A user that is locked after `setSecret` looks like one whose password is wrong.
async fn of_a_password_that_is_given_up_after_it_was_set_it_is_said_which_version_has_it(server: &'static Server) {
    let scene = Scene::single(server).await;
    let rotation = scene.created().await;
    scene.steps(&rotation, &["setSecret"]).await;
    let set = scene.login("AWSPENDING").await.1;
    scene.set_by_hand("locked-for-now-1").await;
    let expected = format!("the server may have the password of version {} of {}", rotation.token, scene.secret);
    for _ in 1..Attempts::MOST {
        assert!(!scene.refusal(&rotation, "testSecret").await.contains(&expected));
    }
    let said = scene.refusal(&rotation, "testSecret").await;
    assert!(said.contains("AWSPENDING was taken from it; rotate again; ") && said.contains(&expected), "{said}");
    assert!(said.contains("the version can be read by its id"), "{said}");
    // Open again, the server has that password, and no label leads to it.
    scene.set_by_hand(&set).await;
    let rotation = scene.begin().await;
    let report = scene.step(&rotation, "createSecret").await;
    assert!(report.notes.iter().any(|it| it.contains(&expected)), "the next rotation tells it: {report}");
    scene.set_by_hand(FIRST).await;
    scene.steps(&rotation, &["setSecret", "testSecret", "finishSecret"]).await;
    let rotation = scene.begin().await;
    let report = scene.step(&rotation, "createSecret").await;
    assert!(report.notes.is_empty(), "it is settled: {report}");
}
