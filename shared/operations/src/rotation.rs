//! How the rotation of secrets stands in one account and region. No value of a secret is read.

use aws::{Pace, SdkConfig};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::list_secrets::ListSecretsOutput;
use aws_sdk_secretsmanager::primitives::{DateTime, DateTimeFormat};
use aws_sdk_secretsmanager::types::SecretListEntry;
use fleet::Session;
use reaction::{Doing, Error};
use serde::{Deserialize, Serialize};

pub(crate) const ACTIONS: [&str; 1] = ["secretsmanager:ListSecrets"];

/// The stage of the version that is used, and of one that a rotation has not finished.
const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";

/// The secrets, by name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rotations {
    /// Each secret.
    pub secrets: Vec<Secret>,
}

/// One secret, and how its rotation stands. Times are of UTC.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// Whether Secrets Manager rotates it.
    pub rotation_enabled: bool,
    /// When it was rotated last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_rotated: Option<String>,
    /// When it is to be rotated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next_rotation: Option<String>,
    /// The version that a rotation made and that is not current: it is at it now, or got stuck.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pending: Option<String>,
}

/// Lists the secrets, with one call a hundred.
pub(crate) async fn read(session: &Session) -> Result<Rotations, Error> {
    rotations(&session.config).await
}

/// The secrets of the account and Region of this configuration.
///
/// # Errors
/// As of `ListSecrets`.
pub async fn rotations(config: &SdkConfig) -> Result<Rotations, Error> {
    const PAGE: i32 = 100;
    let client = Client::new(config);
    let pages = client.list_secrets().max_results(PAGE).into_paginator().send();
    let pages = Pace::unlimited().all_pages("ListSecrets", pages, ListSecretsOutput::next_token).await;
    let pages = pages.doing(|| "listing the secrets")?;
    let listed = pages.into_iter().flat_map(|page| page.secret_list.unwrap_or_default());
    let mut secrets: Vec<_> = listed.map(secret).collect();
    secrets.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Rotations { secrets })
}

fn secret(listed: SecretListEntry) -> Secret {
    let mut versions = listed.secret_versions_to_stages.unwrap_or_default().into_iter();
    let has = |stages: &[String], stage: &str| stages.iter().any(|it| it == stage);
    let pending = versions.find(|(_, stages)| has(stages, PENDING) && !has(stages, CURRENT));
    let date = |date: Option<DateTime>| date.and_then(|date| date.fmt(DateTimeFormat::DateTime).ok());
    Secret {
        name: listed.name.unwrap_or_default(),
        rotation_enabled: listed.rotation_enabled.unwrap_or_default(),
        last_rotated: date(listed.last_rotated_date),
        next_rotation: date(listed.next_rotation_date),
        pending: pending.map(|(version, _)| version),
    }
}

impl Rotations {
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |it: &Secret| {
            let rotated = it.last_rotated.as_deref().unwrap_or("never");
            let next = it.next_rotation.as_deref().map(|next| format!(", next {next}")).unwrap_or_default();
            let state = if it.rotation_enabled { "rotated" } else { "not rotated" };
            let pending = it.pending.as_ref().map(|version| format!("; AWSPENDING is {version}")).unwrap_or_default();
            format!("{}: {state}, last {rotated}{next}{pending}", it.name)
        };
        self.secrets.iter().map(line).collect()
    }
}
