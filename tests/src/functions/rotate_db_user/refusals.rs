//! What is refused, what is given up, and that no client is locked out by it.

use rotate_db_user::engine::Engine;
use rotation::Attempts;
use serde_json::{Value, json};

use super::{FIRST, Scene, in_both, value_of};
use crate::world::databases::{HOST, MASTER, MASTER_PASSWORD, Server, UNNAMED};
use crate::world::rotations::{Rotation, STEPS, secrets_manager};

in_both! {
    a_password_that_was_not_set_passes_no_test
    a_pending_value_of_another_host_or_user_is_refused
    a_pending_value_that_signalbox_did_not_make_is_refused
    a_secret_cannot_turn_off_the_tls_of_the_password_that_works
    a_user_that_was_dropped_is_refused
    a_clone_whose_original_was_dropped_is_refused
    after_five_refusals_the_next_rotation_can_begin
    a_password_that_was_changed_after_it_was_set_is_given_up
    a_password_that_the_rules_refuse_is_given_up
    a_master_secret_that_is_not_one_is_named
    a_master_secret_that_is_gone_is_named
    what_a_secret_lacks_is_named
}

/// Repeats a step until the credential is given up: what was said last.
async fn exhaust(scene: &Scene, rotation: &Rotation, step: &str) -> String {
    for _ in 1..Attempts::MOST {
        let said = scene.refusal(rotation, step).await;
        assert!(!said.contains("given up"), "{said}");
    }
    let said = scene.refusal(rotation, step).await;
    assert!(said.contains("was refused 5 times and is given up: AWSPENDING was taken from it; rotate again"), "{said}");
    assert!(!scene.stages().await.contains("AWSPENDING"), "{}", scene.stages().await);
    said
}

async fn a_password_that_was_not_set_passes_no_test(server: &'static Server) {
    for scene in [Scene::single(server).await, Scene::alternating(server).await] {
        let rotation = scene.created().await;
        let said = scene.refusal(&rotation, "testSecret").await;
        assert!(said.contains("setSecret comes first"), "{said}");
        assert!(scene.works("AWSCURRENT").await);
        // No attempt is lost.
        assert_eq!(scene.attempts(&rotation).await, Attempts(0));
        scene.steps(&rotation, &STEPS[1..]).await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

/// Else a password would go to another party's server, or a stranger's password would be changed.
async fn a_pending_value_of_another_host_or_user_is_refused(server: &'static Server) {
    for is_alternating in [false, true] {
        for (key, other) in [
            ("host", Value::from(UNNAMED)),
            ("port", Value::from(server.port + 1)),
            ("username", Value::from("somebody_else")),
            ("username", Value::from(MASTER)),
            ("masterarn", Value::from("arn:aws:secretsmanager:eu-west-1:111122223333:secret:another-AbCdEf")),
        ] {
            let scene = Scene::with(server, is_alternating).await;
            let rotation = scene.begin().await;
            let mut value = scene.value("AWSCURRENT").await;
            if is_alternating {
                value["username"] = format!("{}_clone", scene.user).into();
            }
            value["password"] = "of-another-party-1".into();
            value[key] = other;
            scene.put_pending(&rotation, &value).await;
            for (step, why) in [("setSecret", "AWSPENDING is not for app"), ("testSecret", "setSecret comes first")] {
                let said = scene.refusal(&rotation, step).await;
                assert!(said.contains(why), "{key}: {said}");
            }
            assert!(scene.works("AWSCURRENT").await, "{key}");
            assert!(scene.lets_in(MASTER, MASTER_PASSWORD).await, "{key}");
        }
    }
}

/// The writer of a secret could choose a password so, where they know none.
async fn a_pending_value_that_signalbox_did_not_make_is_refused(server: &'static Server) {
    for is_alternating in [false, true] {
        let scene = Scene::with(server, is_alternating).await;
        let rotation = scene.begin().await;
        let mut value = scene.value("AWSCURRENT").await;
        let user = format!("{}{}", scene.user, if is_alternating { "_clone" } else { "" });
        (value["username"], value["password"]) = (user.as_str().into(), "chosen-by-the-writer-1".into());
        scene.put_pending(&rotation, &value).await;
        let said = exhaust(&scene, &rotation, "setSecret").await;
        assert!(said.contains("Signalbox did not make the value of AWSPENDING: take the label from version"), "{said}");
        assert!(scene.works("AWSCURRENT").await && !scene.lets_in(&user, "chosen-by-the-writer-1").await);
        scene.rotate().await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

/// Else the writer of a secret would have its next password tested in the clear.
async fn a_secret_cannot_turn_off_the_tls_of_the_password_that_works(server: &'static Server) {
    let scene = Scene::single(server).await;
    if server.engine == Engine::Postgres {
        // Else the server refuses every password without TLS, in other words.
        server.run(&[&format!("GRANT plain TO {}", scene.user)]).await;
    }
    let mut value = scene.value("AWSCURRENT").await;
    (value["ssl"], value["password"]) = (false.into(), "made-up-by-the-writer-1".into());
    scene.put(&scene.secret, &value.to_string()).await;
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains("AWSCURRENT turns TLS off, and AWSPREVIOUS, which logs in, uses it"), "{said}");
    assert!(scene.lets_in(&scene.user, FIRST).await);
}

async fn a_user_that_was_dropped_is_refused(server: &'static Server) {
    let scene = Scene::single(server).await;
    scene.drop_user(&scene.user).await;
    let rotation = scene.created().await;
    let said = exhaust(&scene, &rotation, "setSecret").await;
    assert!(said.contains("gets in with none of AWSPENDING, AWSCURRENT and AWSPREVIOUS"), "{said}");
    server.create_user(&scene.user, FIRST).await;
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await);
}

async fn a_clone_whose_original_was_dropped_is_refused(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    scene.drop_user(&scene.user).await;
    let rotation = scene.created().await;
    let said = exhaust(&scene, &rotation, "setSecret").await;
    let expected = format!("{0} or {0}_clone cannot log in with AWSCURRENT or AWSPREVIOUS at ", scene.user);
    assert!(said.contains(&expected) && said.contains("to that of AWSCURRENT"), "{said}");
    assert!(!scene.lets_in(&format!("{}_clone", scene.user), FIRST).await);
    server.create_user(&scene.user, FIRST).await;
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await);
}

async fn after_five_refusals_the_next_rotation_can_begin(server: &'static Server) {
    for scene in [Scene::single(server).await, Scene::alternating(server).await] {
        let rotation = scene.created().await;
        scene.set_by_hand("by-an-administrator-1").await;
        exhaust(&scene, &rotation, "setSecret").await;
        scene.set_by_hand(FIRST).await;
        assert_eq!(scene.stages().await, "old: AWSCURRENT; new: -");
        assert!(scene.works("AWSCURRENT").await, "nothing was set");
        let said = scene.refusal(&rotation, "testSecret").await;
        assert!(said.contains("has no stage for rotation of secret"), "{said}");
        scene.rotate().await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

/// Neither password of the secret works then, which no step could help; it is said what does.
async fn a_password_that_was_changed_after_it_was_set_is_given_up(server: &'static Server) {
    let scene = Scene::single(server).await;
    let rotation = scene.created().await;
    scene.steps(&rotation, &["setSecret"]).await;
    scene.set_by_hand("by-an-administrator-1").await;
    exhaust(&scene, &rotation, "testSecret").await;
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains("set the password in the database to that of AWSCURRENT"), "{said}");
    scene.set_by_hand(FIRST).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await);
}

/// The rules of both servers refuse a password that is the user's name: of a user that is there, and of one that is made.
async fn a_password_that_the_rules_refuse_is_given_up(server: &'static Server) {
    let has_clone = Scene::alternating(server).await;
    has_clone.rotate().await;
    has_clone.rotate().await;
    for scene in [Scene::single(server).await, Scene::alternating(server).await, has_clone] {
        let rotation = scene.begin().await;
        let user = format!("{}{}", scene.user, if scene.master.is_some() { "_clone" } else { "" });
        let mut value = scene.value("AWSCURRENT").await;
        (value["username"], value["password"]) = (user.as_str().into(), user.as_str().into());
        scene.put_pending(&rotation, &value).await;
        scene.record_as_made(&rotation, &value).await;
        let said = exhaust(&scene, &rotation, "setSecret").await;
        let expected = "its rules for passwords refuse this one; see the lengths and exclusions in our settings";
        assert!(said.contains(expected) && said.contains(&format!(" at {HOST}:{}", server.port)), "{said}");
        assert!(scene.works("AWSCURRENT").await && !scene.lets_in(&user, &user).await);
        scene.rotate().await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

async fn a_master_secret_that_is_not_one_is_named(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let master = scene.master.as_ref().unwrap();
    let good = value_of(server, MASTER, MASTER_PASSWORD);
    let with = |key: &str, other: &str| {
        let mut value = good.clone();
        value[key] = other.into();
        value.to_string()
    };
    let rotation = scene.created().await;
    for (text, expected) in [
        ("no JSON".to_owned(), "the master secret: the secret of a database user: it is not JSON"),
        (
            json!({"username": MASTER, "password": MASTER_PASSWORD}).to_string(),
            "has neither `engine` nor `host`, and RDS does not",
        ),
        (with("host", UNNAMED), "A reader endpoint, an address or another name of the same server does not do"),
        (with("password", "another-one-1"), "it refuses user and password"),
    ] {
        scene.put(master, &text).await;
        let said = scene.refusal(&rotation, "setSecret").await;
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("another-one") && !said.contains("no JSON"), "{said}");
        assert!(scene.works("AWSCURRENT").await);
    }
    scene.put(master, &good.to_string()).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await);
}

async fn a_master_secret_that_is_gone_is_named(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let master = scene.master.as_ref().unwrap();
    let deleted = secrets_manager(&scene.world).delete_secret().secret_id(master).force_delete_without_recovery(true);
    deleted.send().await.unwrap();
    let rotation = scene.created().await;
    let said = exhaust(&scene, &rotation, "setSecret").await;
    assert!(said.contains(&format!("the master secret {master} has no value")), "{said}");
    assert!(scene.works("AWSCURRENT").await);
}

async fn what_a_secret_lacks_is_named(server: &'static Server) {
    let scene = Scene::single(server).await;
    let good = scene.value("AWSCURRENT").await;
    for key in ["engine", "host", "username", "password"] {
        let mut value = good.clone();
        value.as_object_mut().unwrap().remove(key);
        scene.put(&scene.secret, &value.to_string()).await;
        let rotation = scene.begin().await;
        let said = scene.refusal(&rotation, "createSecret").await;
        assert!(said.contains(&format!("\"{key}\" is missing")), "{said}");
        rotation.end_of_test(&scene.world).await;
    }
    scene.put(&scene.secret, &good.to_string()).await;
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await);
}
