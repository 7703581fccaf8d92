//! The samples of steps, about a rotation that there is: what a story of a function that rotates is told with.

use serde_json::Value;

use super::{Rotation, VERSIONS, secrets_manager};
use crate::templates::ROTATING;
use crate::world::World;
use crate::world::scene::read_sample;

/// A sample, about a rotation that there is.
pub struct Sample {
    /// The event.
    pub event: String,
    /// What AWS made up, and what a story calls it.
    names: Vec<(String, &'static str)>,
}

/// A version of a secret.
pub struct Version {
    /// What a story calls it.
    pub name: &'static str,
    id: String,
    /// Its labels.
    pub labels: String,
    /// Its value.
    pub value: Option<String>,
}

impl Sample {
    /// Reads a sample. One of a step is about this rotation; any other is as it is.
    pub async fn read(function: &str, name: &str, world: &World, rotation: &Rotation) -> Self {
        let mut event: Value = serde_json::from_str(&read_sample(function, name)).unwrap();
        if event.get("Step").is_some() {
            event["SecretId"] = rotation.secret_arn.as_str().into();
            event["ClientRequestToken"] = rotation.token.as_str().into();
            event["RotationToken"] = rotation.rotation_token().into();
        }
        let secret = ROTATING.iter().find(|(it, _)| *it == function).unwrap().1;
        let mut names = vec![(rotation.secret_arn.clone(), secret)];
        let versions = versions(world, &rotation.secret_arn).await.into_iter();
        names.extend(versions.map(|Version { name, id, .. }| (id, name)));
        Self { event: event.to_string(), names }
    }

    /// The text with the secret of the samples, and the versions by their age.
    pub fn with_sample_ids(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
    }
}

/// The versions of a secret, oldest first.
pub async fn versions(world: &World, secret: &str) -> Vec<Version> {
    let client = secrets_manager(world);
    let listed = client.list_secret_version_ids().secret_id(secret).include_deprecated(true).send().await.unwrap();
    assert!(listed.versions().len() <= VERSIONS.len(), "{secret} has more versions than there are names for");
    let mut versions = Vec::new();
    for (name, version) in VERSIONS.into_iter().zip(listed.versions()) {
        let id = version.version_id().unwrap();
        let value = client.get_secret_value().secret_id(secret).version_id(id).send().await;
        let labels = version.version_stages().join(" ");
        let labels = if labels.is_empty() { "-".into() } else { labels };
        versions.push(Version { name, id: id.into(), labels, value: value.ok().and_then(|it| it.secret_string) });
    }
    versions
}
