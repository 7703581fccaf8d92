//! What AWS shows of one target. A part that was not read, or may have changed since, is absent.

use std::collections::BTreeMap;
use std::fmt;

use crate::traffic::percent_of;

/// What is known of a target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// `$LATEST`.
    pub latest: Option<Latest>,
    /// The alias.
    pub alias: Option<Alias>,
    /// Versions, by their numbers; `None` where Lambda says that there is none.
    pub versions: BTreeMap<String, Option<Version>>,
    /// What is provisioned.
    pub provisioned: Option<Vec<Provisioned>>,
    /// When alarms and metrics were last judged, since what was read is remembered no longer than a round.
    pub judged: Option<u64>,
}

/// The code and state of `$LATEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The zip's SHA-256 in base64.
    pub sha256: String,
    /// What the next change has to name.
    pub revision: String,
    /// Whether it can be invoked, or becomes so by itself once it is invoked (`Active`, `Inactive`).
    pub is_active: bool,
    /// What became of the last change.
    pub update: Update,
    /// The stack of CloudFormation that made the function; read only before anything is changed.
    pub stack: Option<String>,
}

/// What became of a change or of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// It is there.
    Successful,
    /// Lambda is at work on it.
    InProgress,
    /// Lambda could not do it, for this reason.
    Failed(String),
}

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The zip's SHA-256 in base64.
    pub sha256: String,
    /// Whether it can be invoked.
    pub state: Update,
}

/// Where an alias points.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// Its version.
    pub version: String,
    /// A second version, with its part of the traffic.
    pub second: Option<(String, f64)>,
    /// What the next change has to name.
    pub revision: String,
}

/// Provisioned concurrency of a version or an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// The version or the alias.
    pub qualifier: String,
    /// How many were asked for.
    pub requested: i32,
    /// Whether they are there.
    pub state: Update,
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.second {
            None => f.write_str(&self.version),
            Some((version, weight)) => write!(f, "{}, {version} with {} %", self.version, percent_of(*weight)),
        }
    }
}

impl Alias {
    /// Whether it points to this version and to no other.
    pub(crate) fn is_at(&self, version: &str) -> bool {
        self.version == version && self.second.is_none()
    }

    /// Whether another version than this one has a part of the traffic.
    pub(crate) fn strangers(&self, known: &[&str]) -> bool {
        let is_known = |version: &String| known.contains(&version.as_str());
        !is_known(&self.version) || self.second.as_ref().is_some_and(|(version, _)| !is_known(version))
    }
}
