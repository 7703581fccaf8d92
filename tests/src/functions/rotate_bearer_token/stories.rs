//! Each sample event through the real function: what is planned, what is done, and how the secret and the server stand before
//! and after. Nothing that is told has a value of a secret in it.

use std::fmt::Write;
use std::time::Duration;

use expect_test::expect;
use reaction::{Mode, Reaction, Report, drive_json};
use rotate_bearer_token::RotateBearerToken;
use serde_json::Value;

use super::OVERLAP;
use crate::world::oauth2::{Ask, CLIENT_ID, CLIENT_SECRET, Mischief, Style};
use crate::world::rotations::{Rotation, STEPS, Sample, Version, versions};
use crate::world::scene::{self, Scene as _, stories};
use crate::world::{World, let_time_pass, run_for};

/// What there is before an event is heard: a rotation, and how far it is.
#[derive(Clone, Copy)]
pub struct Given {
    style: Style,
    /// How many of its steps are done.
    done: usize,
    /// Whether the overlap is over, too.
    is_over: bool,
    /// How often the server refused the new token, as it does from then on.
    refusals: u32,
    /// Whether the server makes no tokens at the time.
    is_out_of_order: bool,
}

const GIVEN: Given = Given { style: Style::Overlap, done: 0, is_over: false, refusals: 0, is_out_of_order: false };

/// A rotation whose token the server refused too often.
pub const GIVEN_UP: Given = Given { done: 2, refusals: 5, ..GIVEN };

/// A rotation of which so many steps are done.
pub fn after(done: usize) -> Given {
    Given { done, ..GIVEN }
}

/// A rotation of which an event is about to be heard.
pub struct Told {
    scene: super::Scene,
    sample: Sample,
}

impl Told {
    /// The function's own variables.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        super::variables(&self.scene.server, self.scene.style, &self.scene.secret, &self.scene.master)
    }

    /// Asserts that nothing of a secret is in the text: no token that ever was, nothing of the client, no proof of a rotation.
    pub async fn assert_shows_nothing(&self, text: &str) {
        let versions = versions(self.world(), &self.scene.secret).await.into_iter();
        let values = versions.filter_map(|it| serde_json::from_str::<Value>(&it.value?).ok());
        let mut secrets: Vec<_> = values.map(|it| it["access_token"].as_str().unwrap().to_owned()).collect();
        secrets.extend(self.scene.server.alive());
        secrets.extend([CLIENT_ID, CLIENT_SECRET, "a-rotation-token-"].map(String::from));
        for secret in secrets {
            assert!(!text.contains(&secret), "{secret} is in {text}");
        }
    }

    /// Whether the server takes the token of a version.
    fn is_taken(&self, value: &str) -> bool {
        let value: Value = serde_json::from_str(value).unwrap();
        self.scene.server.alive().iter().any(|token| value["access_token"] == token.as_str())
    }
}

async fn disturb(scene: &super::Scene, rotation: &Rotation, given: &Given) {
    if given.is_over {
        let_time_pass(OVERLAP);
    }
    if given.is_out_of_order {
        scene.server.misbehave(Ask::Token, Mischief::Status(503));
    }
    if given.refusals > 0 {
        scene.server.misbehave(Ask::Verify, Mischief::Status(401));
    }
    for _ in 0..given.refusals {
        scene.step(rotation, "testSecret").await;
    }
}

impl scene::Scene for Told {
    type Given = Given;
    const FUNCTION: &'static str = RotateBearerToken::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let scene = super::Scene::new(given.style).await;
        let rotation = scene.begin().await;
        for step in &STEPS[..given.done] {
            scene.step(&rotation, step).await;
        }
        disturb(&scene, &rotation, given).await;
        let sample = Sample::read(Self::FUNCTION, sample, &scene.world, &rotation).await;
        Self { scene, sample }
    }

    fn world(&self) -> &World {
        &self.scene.world
    }

    fn event(&self) -> &str {
        &self.sample.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        let run = run_for(Duration::from_mins(1));
        drive_json(&self.scene.function, &self.scene.ledger(), mode, &run, self.event()).await
    }

    async fn picture(&self) -> String {
        let mut text = String::new();
        for Version { name, labels, value, .. } in versions(self.world(), &self.scene.secret).await {
            let token = match value {
                None => "no value",
                Some(value) if self.is_taken(&value) => "a token that works",
                Some(_) => "a token that is dead",
            };
            writeln!(text, "{name}: {labels}, {token}").unwrap();
        }
        let (alive, due) = (self.scene.server.alive().len(), self.scene.due().await);
        writeln!(text, "server: {alive} alive, {due} to be revoked").unwrap();
        text
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let [secret, master] = [&self.scene.secret, &self.scene.master].map(Clone::clone);
        vec![("SecretArns".into(), secret), ("MasterSecretArns".into(), master)]
    }

    fn with_sample_ids(&self, text: &str) -> String {
        self.sample.with_sample_ids(text)
    }
}

/// Runs beside the stories, for all that a function may ever ask of AWS: the steps that differ where there is one token at a
/// time, one that fails, and one that gives the token up.
pub fn further() -> Vec<(Given, &'static str)> {
    let single = Given { style: Style::Single, ..GIVEN };
    vec![
        (single, "a-token-is-to-be-created"),
        (Given { done: 1, ..single }, "a-token-is-to-be-set"),
        (Given { done: 3, ..single }, "a-token-is-to-be-finished"),
        (Given { is_out_of_order: true, ..GIVEN }, "a-token-is-to-be-created"),
        (Given { done: 2, refusals: 4, ..GIVEN }, "a-token-is-to-be-tested"),
    ]
}

stories! { Told;
    a_token_is_to_be_created: GIVEN, expect![[r#"
        rotate-bearer-token: applied
          - make a credential and keep it as AWSPENDING
        before
        old: AWSCURRENT, a token that works
        new: AWSPENDING, no value
        server: 1 alive, 0 to be revoked
        after
        old: AWSCURRENT, a token that works
        new: AWSPENDING, a token that works
        server: 2 alive, 0 to be revoked
    "#]];
    a_token_is_to_be_set: Given { done: 1, ..GIVEN }, expect![[r#"
        rotate-bearer-token: applied
          - have the server take it
        nothing changed
    "#]];
    a_token_is_to_be_tested: Given { done: 2, ..GIVEN }, expect![[r#"
        rotate-bearer-token: applied
          - prove that the server takes it
        nothing changed
    "#]];
    a_token_is_to_be_finished: Given { done: 3, ..GIVEN }, expect![[r#"
        rotate-bearer-token: applied
          - make it AWSCURRENT in place of old
        before
        old: AWSCURRENT, a token that works
        new: AWSPENDING, a token that works
        server: 2 alive, 0 to be revoked
        after
        old: AWSPREVIOUS, a token that works
        new: AWSCURRENT AWSPENDING, a token that works
        server: 2 alive, 1 to be revoked
    "#]];
    it_is_time_to_revoke_old_tokens: Given { done: 4, is_over: true, ..GIVEN }, expect![[r#"
        rotate-bearer-token: applied
          - revoke version old of arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/bearer-token-AbCdEf
        before
        old: AWSPREVIOUS, a token that works
        new: AWSCURRENT AWSPENDING, a token that works
        server: 2 alive, 1 to be revoked
        after
        old: AWSPREVIOUS, a token that is dead
        new: AWSCURRENT AWSPENDING, a token that works
        server: 1 alive, 0 to be revoked
    "#]];
    a_rotation_succeeded: Given { done: 4, ..GIVEN }, expect![[r#"
        rotate-bearer-token: refused (no step of a rotation: missing field `Step`)
        nothing changed
    "#]];
    a_rotation_failed: GIVEN, expect![[r#"
        rotate-bearer-token: refused (no step of a rotation: missing field `Step`)
        nothing changed
    "#]];
    a_rotation_was_abandoned: GIVEN, expect![[r#"
        rotate-bearer-token: refused (no step of a rotation: missing field `Step`)
        nothing changed
    "#]];
}
