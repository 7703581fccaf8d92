//! A line of the audit: who was to gain and to lose, or who did. Each is chained to the one before it by its hash.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use place::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sharing::{Difference, Principal, digest};

/// What a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// A change that is about to be made.
    Intent,
    /// What became of it.
    Outcome,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Intent => "intent",
            Self::Outcome => "outcome",
        })
    }
}

/// An item of the audit table, keyed by `resource` and `seq`. What this version does not know is no item: an attribute
/// that was added shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditItem {
    /// The thing's ARN.
    pub resource: String,
    /// Its number, from 1 and without gaps.
    pub seq: u64,
    /// What it is of.
    pub kind: Phase,
    /// Of an outcome, the number of its intent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of: Option<u64>,
    /// When it was written, as RFC 3339.
    pub at: String,
    /// The account of the thing.
    pub account: AccountId,
    /// Who did it: a person by the ARN of their credentials and their command, a function by its ARN, version and request. The
    /// function's name alone where nothing else is known.
    pub who: String,
    /// One run's lines have one id, which tells two runs of the same occurrence apart.
    pub run: String,
    /// What made it do so.
    pub occurrence: String,
    /// What ties it to the log, the report and the trace of the run; none outside of a run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correlation_id: Option<String>,
    /// The manifest's version.
    pub manifest: String,
    /// The name by which the manifest found the thing; of a managed policy, the version that was its default.
    pub name: String,
    /// Who could use it before.
    pub before: BTreeSet<Principal>,
    /// Who can after.
    pub after: BTreeSet<Principal>,
    /// Who gains.
    pub add: BTreeSet<Principal>,
    /// Who loses.
    pub remove: BTreeSet<Principal>,
    /// Why.
    pub why: String,
    /// Of an outcome, how it came out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// The command that reverts it, where there is anything to revert.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revert: Option<String>,
    /// The hash of the item before; empty in the first.
    pub previous: String,
    /// Its own hash: see [`AuditItem::computed_hash`].
    pub hash: String,
}

impl AuditItem {
    /// The hash that an item of this content has: SHA-256, in hexadecimal digits, of the JSON of all attributes but
    /// `hash`, sorted by name and without blanks.
    #[must_use]
    pub fn computed_hash(&self) -> String {
        let content = match serde_json::to_value(self) {
            Ok(Value::Object(content)) => content.into_iter().filter(|(name, _)| name != "hash").collect(),
            _ => BTreeMap::new(),
        };
        let content = serde_json::to_vec(&content).unwrap_or_default();
        digest(content)
    }

    /// Who gains and who loses.
    #[must_use]
    pub fn difference(&self) -> Difference<Principal> {
        Difference { add: self.add.clone(), remove: self.remove.clone() }
    }

    /// The same with the hash of its content.
    pub(crate) fn sealed(self) -> Self {
        Self { hash: self.computed_hash(), ..self }
    }
}

impl fmt::Display for AuditItem {
    /// One line: when, number, what it is of, who, and who gains and loses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, kind, at, who, .. } = self;
        write!(f, "{at} {seq:>4} {kind:<7} {who}:")?;
        let difference = self.difference();
        if difference.is_empty() {
            f.write_str(" nobody gains or loses")?;
        }
        difference.fmt(f)?;
        match &self.note {
            Some(note) => write!(f, " ({note})"),
            None => Ok(()),
        }
    }
}
