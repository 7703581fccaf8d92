//! Keys that a writer of a secret adds, which Signalbox does not know and clients obey: they need a password that logs in.

use serde_json::Value;

use super::{FIRST, Scene, in_both};
use crate::world::databases::Server;
use crate::world::rotations::STEPS;

in_both! {
    a_writer_without_a_password_adds_no_key
    a_writer_with_a_password_adds_a_key
    a_key_that_is_taken_away_needs_a_password_too
}

/// What the writer puts: AWSCURRENT with a key of their own.
async fn with_proxy(scene: &Scene, password: Option<&str>) -> Value {
    let mut value = scene.value("AWSCURRENT").await;
    value["proxyHost"] = "evil.example.com".into();
    if let Some(password) = password {
        value["password"] = password.into();
    }
    scene.put(&scene.secret, &value.to_string()).await;
    value
}

/// AWSPREVIOUS logs in, and has no such key. Two users are tried in both turns.
async fn a_writer_without_a_password_adds_no_key(server: &'static Server) {
    let (two, turned) = (Scene::alternating(server).await, Scene::alternating(server).await);
    let before = turned.begin().await;
    turned.steps(&before, &STEPS).await;
    before.end_of_test(&turned.world).await;
    for scene in [Scene::single(server).await, two, turned] {
        let (user, password) = scene.login("AWSCURRENT").await;
        let put = with_proxy(&scene, Some("made-up-by-the-writer-1")).await;
        let rotation = scene.created().await;
        for _ in 0..2 {
            let said = scene.refusal(&rotation, "setSecret").await;
            assert!(said.contains("differ in the keys [\"proxyHost\"]"), "{said}");
            assert!(
                said.contains("put the keys that are right into AWSCURRENT, with a password that logs in"),
                "{said}"
            );
            assert!(!said.contains("evil"), "{said}");
        }
        assert!(scene.lets_in(&user, &password).await && !scene.works("AWSPENDING").await);
        scene.refusal(&rotation, "testSecret").await;
        assert_eq!(scene.value("AWSCURRENT").await, put, "nothing became current");
        // What it says is enough.
        let mut value = scene.value("AWSPREVIOUS").await;
        value["password"] = password.into();
        rotation.end_of_test(&scene.world).await;
        scene.put(&scene.secret, &value.to_string()).await;
        scene.rotate().await;
        assert!(scene.works("AWSCURRENT").await && scene.value("AWSCURRENT").await.get("proxyHost").is_none());
    }
}

async fn a_writer_with_a_password_adds_a_key(server: &'static Server) {
    for scene in [Scene::single(server).await, Scene::alternating(server).await] {
        with_proxy(&scene, None).await;
        scene.steps(&scene.begin().await, &STEPS).await;
        assert!(scene.works("AWSCURRENT").await && scene.value("AWSCURRENT").await["proxyHost"] == "evil.example.com");
        assert_eq!(scene.lets_in(&scene.user, FIRST).await, scene.master.is_some());
        scene.rotate().await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

async fn a_key_that_is_taken_away_needs_a_password_too(server: &'static Server) {
    for scene in [Scene::single(server).await, Scene::alternating(server).await] {
        let mut value = scene.value("AWSCURRENT").await;
        value.as_object_mut().unwrap().remove("for");
        value["password"] = "made-up-by-the-writer-1".into();
        scene.put(&scene.secret, &value.to_string()).await;
        let rotation = scene.created().await;
        let said = scene.refusal(&rotation, "setSecret").await;
        assert!(said.contains("differ in the keys [\"for\"]"), "{said}");
        assert!(scene.lets_in(&scene.user, FIRST).await && !scene.works("AWSPENDING").await);
    }
}
