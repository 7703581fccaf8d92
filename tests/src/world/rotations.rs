//! A rotation as Secrets Manager drives it: `RotateSecret`, and then an invocation for each step. Secrets as anybody makes
//! them, and their versions as Secrets Manager tells of them.

mod hazards;
mod samples;

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::types::RotationRulesType;
use serde_json::{Value, json};

use crate::world::{REGION, World};

pub use samples::{Sample, Version, versions};

/// The steps in their order, as Secrets Manager spells them.
pub const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// What the versions of a secret are called, oldest first.
const VERSIONS: [&str; 6] = ["old", "new", "third", "fourth", "fifth", "sixth"];

static TOKENS: AtomicUsize = AtomicUsize::new(1);

/// A rotation that has begun.
pub struct Rotation {
    /// The ARN of the secret.
    pub secret_arn: String,
    /// The version that is to become current: `ClientRequestToken`.
    pub token: String,
}

impl Rotation {
    /// Begins a rotation, by a function of the secret's account: there is an empty pending version now.
    pub async fn begin(world: &World, secret: &str) -> Self {
        Self::begin_as(world, secret, new_token()).await
    }

    /// The same for a version of this id.
    pub async fn begin_as(world: &World, secret: &str, token: String) -> Self {
        Self::begin_with(world, secret, token, true).await
    }

    /// Begins what `RotateImmediately=false` does: of the steps only `testSecret` is to run. [`Self::end_of_test`] ends it.
    pub async fn begin_test(world: &World, secret: &str) -> Self {
        Self::begin_with(world, secret, new_token(), false).await
    }

    async fn begin_with(world: &World, secret: &str, token: String, is_immediate: bool) -> Self {
        let function = format!("arn:aws:lambda:{REGION}:{}:function:rotate", world.account);
        let rules = RotationRulesType::builder().automatically_after_days(30).build();
        let request = secrets_manager(world).rotate_secret().secret_id(secret).client_request_token(&token);
        let request = request.rotation_lambda_arn(function).rotation_rules(rules).rotate_immediately(is_immediate);
        let begun = request.send().await.unwrap_or_else(|error| panic!("{secret}: {error:?}"));
        Self { secret_arn: begun.arn.unwrap(), token }
    }

    /// What the function gets for a step.
    pub fn event(&self, step: &str) -> String {
        let Self { secret_arn, token } = self;
        let event = json!({
            "Step": step, "SecretId": secret_arn, "ClientRequestToken": token, "RotationToken": self.rotation_token(),
        });
        event.to_string()
    }

    /// What must be passed on, and shown nowhere.
    pub fn rotation_token(&self) -> String {
        format!("a-rotation-token-{}", self.token)
    }

    /// Takes the pending label away, as Secrets Manager does after the test of a new configuration.
    pub async fn end_of_test(&self, world: &World) {
        let request = secrets_manager(world).update_secret_version_stage().secret_id(&self.secret_arn);
        let request = request.version_stage("AWSPENDING").remove_from_version_id(&self.token);
        request.send().await.expect("the version is still pending");
    }
}

/// Secrets Manager in the world's region.
pub fn secrets_manager(world: &World) -> Client {
    Client::new(world.sessions.config())
}

/// A token that no other version has.
pub fn new_token() -> String {
    format!("00000000-0000-4000-8000-{:012}", TOKENS.fetch_add(1, Ordering::Relaxed))
}

/// Makes a secret: its ARN.
pub async fn make_secret(world: &World, name: &str, value: &Value) -> String {
    let request = secrets_manager(world).create_secret().name(name).secret_string(value.to_string());
    request.send().await.unwrap_or_else(|error| panic!("{name}: {error:?}")).arn.unwrap()
}

/// The value with a label; none where no version has the label, or where that has no value.
pub async fn value_at(world: &World, secret: &str, stage: &str) -> Option<Value> {
    let request = secrets_manager(world).get_secret_value().secret_id(secret).version_stage(stage);
    match request.send().await {
        Ok(found) => Some(serde_json::from_str(&found.secret_string.unwrap()).expect("secrets of tests are JSON")),
        Err(error) if error.code() == Some("ResourceNotFoundException") => None,
        Err(error) => panic!("{secret}: {error:?}"),
    }
}

/// The versions with their labels, such as `old: AWSCURRENT; new: AWSPENDING, empty`; oldest first, and `-` for no label.
pub async fn stages(world: &World, secret: &str) -> String {
    let shown = versions(world, secret).await.into_iter().map(|Version { name, labels, value, .. }| {
        let empty = if value.is_some() { "" } else { ", empty" };
        format!("{name}: {labels}{empty}")
    });
    shown.collect::<Vec<_>>().join("; ")
}
