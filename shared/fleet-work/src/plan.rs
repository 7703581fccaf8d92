//! What follows from what was read: which objects are written, and what is told.

use std::fmt;

use fleet::{Account, Entry};
use fleet_runs::{Manifest, Planned, Request, lines};
use fleet_runs::{RunId, keys};
use reaction::{Counts, Error, Plan};
use serde::Serialize;
use serde_json::{Value, json};

use crate::facts::{Chosen, Collected, Facts, GoingOn};
use crate::{Execution, Subject};

/// One effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Writes an object.
    Write(Document),
    /// Works in an account, and writes its results.
    Work(Account),
}

/// An object that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its key.
    pub key: String,
    /// What it says, in a few words.
    pub about: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Whether one that is there stays.
    pub is_once: bool,
    /// When it is written: those with a smaller number are there before.
    pub order: u8,
}

impl Step {
    pub(crate) fn order(&self) -> u8 {
        match self {
            Self::Write(document) => document.order,
            Self::Work(_) => 0,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(Document { key, about, .. }) => write!(f, "write {key}: {about}"),
            Self::Work(account) => write!(f, "work in account {}", account.id),
        }
    }
}

/// Computes what is to be done.
pub(crate) fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
    match (subject, facts) {
        (_, Facts::Nothing(why)) => Ok(Plan::nothing(why)),
        (_, Facts::Account(account)) => Ok(Plan::of(vec![Step::Work(account.clone())])),
        (Subject::Plan(execution, request), Facts::New(chosen)) => chosen.plan(execution, request),
        (Subject::Plan(execution, request), Facts::GoOn(going_on)) => going_on.plan(execution, request),
        (Subject::Collect(execution, request, failure), Facts::Collected(collected)) => {
            collected.plan(execution, request, failure.as_ref())
        }
        _ => Err(Error::failed("these facts are not of this state; it is a fault of Signalbox, report it")),
    }
}

/// The documents of a plan: those that are written side by side, and then those that say that they are there.
#[derive(Default)]
struct Documents {
    steps: Vec<Step>,
    order: u8,
}

impl Documents {
    fn add(&mut self, key: String, about: impl fmt::Display, body: Vec<u8>, is_once: bool) {
        let order = self.order;
        self.steps.push(Step::Write(Document { key, about: about.to_string(), body, is_once, order }));
    }

    /// What is added from now on is written once the others are there.
    fn then(&mut self) {
        self.order += 1;
    }

    fn add_json(
        &mut self,
        key: String,
        about: impl fmt::Display,
        value: &impl Serialize,
        is_once: bool,
    ) -> Result<(), Error> {
        let body = serde_json::to_vec(value).map_err(Error::failed)?;
        self.add(key, about, body, is_once);
        Ok(())
    }

    /// The first account of an execution, by itself.
    fn add_canary(&mut self, run: &RunId, execution: &Execution, accounts: &[Account]) -> Result<(), Error> {
        let Some(first) = accounts.first() else { return Ok(()) };
        self.add_json(keys::canary(run, execution.name()), &first.id, first, false)
    }

    /// All accounts of an execution.
    fn add_list(&mut self, run: &RunId, execution: &Execution, accounts: &[Account]) -> Result<(), Error> {
        self.add_json(keys::list(run, execution.name()), so_many(accounts.len(), "account"), &accounts, false)
    }
}

impl Chosen {
    fn plan(&self, execution: &Execution, request: &Request) -> Result<Plan<Step>, Error> {
        let Self { accounts, skipped, regions, now } = self;
        let run = &request.run;
        let mut documents = Documents::default();
        documents.add_canary(run, execution, accounts)?;
        documents.add_list(run, execution, accounts)?;
        let left: Vec<Entry<Value>> =
            skipped.iter().map(|(account, reason)| Entry::skipped(account.clone(), None, reason.clone())).collect();
        if !left.is_empty() {
            documents.add(keys::skipped(run), so_many(left.len(), "account"), lines::write(&left)?, false);
        }
        let planned = Planned {
            request: request.clone(),
            execution: execution.arn.clone(),
            at: *now,
            version: env!("CARGO_PKG_VERSION").into(),
            regions: regions.clone(),
            accounts: accounts.len(),
            skipped: skipped.len(),
        };
        // What a plan names is there.
        documents.then();
        documents.add_json(keys::plan(run), request.work.operation, &planned, true)?;
        let note = format!(
            "{} x {}; {} left alone",
            so_many(accounts.len(), "account"),
            so_many(regions.len(), "Region"),
            so_many(skipped.len(), "account")
        );
        Ok(Plan::of(documents.steps).with_notes([note]))
    }
}

impl GoingOn {
    /// A run goes on by what was planned: its accounts and its work have to be the same. How fast it goes, and how much of it may fail,
    /// may be another.
    fn plan(&self, execution: &Execution, request: &Request) -> Result<Plan<Step>, Error> {
        let Self { planned, accounts, done } = self;
        let run = &request.run;
        let Request { select, work, .. } = &planned.request;
        if (select, work) != (&request.select, &request.work) {
            return Err(Error::refused(format!(
                "the run {run} was planned by {} for other accounts or other work, as {} says: ask for the same to go on with the run, \
                 or give this one another name",
                planned.execution,
                keys::plan(run)
            )));
        }
        let left: Vec<_> = accounts.iter().filter(|account| !done.contains(&account.id)).cloned().collect();
        let mut documents = Documents::default();
        documents.add_canary(run, execution, &left)?;
        // The list says that this execution has begun.
        documents.then();
        documents.add_list(run, execution, &left)?;
        let note = format!("without a result: {} of {}", left.len(), so_many(accounts.len(), "account"));
        Ok(Plan::of(documents.steps).with_notes([note]))
    }
}

impl Collected {
    fn plan(
        &self,
        execution: &Execution,
        request: &Request,
        failure: Option<&fleet_runs::Failure>,
    ) -> Result<Plan<Step>, Error> {
        let Self { planned, lines, without_result, changes, now } = self;
        let run = &request.run;
        let manifest = Manifest {
            run: run.clone(),
            operation: request.work.operation.to_string(),
            apply: request.work.apply,
            execution: execution.arn.clone(),
            began: planned.at,
            ended: *now,
            failure: failure.cloned(),
            accounts: planned.accounts,
            lines: *lines,
            without_result: without_result.clone(),
            changes: changes.clone(),
        };
        let note = told(&manifest);
        let mut documents = Documents::default();
        if let Some(series) = &request.series {
            let before = changes.as_ref().map(|it| &it.since);
            documents.add_json(keys::series(series), run, &json!({"run": run, "before": before}), false)?;
        }
        documents.then();
        documents.add_json(keys::manifest(run), &note, &manifest, false)?;
        Ok(Plan::of(documents.steps).with_counts(counts(&manifest)).with_notes([note]))
    }
}

/// The run in one line, as its report tells it.
fn told(manifest: &Manifest) -> String {
    let Manifest { run, operation, failure, accounts, lines, without_result, changes, .. } = manifest;
    let changed = changes.as_ref().map(|it| format!("; places that differ from {}: {}", it.since, it.places.len()));
    let ended = failure.as_ref().map(|it| format!("; ended by {}", it.error));
    format!(
        "{operation} {run}: {}; results: {}; failures: {}; left alone: {}; without a result: {}{}{}",
        so_many(*accounts, "account"),
        lines.results,
        lines.failed(),
        lines.skipped,
        without_result.len(),
        changed.unwrap_or_default(),
        ended.unwrap_or_default()
    )
}

fn counts(manifest: &Manifest) -> Counts {
    let Manifest { lines, without_result, changes, .. } = manifest;
    let number = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
    let of_run = [
        ("results", lines.results),
        ("exceptions", lines.exceptions),
        ("failed_assume_role", lines.failed_assume_role),
        ("skipped", lines.skipped),
        ("without_result", number(without_result.len())),
        ("changed", changes.as_ref().map_or(0, |it| number(it.places.len()))),
    ];
    Counts::from([("fleet".into(), of_run.map(|(name, count)| (name.into(), count)).into())])
}

fn so_many(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
