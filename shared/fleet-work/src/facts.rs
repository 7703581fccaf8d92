//! What was read for a state of the workflow.

use std::collections::BTreeSet;

use fleet::{Account, Reason};
use fleet_runs::{Changes, Planned, Tally};
use place::{AccountId, Region};

/// What was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Facts {
    /// There is nothing to do, for this reason.
    Nothing(String),
    /// What a new run chooses.
    New(Chosen),
    /// What is there of a run that goes on.
    GoOn(GoingOn),
    /// An account without results.
    Account(Account),
    /// What came of a run.
    Collected(Collected),
}

/// What a new run chooses.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// The accounts in which something is to be done.
    pub accounts: Vec<Account>,
    /// Those that are left alone, and why.
    pub skipped: Vec<(Account, Reason)>,
    /// The Regions.
    pub regions: Vec<Region>,
    /// Seconds since 1970.
    pub now: u64,
}

/// What is there of a run that goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct GoingOn {
    /// Its plan.
    pub planned: Planned,
    /// The accounts of the plan.
    pub accounts: Vec<Account>,
    /// Those that have results.
    pub done: BTreeSet<AccountId>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// Its plan.
    pub planned: Planned,
    /// The lines.
    pub lines: Tally,
    /// The accounts that have no results, sorted.
    pub without_result: Vec<AccountId>,
    /// What is different from the run before, in a series that has one.
    pub changes: Option<Changes>,
    /// Seconds since 1970.
    pub now: u64,
}
