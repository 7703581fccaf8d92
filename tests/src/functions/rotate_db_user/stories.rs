//! Each sample event through the real function, in PostgreSQL: what is planned, what is done, and how the secret and the server
//! stand before and after. Nothing that is told has a value of a secret in it.

use std::fmt::Write;
use std::time::Duration;

use expect_test::expect;
use reaction::{Mode, Reaction, Report, drive_json};
use rotate_db_user::RotateDbUser;
use serde_json::Value;

use super::managed::Managed;
use crate::world::databases::POSTGRES;
use crate::world::rotations::{STEPS, Sample, Version, versions};
use crate::world::scene::{self, stories};
use crate::world::{LEDGER, World, run_for};

/// What there is before an event is heard: a rotation, and how far it is.
#[derive(Clone, Copy)]
pub struct Given {
    /// Whether two users take turns.
    is_alternating: bool,
    /// How many of its steps are done.
    done: usize,
    /// How often the server refused the new password, which nobody has set.
    refusals: u32,
    /// Whether the secret names a server that is not there.
    is_unreachable: bool,
    /// What the master is of whose secret RDS manages.
    managed: Option<Managed>,
}

/// A rotation that has begun.
pub const GIVEN: Given = Given { is_alternating: false, done: 0, refusals: 0, is_unreachable: false, managed: None };

/// A rotation of which an event is about to be heard.
pub struct Told {
    scene: super::Scene,
    sample: Sample,
}

impl Told {
    /// As whom the value logs in, and whether it does.
    async fn login(&self, value: &str) -> String {
        let value: Value = serde_json::from_str(value).unwrap();
        let text = |key: &str| value[key].as_str().unwrap();
        let is_let_in = self.scene.lets_in(text("username"), text("password")).await;
        let user = text("username").replace(&self.scene.user, "app");
        format!("{user}, who is {}", if is_let_in { "let in" } else { "refused" })
    }
}

impl scene::Scene for Told {
    type Given = Given;
    const FUNCTION: &'static str = RotateDbUser::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let mut scene = super::Scene::with(&POSTGRES, given.is_alternating).await;
        if let Some(managed) = given.managed {
            managed.begin(&mut scene).await;
        }
        if given.is_unreachable {
            let mut value = scene.value("AWSCURRENT").await;
            value["port"] = 9.into();
            scene.put(&scene.secret, &value.to_string()).await;
        }
        let rotation = scene.begin().await;
        scene.steps(&rotation, &STEPS[..given.done]).await;
        for _ in 0..given.refusals {
            scene.refusal(&rotation, "testSecret").await;
        }
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
        let ledger = ledger::DynamoLedger::new(&self.world().sessions, LEDGER, Self::FUNCTION);
        let run = run_for(Duration::from_mins(1));
        drive_json(&self.scene.function, &ledger, mode, &run, self.event()).await
    }

    async fn picture(&self) -> String {
        let mut text = String::new();
        for Version { name, labels, value, .. } in versions(self.world(), &self.scene.secret).await {
            let login = match value {
                None => "no value".into(),
                Some(value) => self.login(&value).await,
            };
            writeln!(text, "{name}: {labels}, {login}").unwrap();
        }
        text
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let masters = self.scene.master.clone().unwrap_or_default();
        vec![("SecretArns".into(), self.scene.secret.clone()), ("MasterSecretArns".into(), masters)]
    }

    fn with_sample_ids(&self, text: &str) -> String {
        self.sample.with_sample_ids(text).replace(&self.scene.user, "app")
    }
}

/// Runs beside the stories, for all that a function may ever ask of AWS: the steps of two users who take turns, one that
/// fails, and one that gives the password up.
pub fn further() -> Vec<(Given, &'static str)> {
    let alternating = Given { is_alternating: true, ..GIVEN };
    vec![
        (alternating, "a-password-is-to-be-created"),
        (Given { done: 1, ..alternating }, "a-password-is-to-be-set"),
        (Given { done: 2, ..alternating }, "a-password-is-to-be-tested"),
        (Given { done: 3, ..alternating }, "a-password-is-to-be-finished"),
        (Given { done: 1, managed: Some(Managed::Instance), ..alternating }, "a-password-is-to-be-set"),
        (Given { done: 1, managed: Some(Managed::Cluster), ..alternating }, "a-password-is-to-be-set"),
        (Given { done: 1, is_unreachable: true, ..GIVEN }, "a-password-is-to-be-set"),
        (Given { done: 1, refusals: 4, ..GIVEN }, "a-password-is-to-be-tested"),
    ]
}

stories! { Told;
    a_password_is_to_be_created: GIVEN, expect![[r#"
        rotate-db-user: applied
          - make a credential and keep it as AWSPENDING
        before
        old: AWSCURRENT, app, who is let in
        new: AWSPENDING, no value
        after
        old: AWSCURRENT, app, who is let in
        new: AWSPENDING, app, who is refused
    "#]];
    a_password_is_to_be_set: Given { done: 1, ..GIVEN }, expect![[r#"
        rotate-db-user: applied
          - have the server take it
        before
        old: AWSCURRENT, app, who is let in
        new: AWSPENDING, app, who is refused
        after
        old: AWSCURRENT, app, who is refused
        new: AWSPENDING, app, who is let in
    "#]];
    a_password_is_to_be_tested: Given { done: 2, ..GIVEN }, expect![[r#"
        rotate-db-user: applied
          - prove that the server takes it
        nothing changed
    "#]];
    a_password_is_to_be_finished: Given { done: 3, ..GIVEN }, expect![[r#"
        rotate-db-user: applied
          - make it AWSCURRENT in place of old
        before
        old: AWSCURRENT, app, who is refused
        new: AWSPENDING, app, who is let in
        after
        old: AWSPREVIOUS, app, who is refused
        new: AWSCURRENT AWSPENDING, app, who is let in
    "#]];
    it_is_time_to_look_at_the_secrets: Given { done: 4, ..GIVEN }, expect![[r#"
        rotate-db-user: unchanged
        nothing changed
    "#]];
    a_rotation_succeeded: Given { done: 4, ..GIVEN }, expect![[r#"
        rotate-db-user: refused (no step of a rotation: missing field `Step`)
        nothing changed
    "#]];
    a_rotation_failed: GIVEN, expect![[r#"
        rotate-db-user: refused (no step of a rotation: missing field `Step`)
        nothing changed
    "#]];
    a_rotation_was_abandoned: GIVEN, expect![[r#"
        rotate-db-user: refused (no step of a rotation: missing field `Step`)
        nothing changed
    "#]];
}
