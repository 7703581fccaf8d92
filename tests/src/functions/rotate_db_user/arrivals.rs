//! Steps that come twice, too early, too late, of no rotation, or when the secret is gone: no client is locked out.

use reaction::Outcome;

use super::{Scene, in_both};
use crate::world::databases::Server;
use crate::world::rotations::{Rotation, STEPS, new_token, secrets_manager};

in_both! {
    each_step_may_come_twice_where_users_take_turns
    a_test_before_the_password_is_set_is_refused_and_so_is_what_needs_one_before_it_is_made
    a_token_that_is_not_pending_changes_nothing
    a_step_that_is_none_changes_nothing
    a_secret_that_is_deleted_midway_is_refused_and_goes_on_when_it_is_restored
    a_secret_that_is_gone_midway_is_refused
}

/// A scene of each kind.
async fn scenes(server: &'static Server) -> [Scene; 2] {
    [Scene::single(server).await, Scene::alternating(server).await]
}

/// A client that reads the secret gets in; where users take turns, so does one that read it before.
async fn assert_let_in(scene: &Scene, told: &str) {
    assert!(scene.works("AWSCURRENT").await, "{told}: clients are locked out");
    if scene.master.is_some() {
        assert!(scene.works("AWSPREVIOUS").await, "{told}: clients of before are locked out");
    }
}

async fn each_step_may_come_twice_where_users_take_turns(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    for turn in 0..2 {
        let (rotation, before) = (scene.begin().await, scene.login("AWSCURRENT").await);
        let mut pending = None;
        for step in STEPS {
            let first = scene.step(&rotation, step).await;
            let stages = scene.stages().await;
            let second = scene.step(&rotation, step).await;
            for report in [first, second] {
                let is_good = matches!(report.outcome, Outcome::Applied | Outcome::Unchanged);
                assert!(is_good, "turn {turn}: {step}: {report}");
            }
            assert_eq!(scene.stages().await, stages, "turn {turn}: {step}");
            let value = scene.value(if step == "finishSecret" { "AWSCURRENT" } else { "AWSPENDING" }).await;
            assert_eq!(*pending.get_or_insert_with(|| value.clone()), value, "turn {turn}: {step}");
            assert!(scene.lets_in(&before.0, &before.1).await, "turn {turn}: {step}");
        }
        assert_let_in(&scene, "in the end").await;
    }
}

async fn a_test_before_the_password_is_set_is_refused_and_so_is_what_needs_one_before_it_is_made(
    server: &'static Server,
) {
    for scene in scenes(server).await {
        let rotation = scene.begin().await;
        for step in ["setSecret", "finishSecret"] {
            let said = scene.refusal(&rotation, step).await;
            assert!(said.contains("has no value: createSecret comes first"), "{step}: {said}");
        }
        scene.steps(&rotation, &STEPS[..1]).await;
        let said = scene.refusal(&rotation, "testSecret").await;
        assert!(said.contains("the server has not taken yet: setSecret comes first"), "{said}");
        assert!(scene.works("AWSCURRENT").await && !scene.works("AWSPENDING").await);
        scene.steps(&rotation, &STEPS[1..]).await;
        assert_let_in(&scene, "in the end").await;
    }
}

/// One that was never begun, and one that is over.
async fn a_token_that_is_not_pending_changes_nothing(server: &'static Server) {
    for scene in scenes(server).await {
        let old = scene.begin().await;
        scene.steps(&old, &STEPS).await;
        scene.rotate().await;
        let unknown = Rotation { secret_arn: scene.secret.clone(), token: new_token() };
        let before = (scene.stages().await, scene.value("AWSCURRENT").await);
        for step in STEPS {
            let said = scene.refusal(&old, step).await;
            assert!(said.contains("not set as AWSPENDING for rotation of secret"), "{step}: {said}");
            let said = scene.refusal(&unknown, step).await;
            assert!(said.contains("has no stage for rotation of secret"), "{step}: {said}");
        }
        assert_eq!((scene.stages().await, scene.value("AWSCURRENT").await), before);
        assert_let_in(&scene, "in the end").await;
    }
}

async fn a_step_that_is_none_changes_nothing(server: &'static Server) {
    for scene in scenes(server).await {
        let rotation = scene.created().await;
        for step in ["dropSecret", "", "createsecret"] {
            let said = scene.refusal(&rotation, step).await;
            assert!(said.contains(&format!("Invalid step parameter {step} for secret")), "{said}");
        }
        assert!(scene.works("AWSCURRENT").await && !scene.works("AWSPENDING").await);
        scene.steps(&rotation, &STEPS[1..]).await;
        assert_let_in(&scene, "in the end").await;
    }
}

async fn a_secret_that_is_deleted_midway_is_refused_and_goes_on_when_it_is_restored(server: &'static Server) {
    for done in 0..STEPS.len() {
        for scene in scenes(server).await {
            let rotation = scene.begin().await;
            scene.steps(&rotation, &STEPS[..done]).await;
            let client = secrets_manager(&scene.world);
            client.delete_secret().secret_id(&scene.secret).recovery_window_in_days(7).send().await.unwrap();
            for step in STEPS {
                let said = scene.refusal(&rotation, step).await;
                assert!(said.contains("the secret is to be deleted; restore it"), "{step}: {said}");
            }
            client.restore_secret().secret_id(&scene.secret).send().await.unwrap();
            scene.steps(&rotation, &STEPS[done..]).await;
            assert_let_in(&scene, STEPS[done]).await;
        }
    }
}

async fn a_secret_that_is_gone_midway_is_refused(server: &'static Server) {
    for scene in scenes(server).await {
        let (rotation, before) = (scene.created().await, scene.login("AWSCURRENT").await);
        let gone = secrets_manager(&scene.world).delete_secret().secret_id(&scene.secret);
        gone.force_delete_without_recovery(true).send().await.unwrap();
        for step in STEPS {
            let said = scene.refusal(&rotation, step).await;
            assert!(said.contains("there is no such secret"), "{step}: {said}");
        }
        assert!(scene.lets_in(&before.0, &before.1).await);
    }
}
