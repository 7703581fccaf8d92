//! Deployments, as text and as JSON.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use delivery::{Drift, Phase, Progress, Record, Target};
use place::plain;
use serde::Serialize;

use crate::output;

/// What a deployment would do.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Planned<'a>(pub(super) &'a Record);

/// A deployment with its targets.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Whole<'a>(pub(super) &'a Record);

/// Deployments, a line each.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Lines(pub(super) Vec<Record>);

/// Aliases against the records.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Rows(pub(super) Vec<Drift>);

/// A time of a record, in UTC.
fn time(seconds: u64) -> String {
    let time = DateTime::from(UNIX_EPOCH + Duration::from_secs(seconds));
    time.fmt(Format::DateTime).unwrap_or_default()
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The targets in the order of their waves, with the number of the wave.
fn by_wave(record: &Record) -> impl Iterator<Item = (usize, &Target, &Progress)> {
    let waves = record.waves.iter().enumerate();
    let targets = waves.flat_map(|(at, wave)| wave.iter().map(move |target| (at + 1, target)));
    targets.filter_map(|(wave, target)| Some((wave, target, record.targets.get(target)?)))
}

impl fmt::Display for Planned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = output::table(["WAVE", "TARGET", "VERSION NOW", "WHAT"]);
        for (wave, target, it) in by_wave(self.0) {
            let what = if it.phase == Phase::Unchanged { "has the code already" } else { "gets the code" };
            table.add_row([wave.to_string(), target.to_string(), or_dash(&it.before).to_owned(), what.to_owned()]);
        }
        f.write_str(&table.trim_fmt())
    }
}

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = self.0;
        writeln!(f, "deployment {}: {}", it.deployment, it.status)?;
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

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no deployment of this function is recorded");
        }
        let mut table = output::table(["BEGAN", "DEPLOYMENT", "STATUS", "TARGETS", "BY"]);
        for it in &self.0 {
            table.add_row([
                time(it.started),
                it.deployment.clone(),
                it.status.to_string(),
                it.targets.len().to_string(),
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
        let mut table = output::table(["TARGET", "RECORDED", "FOUND", "STATE", "DEPLOYMENT"]);
        for Drift { target, deployment, recorded, found, state } in &self.0 {
            let recorded: Vec<_> = recorded.iter().map(String::as_str).collect();
            let cells = [target.to_string(), recorded.join(" or "), found.clone(), state.to_string()];
            table.add_row(cells.into_iter().chain([deployment.clone()]));
        }
        f.write_str(&table.trim_fmt())
    }
}
