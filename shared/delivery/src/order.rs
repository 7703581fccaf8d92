//! What `deploy.json` asks for, checked.

use std::collections::BTreeSet;

use place::{AccountId, Region};
use serde::{Deserialize, Serialize};

/// What a deployment is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The functions, each delivered to every target.
    pub functions: Vec<Function>,
    /// Where to.
    pub targets: Vec<Group>,
    /// In which order; the first wave is the canary.
    pub waves: Vec<Wave>,
    /// How the alias moves.
    pub traffic: Traffic,
    /// How many minutes the new version has to be good with all traffic, before the next wave begins.
    pub bake: u64,
    /// What follows from a failure.
    pub on_failure: OnFailure,
    /// What follows from an alarm that is red before anything is changed.
    pub red_alarms: RedAlarms,
    /// The accounts of the pipeline's stage, outside of which nothing is deployed; all where there is none.
    pub stage: Option<BTreeSet<AccountId>>,
}

/// One function to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, the same at every target.
    pub name: String,
    /// The alias that is moved.
    pub alias: String,
    /// The file of the artifact that is its code: a zip.
    pub code: String,
    /// The alarms of CloudWatch that judge it, by name, the same at every target.
    pub alarms: BTreeSet<String>,
    /// The function that has to succeed before traffic moves.
    pub before: Option<String>,
    /// The function that has to succeed after all traffic moved.
    pub after: Option<String>,
}

/// Accounts and units, in Regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Accounts by their ids.
    pub accounts: BTreeSet<AccountId>,
    /// Organizational units and roots: every active account below them.
    pub units: BTreeSet<String>,
    /// The Regions.
    pub regions: BTreeSet<Region>,
}

/// Which targets a wave takes of those that no wave before took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wave {
    /// Those that one of these selects: an account, a Region, an account and Region with a slash between them, or a unit.
    Selected(Vec<String>),
    /// As many as are needed so that this percentage of all was taken.
    UpTo(u64),
}

/// How traffic moves from the old version to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "shift")]
pub enum Traffic {
    /// The alias moves at once.
    AllAtOnce,
    /// A part of the traffic for some minutes, and then all of it.
    Canary {
        /// The part, in percent: 1 to 99.
        percent: u64,
        /// How long.
        minutes: u64,
    },
    /// A further part of the traffic every so many minutes.
    Linear {
        /// The part, in percent: 1 to 99.
        percent: u64,
        /// How long each part is watched.
        minutes: u64,
    },
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// What this deployment moved moves back.
    Rollback,
    /// Everything stays as it is; no further wave begins.
    Stop,
}

/// What follows from an alarm that is red before anything is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedAlarms {
    /// Nothing is delivered.
    Refuse,
    /// It is delivered, as a fix has to be, and that alarm does not judge it.
    Accept,
}
