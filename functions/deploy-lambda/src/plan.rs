//! What follows from the facts: before the first change everything is looked at and rehearsed; then the deployment goes on as far as it can.

use std::collections::BTreeSet;
use std::fmt;

use delivery::{Phase, Record, Status, Target};
use reaction::{Error, Plan};

use crate::facts::Facts;

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The code is put where Lambda reads it.
    Put {
        /// The functions.
        functions: Vec<String>,
        /// The Regions.
        regions: Vec<String>,
    },
    /// Lambda tries each change without making it.
    Rehearse(usize),
    /// The record is written, before the first change.
    Record(String),
    /// The deployment goes on as far as it can now.
    GoOn {
        /// Its id.
        deployment: String,
        /// What is worked on, in words.
        what: String,
    },
}

impl Step {
    pub(crate) fn phase(&self) -> u8 {
        match self {
            Self::Put { .. } => 0,
            Self::Rehearse(_) => 1,
            Self::Record(_) => 2,
            Self::GoOn { .. } => 3,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put { functions, regions } => {
                write!(f, "put the code of {} where Lambda reads it in {}", functions.join(", "), regions.join(", "))
            }
            Self::Rehearse(targets) => write!(f, "rehearse the change at each of {targets} targets"),
            Self::Record(deployment) => write!(f, "record deployment {deployment}"),
            Self::GoOn { deployment, what } => write!(f, "go on with deployment {deployment}: {what}"),
        }
    }
}

/// Computes what is to be done.
pub(crate) fn plan(facts: &Facts) -> Result<Plan<Step>, Error> {
    match facts {
        Facts::Forbidden(findings) => Ok(Plan::of(Vec::new()).with_findings(findings.clone())),
        Facts::New(record) => Ok(begin(record)),
        Facts::Begun(record) => go_on(record),
    }
}

fn begin(record: &Record) -> Plan<Step> {
    let changed: Vec<_> =
        record.targets.iter().filter(|(_, it)| it.phase != Phase::Unchanged).map(|(it, _)| it).collect();
    if changed.is_empty() {
        return Plan::nothing(format!("every target has the code already: {}", named(record.targets.keys())));
    }
    let functions: BTreeSet<_> = changed.iter().map(|it| it.function.clone()).collect();
    let regions: BTreeSet<_> = changed.iter().map(|it| it.region.to_string()).collect();
    let deployment = record.deployment.clone();
    let steps = vec![
        Step::Put { functions: functions.into_iter().collect(), regions: regions.into_iter().collect() },
        Step::Rehearse(changed.len()),
        Step::Record(deployment.clone()),
        Step::GoOn { deployment, what: wave(record) },
    ];
    let unchanged: Vec<_> =
        record.targets.iter().filter(|(_, it)| it.phase == Phase::Unchanged).map(|(it, _)| it).collect();
    let note = (!unchanged.is_empty()).then(|| format!("these have the code already: {}", named(unchanged)));
    Plan::of(steps).with_notes(note)
}

fn go_on(record: &Record) -> Result<Plan<Step>, Error> {
    let deployment = record.deployment.clone();
    let of_status = |what: String| Ok(Plan::of(vec![Step::GoOn { deployment: deployment.clone(), what }]));
    match record.status {
        Status::Running => of_status(wave(record)),
        Status::RollingBack => of_status("what it moved moves back".into()),
        Status::Succeeded => Ok(Plan::nothing(format!("deployment {deployment} has succeeded"))),
        Status::RolledBack | Status::Stopped => Err(ended(record)),
    }
}

/// The error of a deployment that did not succeed.
pub(crate) fn ended(record: &Record) -> Error {
    let reason = record.reason.as_deref().unwrap_or("no reason");
    Error::failed(format!("deployment {} was {}: {reason}", record.deployment, record.status))
}

/// The wave that is under way, in words.
fn wave(record: &Record) -> String {
    let at = record.wave.min(record.waves.len().saturating_sub(1));
    let targets = record.waves.get(at).map(Vec::as_slice).unwrap_or_default();
    format!("wave {} of {}: {}", at + 1, record.waves.len(), named(targets))
}

/// A few targets by name, and how many others.
fn named<'a>(targets: impl IntoIterator<Item = &'a Target>) -> String {
    const SHOWN: usize = 10;
    let all: Vec<_> = targets.into_iter().map(ToString::to_string).collect();
    let rest = all.len().saturating_sub(SHOWN);
    let shown = all.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
    if rest == 0 { shown } else { format!("{shown} and {rest} others") }
}
