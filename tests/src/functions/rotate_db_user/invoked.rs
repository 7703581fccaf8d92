//! What an identity can do that may only invoke the function, with steps out of their order: nothing that keeps clients out.

use rotation::Attempts;

use super::{FIRST, Scene, in_both};
use crate::world::databases::Server;
use crate::world::rotations::{Rotation, STEPS, secrets_manager};

in_both! {
    steps_that_come_before_the_password_is_set_change_nothing
    a_password_that_works_no_more_does_not_become_current
    what_was_current_once_does_not_become_it_again_where_it_works_no_more
    a_part_of_an_arn_is_no_way_round_the_settings
}

async fn scenes(server: &'static Server) -> [Scene; 2] {
    [Scene::single(server).await, Scene::alternating(server).await]
}

/// However often they come: nothing is counted, and the server is asked for no login that it would count.
async fn steps_that_come_before_the_password_is_set_change_nothing(server: &'static Server) {
    for scene in scenes(server).await {
        let rotation = scene.created().await;
        let before = scene.server.log().len();
        for step in ["finishSecret", "testSecret"].into_iter().cycle().take(12) {
            let said = scene.refusal(&rotation, step).await;
            assert!(said.contains("the server has not taken yet: setSecret comes first"), "{said}");
        }
        let log = scene.server.log().split_off(before);
        assert!(!log.lines().any(|line| line.contains(&scene.user)), "{log}");
        assert_eq!(scene.attempts(&rotation).await, Attempts(0));
        assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING");
        assert!(scene.lets_in(&scene.user, FIRST).await && scene.works("AWSCURRENT").await);
        scene.steps(&rotation, &STEPS[1..]).await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

/// Tested or not. A step that comes too often asks the server no more.
async fn a_password_that_works_no_more_does_not_become_current(server: &'static Server) {
    for is_tested in [true, false] {
        let scene = Scene::single(server).await;
        let rotation = scene.created().await;
        scene.steps(&rotation, if is_tested { &STEPS[1..3] } else { &STEPS[1..2] }).await;
        scene.set_by_hand(FIRST).await;
        for _ in 0..Attempts::MOST {
            let said = scene.refusal(&rotation, "finishSecret").await;
            assert!(said.contains("it refuses user and password"), "{said}");
            assert!(scene.works("AWSCURRENT").await, "clients get in");
        }
        assert_eq!(scene.stages().await, "old: AWSCURRENT; new: -", "it is given up");
        scene.rotate().await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

/// An operator has gone back by the label and in the server. AWSPENDING is where the rotation has left it.
async fn what_was_current_once_does_not_become_it_again_where_it_works_no_more(server: &'static Server) {
    let scene = Scene::single(server).await;
    let rotation = scene.begin().await;
    scene.steps(&rotation, &STEPS).await;
    go_back(&scene, &rotation).await;
    scene.set_by_hand(FIRST).await;
    for step in STEPS {
        drop(scene.step(&rotation, step).await);
        assert!(scene.works("AWSCURRENT").await, "{step}");
        assert_eq!(scene.login("AWSCURRENT").await.1, FIRST, "{step}");
    }
}

async fn go_back(scene: &Scene, rotation: &Rotation) {
    let client = secrets_manager(&scene.world);
    let previous =
        client.get_secret_value().secret_id(&scene.secret).version_stage("AWSPREVIOUS").send().await.unwrap();
    let moved = client.update_secret_version_stage().secret_id(&scene.secret).version_stage("AWSCURRENT");
    let moved = moved.remove_from_version_id(&rotation.token).set_move_to_version_id(previous.version_id);
    moved.send().await.unwrap();
}

/// Secrets Manager finds a secret by its ARN without the last characters, too, and the settings bind whole ARNs to masters.
async fn a_part_of_an_arn_is_no_way_round_the_settings(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let mut value = scene.value("AWSCURRENT").await;
    value.as_object_mut().unwrap().remove("masterarn");
    scene.put(&scene.secret, &value.to_string()).await;
    let rotation = scene.begin().await;
    let part = Rotation { secret_arn: scene.secret[..scene.secret.len() - 7].into(), token: rotation.token.clone() };
    for step in STEPS {
        let said = scene.refusal(&part, step).await;
        assert!(said.contains("the ARN is not whole") && said.contains(&scene.secret), "{said}");
    }
    assert!(scene.stages().await.ends_with("AWSPENDING, empty"), "{}", scene.stages().await);
    scene.steps(&rotation, &STEPS).await;
    assert_eq!(scene.login("AWSCURRENT").await.0, format!("{}_clone", scene.user), "two users take turns");
    assert!(scene.lets_in(&scene.user, FIRST).await);
}
