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

    /// A whole rotation. Its label goes, so that the next one may begin after another hand has written the secret.
    async fn rotate_and_end(&self) {
        let rotation = self.begin().await;
        for step in STEPS {
            assert_eq!(self.step(&rotation, step).await.outcome, Outcome::Applied, "{step}");
        }
        rotation.end_of_test(&self.world).await;
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

/// Every client of the server has a token that the server takes.
#[tokio::test]
async fn a_token_of_another_client_proves_no_keys() {
    const SAID: &str = "its token works but is none that Signalbox made for this secret";
    let scene = Scene::new(Style::Overlap).await;
    scene.put_with_address(&scene.server.mint()).await;
    let said = scene.is_refused().await;
    assert!(said.contains(SAID) && !said.contains("evil"), "{said}");
    scene.put(&scene.secret, &scene.value(&scene.server.mint())).await;
    scene.rotate_and_end().await;
    // Nor where AWSPREVIOUS is of the writer, too, and records of what was made have lapsed.
    scene.lose_minted().await;
    for _ in 0..2 {
        scene.put_with_address(&scene.server.mint()).await;
        assert!(scene.is_refused().await.contains(SAID));
    }
    // What it says is enough: the keys of before with any token, or other keys with the secret's own.
    let other = scene.server.mint();
    scene.put(&scene.secret, &scene.value(&other)).await;
    scene.rotate_and_end().await;
    // Which does not make it the secret's own.
    scene.put_with_address(&other).await;
    assert!(scene.is_refused().await.contains(SAID));
    scene.put(&scene.secret, &scene.value("made-up-by-the-writer")).await;
    scene.rotate_and_end().await;
    let last = scene.token("AWSCURRENT").await.unwrap();
    scene.lose_minted().await;
    scene.put_with_address(&last).await;
    scene.rotate_and_end().await;
    scene.assert_served().await;
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
        scene.rotate_and_end().await;
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
