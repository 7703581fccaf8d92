//! One user, who changes their own password.

use reaction::Outcome;
use rotation::Attempts;

use super::{FIRST, Scene, in_both};
use crate::world::databases::{POSTGRES, Server};
use crate::world::rotations::STEPS;

in_both! {
    the_old_password_works_until_the_new_one_is_set
    each_step_may_come_twice
    a_password_that_is_set_already_is_set_no_more
    where_the_current_password_is_refused_the_previous_one_gets_in
    where_no_password_gets_in_it_is_said
    a_password_whose_probe_fails_does_not_become_current
}

async fn the_old_password_works_until_the_new_one_is_set(server: &'static Server) {
    let scene = Scene::single(server).await;
    let rotation = scene.begin().await;
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING, empty");
    scene.steps(&rotation, &["createSecret"]).await;
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING");
    assert!(scene.works("AWSCURRENT").await && !scene.works("AWSPENDING").await);
    scene.steps(&rotation, &["setSecret"]).await;
    assert!(scene.works("AWSPENDING").await && !scene.works("AWSCURRENT").await);
    scene.steps(&rotation, &["testSecret", "finishSecret"]).await;
    assert_eq!(scene.stages().await, "old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING");
    assert!(scene.works("AWSCURRENT").await && !scene.lets_in(&scene.user, FIRST).await);
    let (mut before, after) = (scene.value("AWSPREVIOUS").await, scene.value("AWSCURRENT").await);
    before["password"] = after["password"].clone();
    assert_eq!(before, after, "what else the secret holds is kept");
    assert_eq!(after["password"].as_str().unwrap().len(), 32);
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await);
}

async fn each_step_may_come_twice(server: &'static Server) {
    let scene = Scene::single(server).await;
    let rotation = scene.begin().await;
    let mut pending = None;
    for (step, then) in STEPS.iter().zip(["unchanged", "applied", "applied", "unchanged"]) {
        scene.steps(&rotation, &[step]).await;
        let stages = scene.stages().await;
        assert_eq!(scene.step(&rotation, step).await.outcome.to_string(), then, "{step}");
        assert_eq!(scene.stages().await, stages, "{step}");
        if *step != "finishSecret" {
            let value = scene.value("AWSPENDING").await;
            assert_eq!(*pending.get_or_insert_with(|| value.clone()), value, "{step}");
        }
    }
    assert_eq!(Some(scene.value("AWSCURRENT").await), pending);
    assert!(scene.works("AWSCURRENT").await);
    // A step that comes when all is done.
    for step in STEPS {
        assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Unchanged, "{step}");
    }
}

/// As after a run whose answer was lost. Only what works as AWSPENDING is a password that was set.
async fn a_password_that_is_set_already_is_set_no_more(server: &'static Server) {
    let scene = Scene::single(server).await;
    let rotation = scene.created().await;
    scene.set_by_hand(&scene.login("AWSPENDING").await.1).await;
    // No client gets in to set anything but the one that has the pending one.
    assert!(!scene.works("AWSCURRENT").await);
    scene.steps(&rotation, &["setSecret", "testSecret", "finishSecret"]).await;
    assert!(scene.works("AWSCURRENT").await);
}

#[tokio::test]
async fn a_repeated_set_changes_no_password() {
    let two = Scene::alternating(&POSTGRES).await;
    // Then it is the turn of the user whose changes are counted.
    two.rotate().await;
    for scene in [Scene::single(&POSTGRES).await, two] {
        let rotation = scene.created().await;
        scene.steps(&rotation, &["setSecret", "setSecret", "setSecret"]).await;
        assert_eq!(scene.changes(), 1);
    }
}

/// As after a rotation that was made current without its password being set.
async fn where_the_current_password_is_refused_the_previous_one_gets_in(server: &'static Server) {
    let scene = Scene::single(server).await;
    let mut value = scene.value("AWSCURRENT").await;
    value["password"] = "never-set-in-the-database".into();
    scene.put(&scene.secret, &value.to_string()).await;
    assert_eq!(scene.stages().await, "old: AWSPREVIOUS; new: AWSCURRENT");
    assert!(!scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await);
}

async fn where_no_password_gets_in_it_is_said(server: &'static Server) {
    let scene = Scene::single(server).await;
    scene.rotate().await;
    scene.set_by_hand("by-an-administrator-1").await;
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    let user = &scene.user;
    let expected = format!("{user} gets in with none of AWSPENDING, AWSCURRENT and AWSPREVIOUS: set the password");
    assert!(said.contains(&expected), "{said}");
    // What it says is enough.
    scene.set_by_hand(&scene.login("AWSCURRENT").await.1).await;
    scene.steps(&rotation, &["setSecret", "testSecret", "finishSecret"]).await;
    assert!(scene.works("AWSCURRENT").await);
}

/// The login works, and what the user is there for does not.
async fn a_password_whose_probe_fails_does_not_become_current(server: &'static Server) {
    let mut scene = Scene::single(server).await;
    let probe = format!("SELECT a FROM needed_by_{}", scene.user);
    scene.set(|it| it.probe = probe);
    let rotation = scene.created().await;
    scene.steps(&rotation, &["setSecret"]).await;
    for _ in 0..=Attempts::MOST {
        let said = scene.failure(&rotation, "testSecret").await;
        assert!(said.contains("running the probe in "), "{said}");
    }
    assert_eq!(scene.stages().await, "old: AWSCURRENT; new: AWSPENDING", "the password is set: it is not given up");
    scene.set(|_| ());
    scene.steps(&rotation, &STEPS[2..]).await;
    assert!(scene.works("AWSCURRENT").await);
}
