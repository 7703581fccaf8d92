//! How instances are patched, as text and as JSON.

use std::collections::BTreeSet;
use std::fmt;

use patching::{Day, Head, Instance, Limits, Place, Seen, Status, Summary, clock, of_account, sparkline, status};
use place::{plain, shortened};
use serde::Serialize;

use crate::output;

/// How much is shown of a name.
const LONGEST: usize = 40;

/// What is shown.
#[derive(Serialize)]
pub(super) struct View {
    summary: Summary,
    /// Instances that were not known to be compliant, in percent, on each of the last days.
    trend: Vec<u32>,
    instances: Vec<Row>,
    /// What is wrong with no single instance.
    wrong: Vec<String>,
    /// What could not be read.
    pub(super) incomplete: Vec<String>,
    /// Accounts and Regions in which nothing was to be looked at, with why.
    pub(super) skipped: Vec<String>,
    #[serde(skip)]
    without_history: Vec<String>,
}

/// One instance.
#[derive(Serialize)]
struct Row {
    account: String,
    region: String,
    instance: String,
    name: Option<String>,
    group: Option<String>,
    status: &'static str,
    #[serde(skip)]
    shown: Status,
    critical: Option<u32>,
    security: Option<u32>,
    missing: Option<u32>,
    failed: Option<u32>,
    pending_reboot: Option<u32>,
    scanned: Option<String>,
    trend: Vec<u32>,
}

impl View {
    /// What is shown of these places, of one group or of all.
    pub(super) fn of(seen: Vec<Seen>, group: Option<&str>, limits: &Limits) -> Self {
        let mut view = Self {
            summary: Summary::default(),
            trend: if group.is_none() { trend(&seen) } else { Vec::new() },
            instances: Vec::new(),
            wrong: Vec::new(),
            incomplete: Vec::new(),
            skipped: Vec::new(),
            without_history: Vec::new(),
        };
        for Seen { place, mut survey, heads, has_history, .. } in seen {
            if group.is_none() {
                view.wrong.extend(of_account(&survey).into_iter().map(|it| format!("{place}: {it}")));
            }
            survey.instances.retain(|it| group.is_none() || it.group.as_deref() == group);
            view.summary = view.summary.and(&Summary::of(&survey, limits));
            let rows = survey.instances.iter().map(|it| Row::of(&place, it, heads.get(&it.id), (survey.now, limits)));
            view.instances.extend(rows);
            view.incomplete.extend(survey.incomplete.into_iter().map(|it| format!("{place}: {it}")));
            view.without_history.extend((!has_history).then(|| place.to_string()));
        }
        view
    }

    /// What to say beside the data.
    pub(super) fn notes(&self) -> Vec<String> {
        let places = self.without_history.join(", ");
        let note = format!(
            "there is no history, and so no trend, in {places}: deploy report-patches, or name its table (--patches-table)"
        );
        let skipped = self.skipped.iter().map(|it| format!("skipped: {it}"));
        skipped.chain((!self.without_history.is_empty()).then_some(note)).collect()
    }
}

/// The days of all places together; a place without a day counts as it was on its last one before.
fn trend(seen: &[Seen]) -> Vec<u32> {
    let days: BTreeSet<_> = seen.iter().flat_map(|it| &it.days).map(Day::midnight).collect();
    let on = |midnight: u64| {
        let of_place = |it: &Seen| it.days.iter().rev().find(|day| day.midnight() <= midnight).map(|day| day.summary);
        seen.iter().filter_map(of_place).fold(Summary::default(), |all, it| all.and(&it)).open_percent()
    };
    days.into_iter().map(on).collect()
}

impl Row {
    fn of(place: &Place, instance: &Instance, head: Option<&Head>, (now, limits): (u64, &Limits)) -> Self {
        let shown = status(instance, now, limits);
        let counts = instance.scan.as_ref().map(|it| it.counts);
        Self {
            account: place.account.to_string(),
            region: place.region.to_string(),
            instance: instance.id.to_string(),
            name: instance.name.clone(),
            group: instance.group.clone(),
            status: shown.word(),
            shown,
            critical: counts.map(|it| it.critical),
            security: counts.map(|it| it.security),
            missing: counts.map(|it| it.missing),
            failed: counts.map(|it| it.failed),
            pending_reboot: counts.map(|it| it.pending_reboot),
            scanned: instance.scan.as_ref().map(|it| clock(it.at)),
            trend: head.map(|it| it.trend.clone()).unwrap_or_default(),
        }
    }
}

/// The instances, what is wrong beside them, and the summary last, where a person looks first.
impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.instances.is_empty() {
            let mut table = output::table(TITLES);
            table.add_rows(self.instances.iter().map(Row::cells));
            writeln!(f, "{}\n", table.trim_fmt())?;
        }
        for wrong in &self.wrong {
            writeln!(f, "{}", plain(wrong))?;
        }
        let Summary { instances, compliant, non_compliant, unknown, critical, security, failed, pending_reboot } =
            self.summary;
        writeln!(f, "{instances} instances: {compliant} compliant, {non_compliant} non-compliant, {unknown} unknown")?;
        write!(f, "patches: {critical} critical, {security} security, {failed} failed; ")?;
        write!(f, "waiting for a reboot: {pending_reboot}")?;
        match self.trend.last() {
            Some(last) => write!(f, "\nnot known to be compliant: {} {last} %", sparkline(&self.trend)),
            None => Ok(()),
        }
    }
}

const TITLES: [&str; 13] = [
    "ACCOUNT", "REGION", "INSTANCE", "NAME", "GROUP", "CRITICAL", "SECURITY", "MISSING", "FAILED", "REBOOT", "SCANNED",
    "TREND", "STATUS",
];

impl Row {
    /// As the titles say; what may be long stands at the end.
    fn cells(&self) -> [String; 13] {
        let text = |it: &Option<String>| it.as_deref().map_or_else(|| "-".into(), |it| shortened(&plain(it), LONGEST));
        let number = |it: Option<u32>| it.map_or_else(|| "-".into(), |it| it.to_string());
        let trend = if self.trend.is_empty() { "-".into() } else { sparkline(&self.trend) };
        [
            self.account.clone(),
            self.region.clone(),
            self.instance.clone(),
            text(&self.name),
            text(&self.group),
            number(self.critical),
            number(self.security),
            number(self.missing),
            number(self.failed),
            number(self.pending_reboot),
            text(&self.scanned),
            trend,
            self.shown.to_string(),
        ]
    }
}
