//! The names of the objects of a run.
//!
//! `account=..` is a partition as Athena and `DuckDB` read it, so that `runs/RUN/*/results.jsonl.gz` is one table.

use place::AccountId;

use crate::RunId;

const ACCOUNT: &str = "account=";
const RESULTS: &str = "/results.jsonl.gz";

/// Everything of a run begins with this.
#[must_use]
pub fn prefix(run: &RunId) -> String {
    format!("runs/{run}/")
}

/// What is going to be done: written first, once.
#[must_use]
pub fn plan(run: &RunId) -> String {
    format!("runs/{run}/plan.json")
}

/// The accounts that an execution works on, by the execution's name: a JSON list, as Distributed Map reads it.
#[must_use]
pub fn list(run: &RunId, execution: &str) -> String {
    format!("runs/{run}/lists/{execution}.json")
}

/// The first account of that list, by itself.
#[must_use]
pub fn canary(run: &RunId, execution: &str) -> String {
    format!("runs/{run}/lists/{execution}.canary.json")
}

/// What the names of all results begin with.
#[must_use]
pub fn results_prefix(run: &RunId) -> String {
    format!("runs/{run}/{ACCOUNT}")
}

/// The lines of one account: written once.
#[must_use]
pub fn results(run: &RunId, account: &AccountId) -> String {
    format!("runs/{run}/{ACCOUNT}{account}{RESULTS}")
}

/// The lines of all accounts that were chosen and left alone, in the same table.
#[must_use]
pub fn skipped(run: &RunId) -> String {
    format!("runs/{run}/{ACCOUNT}skipped{RESULTS}")
}

/// What came of the run: written last.
#[must_use]
pub fn manifest(run: &RunId) -> String {
    format!("runs/{run}/manifest.json")
}

/// Which run of a series ended last.
#[must_use]
pub fn series(name: &RunId) -> String {
    format!("series/{name}.json")
}

/// The account whose results an object has, by its key; `None` for every other object.
#[must_use]
pub fn account_of(key: &str) -> Option<AccountId> {
    let (_, rest) = key.split_once(&format!("/{ACCOUNT}"))?;
    rest.strip_suffix(RESULTS)?.parse().ok()
}
