//! What was read about a policy: what is asked for, what was found out about it, and what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use reaction::Finding;
use serde_json::Value;
use sharing::{Head, Principal, Resource, digest};

use crate::metadata::Metadata;
use crate::settings::SECOND_OPINION;

/// The key of the tag by which a policy says that Signalbox made it.
pub const OWNER: &str = "signalbox:created-by";

/// The facts of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What was found out about the artifact.
    pub verdict: Verdict,
    /// What is to be made of it; `None` where an error was found, or where its type has a verdict only.
    pub wanted: Option<Wanted>,
}

/// What was found out about an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Everything that was found.
    pub findings: Vec<Finding>,
    /// What the policy was judged as and compared with, for the reader of the report.
    pub told: String,
    /// What became of the second opinion, whose findings stand among the others.
    pub second: Opinion,
}

/// What became of a second opinion: one that was not asked for has not passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// The settings ask for none.
    Off,
    /// The policy is refused without it.
    NotNeeded,
    /// This many things were found.
    Found(usize),
}

impl fmt::Display for Opinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("second opinion: ")?;
        match self {
            Self::Off => write!(f, "not run ({} is none)", SECOND_OPINION.variable),
            Self::NotNeeded => f.write_str("not run (the policy is refused without it)"),
            Self::Found(0) => f.write_str("IAM Access Analyzer found nothing"),
            Self::Found(1) => f.write_str("IAM Access Analyzer found 1 thing"),
            Self::Found(many) => write!(f, "IAM Access Analyzer found {many} things"),
        }
    }
}

/// The policy as it shall be, and as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The policy, as a thing that records are kept of.
    pub resource: Resource,
    /// What it shall be called, and how it shall be tagged.
    pub metadata: Metadata,
    /// The document, with the central denies appended.
    pub document: String,
    /// The SHA-256 of the policy as it was sent.
    pub sent: String,
    /// What is there.
    pub present: Option<Present>,
    /// How its record stands.
    pub head: Head,
}

/// A policy that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its description.
    pub description: String,
    /// The version that holds.
    pub default: String,
    /// What that says.
    pub content: Content,
    /// The other versions, the oldest first, each with what it says. They are read only where the default is not as it shall be.
    pub others: Vec<(String, Content)>,
}

/// What a document says, whatever the order of its keys and its white space: the SHA-256 of its canonical form.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content(String);

impl Content {
    /// What this document says.
    #[must_use]
    pub fn of(document: &str) -> Self {
        let canonical = serde_json::from_str(document).map_or_else(|_| document.to_owned(), |it| canonical(&it));
        Self(format!("sha256:{}", digest(canonical)))
    }

    /// The content as records name it.
    #[must_use]
    pub fn recorded(&self) -> BTreeSet<Principal> {
        BTreeSet::from([Principal::Stray(self.0.clone())])
    }
}

/// JSON without white space, whose keys are sorted.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            let fields =
                sorted.into_iter().map(|(name, it)| format!("{}:{}", Value::from(name.as_str()), canonical(it)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
