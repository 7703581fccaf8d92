//! What came of a run.

use fleet::{Entry, List};
use place::{AccountId, Region};
use serde::{Deserialize, Serialize};

use crate::RunId;

/// What came of a run: the object [`keys::manifest`](crate::keys::manifest), which is written last. A run without it goes on, or was
/// stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The run.
    pub run: RunId,
    /// The operation's name.
    pub operation: String,
    /// Whether it was to act.
    pub apply: bool,
    /// The ARN of the execution that ended it.
    pub execution: String,
    /// When it was planned, and when it ended, in seconds since 1970.
    pub began: u64,
    /// See `began`.
    pub ended: u64,
    /// Why it ended before every account was worked on, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// In how many accounts something was to be done.
    pub accounts: usize,
    /// The lines, by the list that they belong to.
    pub lines: Tally,
    /// The accounts that have no result, sorted: a new execution of the same run works on these alone.
    pub without_result: Vec<AccountId>,
    /// What is different from the run before, in a series of runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
}

/// Why an execution failed, as Step Functions tells.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Failure {
    /// The name of the error.
    pub error: String,
    /// What it said.
    #[serde(default)]
    pub cause: String,
}

/// How many lines belong to each list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The operation answered.
    pub results: u64,
    /// The operation failed.
    pub exceptions: u64,
    /// The role could not be assumed.
    pub failed_assume_role: u64,
    /// Nothing was begun.
    pub skipped: u64,
}

impl Tally {
    /// Counts a line.
    pub fn count<T>(&mut self, entry: &Entry<T>) {
        *match entry.list() {
            List::Results => &mut self.results,
            List::Exceptions => &mut self.exceptions,
            List::FailedAssumeRole => &mut self.failed_assume_role,
            List::Skipped => &mut self.skipped,
        } += 1;
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            results: self.results + other.results,
            exceptions: self.exceptions + other.exceptions,
            failed_assume_role: self.failed_assume_role + other.failed_assume_role,
            skipped: self.skipped + other.skipped,
        }
    }

    /// How many lines tell of something that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.exceptions + self.failed_assume_role
    }
}

/// What is different from the run before of the same series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// That run.
    pub since: RunId,
    /// The accounts and Regions whose lines are different, sorted; no Region where the account as a whole is.
    pub places: Vec<(AccountId, Option<Region>)>,
}
