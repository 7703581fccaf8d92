//! Keys that a writer of a secret adds: no token is made for them unless the value proves itself.

use reaction::Outcome;
use serde_json::Value;

use super::Scene;
use crate::promises::every_call::AN_INVOCATION;
use crate::world::let_time_pass;
use crate::world::oauth2::{Ask, Mischief, Style};
use crate::world::rotations::STEPS;

impl Scene {
    /// The writer puts a value with a key of their own and this token.
    async fn put_with_address(&self, token: &str) -> Value {
        let mut value = self.value(token);
        value["instance_url"] = "https://evil.example.com".into();
        self.put(&self.secret, &value).await;
        value
    }

    async fn is_refused(&self) -> String {
        let rotation = self.begin().await;
        let (alive, mints) = (self.server.alive(), self.mints());
        let report = self.step(&rotation, "createSecret").await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert_eq!((self.server.alive(), self.mints()), (alive, mints), "the server was asked for nothing");
        rotation.end_of_test(&self.world).await;
        report.to_string()
    }

    fn mints(&self) -> usize {
        self.server.asked().iter().filter(|it| it.ask == Ask::Token).count()
    }
}

#[tokio::test]
async fn a_writer_without_a_token_has_none_made_for_keys_of_theirs() {
    for style in [Style::Overlap, Style::Single] {
        for token in ["", "made-up-by-the-writer"] {
            let scene = Scene::new(style).await;
            let real = scene.token("AWSCURRENT").await.unwrap();
            scene.put_with_address(token).await;
            let said = scene.is_refused().await;
            assert!(said.contains("in the keys [\"instance_url\"]: put the keys that are right"), "{said}");
            assert!(!said.contains("evil"), "{said}");
            // Nor after the value that Signalbox made has no label any more.
            scene.put_with_address(token).await;
            assert!(scene.is_refused().await.contains("AWSCURRENT is no value that Signalbox made"));
            // What it says is enough.
            scene.put(&scene.secret, &scene.value(&real)).await;
            scene.rotate().await;
            scene.assert_served().await;
        }
    }
}

#[tokio::test]
async fn a_writer_with_a_token_adds_a_key() {
    for style in [Style::Overlap, Style::Single] {
        let scene = Scene::new(style).await;
        let real = scene.token("AWSCURRENT").await.unwrap();
        scene.put_with_address(&real).await;
        scene.rotate().await;
        scene.rotate().await;
        scene.assert_served().await;
    }
}

#[tokio::test]
async fn the_keys_of_before_need_no_token() {
    let scene = Scene::new(Style::Overlap).await;
    scene.put(&scene.secret, &scene.value("made-up-by-the-writer")).await;
    scene.rotate().await;
    scene.assert_served().await;
}

/// The operator's first value has no token. Once there was one, another empty value is none.
#[tokio::test]
async fn a_first_value_is_an_operators_and_a_second_one_is_not() {
    for style in [Style::Overlap, Style::Single] {
        let scene = Scene::new(style).await;
        scene.lose_minted().await;
        scene.put(&scene.secret, &scene.value("")).await;
        let rotation = scene.begin().await;
        for step in STEPS {
            assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "{step}");
        }
        rotation.end_of_test(&scene.world).await;
        scene.assert_served().await;
        scene.lose_minted().await;
        scene.put_with_address("").await;
        scene.is_refused().await;
    }
}

/// A run that was ended after it revoked the operator's own token goes on.
#[tokio::test]
async fn a_value_that_proved_itself_once_does_so_again() {
    let scene = Scene::new(Style::Single).await;
    scene.lose_minted().await;
    scene.server.misbehave(Ask::Revoke, Mischief::LostAnswer);
    let rotation = scene.begin().await;
    assert_eq!(scene.step(&rotation, "createSecret").await.outcome, Outcome::Failed);
    scene.server.behave();
    let_time_pass(AN_INVOCATION);
    for step in STEPS {
        assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "{step}");
    }
    scene.assert_served().await;
}

impl Scene {
    /// What was made is remembered no longer, as after it was revoked.
    async fn lose_minted(&self) {
        let (records, secret) = (self.records(), self.secret.parse().unwrap());
        let minted = records.of_secret(&secret).await.unwrap().minted;
        let struck: Vec<_> = minted.into_iter().map(rotation_steps::Entry::Minted).collect();
        records.change(&secret, &[], &struck).await.unwrap();
    }
}
