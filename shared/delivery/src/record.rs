//! The record of a deployment: who delivered what, how each target was before, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{OnFailure, Place, Target, Traffic};

/// One deployment. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its id: that of the first job, or one that the command line made.
    pub deployment: String,
    /// What it does.
    pub kind: Kind,
    /// Who asked for it.
    pub who: String,
    /// Where its code comes from, in words.
    pub source: String,
    /// How it stands.
    pub status: Status,
    /// Why it stands so, where it did not simply succeed.
    pub reason: Option<String>,
    /// When it began.
    pub started: u64,
    /// When it ended.
    pub ended: Option<u64>,
    /// The wave that is under way.
    pub wave: usize,
    /// How often the record was written: a run that holds an older one may not write.
    pub round: u64,
    /// What is delivered, by the function's name.
    pub goods: BTreeMap<String, Goods>,
    /// How the alias moves.
    pub traffic: Traffic,
    /// How many minutes the new version has to be good with all traffic.
    pub bake: u64,
    /// What follows from a failure.
    pub on_failure: OnFailure,
    /// The targets of each wave.
    pub waves: Vec<Vec<Target>>,
    /// How each target stands.
    pub targets: BTreeMap<Target, Progress>,
}

/// What a deployment does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It brings code.
    Delivery,
    /// It moves aliases to the versions from before this deployment.
    Rollback(String),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery => f.write_str("delivery"),
            Self::Rollback(of) => write!(f, "rollback of {of}"),
        }
    }
}

impl Record {
    /// The versions between which the deployment moved a function's aliases, as `1 -> 2`.
    #[must_use]
    pub fn versions(&self, function: &str) -> String {
        let targets = self.targets.iter().filter(|(target, _)| target.function == function);
        let moved: BTreeSet<_> = targets
            .filter_map(|(_, it)| {
                let before = if it.before.is_empty() { "-" } else { &it.before };
                Some(format!("{before} -> {}", it.after.as_deref()?))
            })
            .collect();
        moved.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// How a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It goes on.
    Running,
    /// Something failed, and what it moved is moved back.
    RollingBack,
    /// Every target has the code.
    Succeeded,
    /// What it moved was moved back.
    RolledBack,
    /// Something failed, and everything stays as it is.
    Stopped,
}

impl Status {
    /// Whether nothing more is done.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Running | Self::RollingBack)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::RollingBack => "rolling back",
            Self::Succeeded => "succeeded",
            Self::RolledBack => "rolled back",
            Self::Stopped => "stopped",
        })
    }
}

/// What is delivered of one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    /// The zip's SHA-256 in base64, as Lambda shows it (`CodeSha256`); none where a deployment brings no code.
    pub sha256: Option<String>,
    /// Where Lambda reads the zip, by Region.
    pub places: BTreeMap<String, Place>,
    /// The alarms that judge it.
    pub alarms: BTreeSet<String>,
    /// The hook before traffic moves.
    pub before: Option<String>,
    /// The hook after all traffic moved.
    pub after: Option<String>,
}

/// How one target stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The version behind the alias before this deployment: the way back.
    pub before: String,
    /// The version that this deployment made or found for the alias.
    pub after: Option<String>,
    /// How far it is.
    pub phase: Phase,
    /// When each phase began.
    pub times: Vec<(Phase, u64)>,
    /// When the new version got its first part of the traffic.
    pub shifted: Option<u64>,
    /// When the new version got all traffic.
    pub moved: Option<u64>,
    /// Whether the hook before has succeeded.
    pub is_ready: bool,
    /// The alarms that were red before anything was changed: they do not judge.
    pub red: BTreeSet<String>,
    /// What is to be known of it: why it failed, or that too little traffic proved nothing.
    pub reason: Option<String>,
    /// How many rounds in a row failed here.
    pub failures: u32,
}

/// How far a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Nothing was changed here.
    Waiting,
    /// It had the code already.
    Unchanged,
    /// `$LATEST` gets the code.
    Updating,
    /// `$LATEST` has the code, and it becomes a version.
    Publishing,
    /// The version has part of the traffic, or is about to get some.
    Shifting,
    /// The version has all traffic, and is watched.
    Baking,
    /// The version has all traffic, and was found good.
    Done,
    /// It failed; the reason says why.
    Failed,
    /// The alias points to where it pointed before.
    RolledBack,
    /// Another hand moved the alias meanwhile, so that it was left alone.
    LeftAlone,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Unchanged => "unchanged",
            Self::Updating => "updating",
            Self::Publishing => "publishing",
            Self::Shifting => "shifting",
            Self::Baking => "baking",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::LeftAlone => "left alone",
        })
    }
}

impl Progress {
    /// A target at which nothing was changed.
    #[must_use]
    pub fn new(before: impl Into<String>) -> Self {
        Self {
            before: before.into(),
            after: None,
            phase: Phase::Waiting,
            times: Vec::new(),
            shifted: None,
            moved: None,
            is_ready: false,
            red: BTreeSet::new(),
            reason: None,
            failures: 0,
        }
    }

    /// Enters a phase.
    pub(crate) fn enter(&mut self, phase: Phase, now: u64) {
        if self.phase != phase {
            self.phase = phase;
            self.times.push((phase, now));
        }
    }
}
