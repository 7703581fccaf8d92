//! Deployments, as text and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use delivery::{Drift, OnFailure, Phase, Progress, Record, Target, Traffic};
use place::plain;
use serde::Serialize;
use terminal::time;

use crate::output;

/// What a deployment would do.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Planned<'a> {
    functions: BTreeMap<&'a str, PlannedFunction<'a>>,
    traffic: Traffic,
    bake_minutes: u64,
    on_failure: OnFailure,
    waves: Vec<Vec<PlannedTarget<'a>>>,
}

/// What one function would get.
#[derive(Serialize)]
struct PlannedFunction<'a> {
    sha256: Option<&'a str>,
    alarms: &'a BTreeSet<String>,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// What would be done at one target.
#[derive(Serialize)]
struct PlannedTarget<'a> {
    target: &'a Target,
    /// The version behind the alias, to which the deployment could be taken back.
    version: &'a str,
    /// Whether it gets the code, or has it already.
    changes: bool,
}

/// A deployment with its targets.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Whole<'a>(pub(super) &'a Record);

/// A way back that has been gone already: no deployment, and `null` in JSON.
#[derive(Serialize)]
pub(super) struct Back;

/// The deployments of a function, a line each.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct History<'a> {
    #[serde(skip)]
    pub(super) function: &'a str,
    pub(super) records: Vec<Record>,
}

/// Aliases against the records.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Rows(pub(super) Vec<Drift>);

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The targets in the order of their waves, with the number of the wave.
fn by_wave(record: &Record) -> impl Iterator<Item = (usize, &Target, &Progress)> {
    let waves = record.waves.iter().enumerate();
    let targets = waves.flat_map(|(at, wave)| wave.iter().map(move |target| (at + 1, target)));
    targets.filter_map(|(wave, target)| Some((wave, target, record.targets.get(target)?)))
}

impl<'a> Planned<'a> {
    /// What a record would do that was not begun.
    pub(super) fn of(record: &'a Record) -> Self {
        let function = |(name, goods): (&'a String, &'a delivery::Goods)| {
            let (before, after) = (goods.before.as_deref(), goods.after.as_deref());
            let of = PlannedFunction { sha256: goods.sha256.as_deref(), alarms: &goods.alarms, before, after };
            (name.as_str(), of)
        };
        let target = |target: &'a Target| {
            let it = record.targets.get(target)?;
            Some(PlannedTarget { target, version: &it.before, changes: it.phase != Phase::Unchanged })
        };
        Self {
            functions: record.goods.iter().map(function).collect(),
            traffic: record.traffic,
            bake_minutes: record.bake,
            on_failure: record.on_failure,
            waves: record.waves.iter().map(|wave| wave.iter().filter_map(target).collect()).collect(),
        }
    }
}

impl fmt::Display for Planned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, it) in &self.functions {
            write!(f, "{name}: code {}", it.sha256.unwrap_or("-"))?;
            let hooks = [("hook before", it.before), ("hook after", it.after)];
            for (what, hook) in hooks.into_iter().filter_map(|(what, hook)| Some((what, hook?))) {
                write!(f, ", {what} {hook}")?;
            }
            if !it.alarms.is_empty() {
                let alarms: Vec<_> = it.alarms.iter().map(|it| plain(it)).collect();
                write!(f, ", alarms {}", alarms.join(", "))?;
            }
            writeln!(f)?;
        }
        let (traffic, failure) = (traffic(self.traffic), on_failure(self.on_failure));
        writeln!(
            f,
            "traffic moves {traffic}, and is watched for {} minutes; after a failure {failure}",
            self.bake_minutes
        )?;
        let mut table = output::table(["WAVE", "TARGET", "VERSION NOW", "WHAT"]);
        for (at, wave) in self.waves.iter().enumerate() {
            for PlannedTarget { target, version, changes } in wave {
                let what = if *changes { "gets the code" } else { "has the code already" };
                let cells = [(at + 1).to_string(), target.to_string(), or_dash(version).to_owned(), what.to_owned()];
                table.add_row(cells);
            }
        }
        f.write_str(&table.trim_fmt())
    }
}

fn traffic(it: Traffic) -> String {
    match it {
        Traffic::AllAtOnce => "all at once".into(),
        Traffic::Canary { percent, minutes } => format!("{percent} % for {minutes} minutes, then all"),
        Traffic::Linear { percent, minutes } => format!("{percent} % every {minutes} minutes"),
    }
}

fn on_failure(it: OnFailure) -> &'static str {
    match it {
        OnFailure::Rollback => "what moved moves back",
        OnFailure::Stop => "everything stays as it is",
    }
}

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = self.0;
        writeln!(f, "deployment {} ({}): {}", it.deployment, it.kind, it.status)?;
        if let Some(reason) = &it.reason {
            writeln!(f, "{}", plain(reason))?;
        }
        let ended = it.ended.map_or_else(String::new, |ended| format!(", ended {}", time(ended)));
        writeln!(f, "by {}, from {}; began {}{ended}", plain(&it.who), plain(&it.source), time(it.started))?;
        let mut table = output::table(["WAVE", "TARGET", "BEFORE", "AFTER", "PHASE", "WHY"]);
        for (wave, target, progress) in by_wave(it) {
            table.add_row([
                wave.to_string(),
                target.to_string(),
                or_dash(&progress.before).to_owned(),
                progress.after.clone().unwrap_or_else(|| "-".into()),
                progress.phase.to_string(),
                progress.reason.as_deref().map(plain).unwrap_or_default(),
            ]);
        }
        f.write_str(&table.trim_fmt())
    }
}

impl fmt::Display for Back {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is to be taken back: every alias of the deployment is at the version from before it")
    }
}

impl fmt::Display for History<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.records.is_empty() {
            return write!(f, "no deployment of {} is recorded", plain(self.function));
        }
        let mut table = output::table(["BEGAN", "DEPLOYMENT", "WHAT", "STATUS", "TARGETS", "VERSIONS", "BY"]);
        for it in &self.records {
            table.add_row([
                time(it.started),
                it.deployment.clone(),
                it.kind.to_string(),
                it.status.to_string(),
                it.targets.len().to_string(),
                it.versions(self.function),
                plain(&it.who),
            ]);
        }
        f.write_str(&table.trim_fmt())
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no deployment is recorded");
        }
        let mut table = output::table(["TARGET", "RECORDED", "FOUND", "DEPLOYMENT", "WHAT DIFFERS"]);
        for Drift { target, deployment, recorded, found, differences } in &self.0 {
            let recorded: Vec<_> = recorded.iter().map(String::as_str).collect();
            let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
            let what = if differences.is_empty() { "nothing".to_owned() } else { differences.join("; ") };
            table.add_row([target.to_string(), recorded.join(" or "), found.clone(), deployment.clone(), what]);
        }
        f.write_str(&table.trim_fmt())
    }
}
