//! The versions of a secret, and the labels that say what each is for.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version>

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use place::Malformed;
use serde::{Deserialize, Serialize};

use crate::schedule::Schedule;

/// The id of a version: 32 to 64 letters, digits and hyphens. A rotation's is its `ClientRequestToken`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionId(String);

impl VersionId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VersionId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_id = text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
        if is_id && (32..=64).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(Malformed::new(text, "the id of a version, 32 to 64 letters, digits and hyphens"))
        }
    }
}

impl TryFrom<String> for VersionId {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<VersionId> for String {
    fn from(id: VersionId) -> Self {
        id.0
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A label that Secrets Manager itself gives a meaning to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// What clients get.
    Current,
    /// What is to become that.
    Pending,
    /// What was that before.
    Previous,
}

impl Stage {
    /// The label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
            Self::Previous => "AWSPREVIOUS",
        }
    }
}

/// The versions of a secret that have labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Whether the secret is to be rotated at all.
    pub is_rotated: bool,
    /// When it is rotated next.
    pub schedule: Schedule,
    /// The labels of each version.
    pub stages: BTreeMap<VersionId, BTreeSet<String>>,
}

impl Versions {
    /// Whether a version has a label.
    #[must_use]
    pub fn has(&self, version: &VersionId, stage: Stage) -> bool {
        self.stages.get(version).is_some_and(|stages| stages.contains(stage.as_str()))
    }

    /// The version with a label.
    #[must_use]
    pub fn with(&self, stage: Stage) -> Option<&VersionId> {
        self.stages.keys().find(|version| self.has(version, stage))
    }
}
