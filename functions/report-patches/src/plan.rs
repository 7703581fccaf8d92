//! What follows from the facts: which scans are recorded, and what got worse since the last report.

use std::collections::BTreeSet;
use std::fmt;

use patching::{
    Day, Head, History, Instance, InstanceId, Place, Scan, Summary, clock, of_account, of_instance, so_many,
};
use reaction::{Counts, Plan};

use crate::facts::{Facts, Looked};
use crate::{Cause, Report, Worse};

/// How many ends of windows are remembered, so that a late duplicate is not reported again.
const EXECUTIONS: usize = 50;

/// How the text of the end of a window begins.
const EXECUTION: &str = "execution ";

/// How many things a step shows.
const SHOWN: usize = 5;

/// What was told of an instance, or of the account: the head from before, and what holds now.
pub type Told = (Option<InstanceId>, Head, BTreeSet<String>);

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Scans are recorded, each with the head from before.
    Record(Place, Vec<(Scan, Head)>),
    /// How it stands today is noted.
    Note(Place, Day),
    /// What got worse is sent.
    Report(Report),
    /// What was told is noted.
    Remember(Place, Vec<Told>, u64),
}

impl Step {
    /// What was reported is noted after it was sent.
    pub(crate) fn phase(&self) -> u8 {
        match self {
            Self::Record(..) | Self::Note(..) => 0,
            Self::Report(_) => 1,
            Self::Remember(..) => 2,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(_, scans) => match &scans[..] {
                [(scan, _)] => write!(
                    f,
                    "record the {} of {} at {}: {} missing, {} failed",
                    scan.operation.to_lowercase(),
                    scan.instance,
                    clock(scan.at),
                    scan.counts.missing,
                    scan.counts.failed
                ),
                [(first, _), ..] => write!(f, "record {} scans, from that of {} on", scans.len(), first.instance),
                [] => f.write_str("record no scan"),
            },
            Self::Note(_, Day { summary, .. }) => write!(
                f,
                "note how it stands: {} compliant, {} non-compliant, {} unknown",
                summary.compliant, summary.non_compliant, summary.unknown
            ),
            Self::Report(report) => {
                let lines: Vec<_> = report.worse.iter().take(SHOWN).map(Worse::line).collect();
                write!(f, "report what got worse: {}", lines.join("; "))?;
                match report.worse.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "; and {more} more"),
                }
            }
            Self::Remember(_, told, _) => write!(f, "note what is known of {}", so_many(told.len(), "subject")),
        }
    }
}

/// Computes what is to be done.
pub(crate) fn plan(facts: &Facts) -> Plan<Step> {
    match facts {
        Facts::Nothing(why) => Plan::Ignore(why.clone()),
        Facts::Scan(place, scan, head) if is_new(scan, head) => {
            Plan::of(vec![Step::Record(place.clone(), vec![((**scan).clone(), head.clone())])])
        }
        Facts::Scan(_, scan, _) => {
            Plan::nothing(format!("the scan of {} at {} is recorded, or a newer one is", scan.instance, clock(scan.at)))
        }
        Facts::Look(looked) => looked.plan(),
    }
}

/// Whether a scan is newer than the one of the head.
fn is_new(scan: &Scan, head: &Head) -> bool {
    head.at.is_none_or(|at| at < scan.at)
}

impl Looked {
    fn plan(&self) -> Plan<Step> {
        let Self { place, cause, survey, limits, .. } = self;
        let summary = Summary::of(survey, limits);
        let mut steps = self.records();
        steps.extend(self.day(summary).map(|day| Step::Note(place.clone(), day)));
        let none = Head::default();
        let told: Vec<_> =
            self.of_instances(&none).chain([(None, &self.of_account, self.texts_of_account())]).collect();
        let worse: Vec<_> = told.iter().flat_map(|(id, head, texts)| got_worse(id.as_ref(), head, texts)).collect();
        let counts = counts(&summary, worse.len());
        if !worse.is_empty() {
            steps.push(Step::Report(Report::new(place.clone(), survey.now, cause.clone(), summary, worse)));
        }
        let changed = told.into_iter().filter(|(_, head, texts)| head.told != *texts);
        let changed: Vec<Told> = changed.map(|(id, head, texts)| (id, head.clone(), texts)).collect();
        let remembered =
            changed.chunks(History::HEADS).map(|it| Step::Remember(place.clone(), it.to_vec(), survey.now));
        steps.extend(remembered);
        Plan::of(steps).with_counts(counts).with_incomplete(survey.incomplete.clone())
    }

    /// Steps that record every scan which is newer than the head, and whose patches were read.
    fn records(&self) -> Vec<Step> {
        let scans = self.survey.instances.iter().filter_map(|it| it.scan.as_ref()).filter(|it| it.problems.is_some());
        let of = |scan: &Scan| (scan.clone(), self.heads.get(&scan.instance).cloned().unwrap_or_default());
        let new: Vec<_> = scans.map(of).filter(|(scan, head)| is_new(scan, head)).collect();
        new.chunks(History::SCANS).map(|it| Step::Record(self.place.clone(), it.to_vec())).collect()
    }

    /// How it stands today, where that is not noted yet. What was not wholly read is not how it stands.
    fn day(&self, summary: Summary) -> Option<Day> {
        let today = Day { at: self.survey.now, summary };
        let is_noted = |it: &Day| it.midnight() == today.midnight() && it.summary == summary;
        let is_whole = self.survey.incomplete.is_empty();
        (is_whole && !self.last_day.as_ref().is_some_and(is_noted)).then_some(today)
    }

    /// What is wrong with each instance of which it is known.
    fn of_instances<'a>(
        &'a self,
        none: &'a Head,
    ) -> impl Iterator<Item = (Option<InstanceId>, &'a Head, BTreeSet<String>)> + 'a {
        self.survey.instances.iter().filter_map(move |instance| {
            let head = self.heads.get(&instance.id).unwrap_or(none);
            let texts = of_instance(instance, head, self.survey.now, &self.limits)?;
            self.is_known(instance, head).then(|| (Some(instance.id.clone()), head, texts))
        })
    }

    /// Whether the scan was read, and is not older than what another run has recorded meanwhile.
    fn is_known(&self, instance: &Instance, head: &Head) -> bool {
        let is_overtaken = match (&instance.scan, head.at) {
            (Some(scan), Some(at)) => scan.at < at,
            _ => false,
        };
        !is_overtaken && !self.survey.unread.contains(&instance.id)
    }

    /// What is wrong with the account, and the windows that ended badly, which are told once.
    fn texts_of_account(&self) -> BTreeSet<String> {
        let ended = self.of_account.told.iter().filter(|it| it.starts_with(EXECUTION));
        let mut ended: Vec<_> = ended.cloned().collect();
        if let Cause::Window { window, execution, status } = &self.cause
            && status != "SUCCESS"
        {
            ended.push(format!("{EXECUTION}{execution} of window {window} ended as {status}"));
        }
        let skipped = ended.len().saturating_sub(EXECUTIONS);
        of_account(&self.survey).into_iter().chain(ended.into_iter().skip(skipped)).collect()
    }
}

/// What is wrong now and was not told.
fn got_worse<'a>(id: Option<&InstanceId>, head: &'a Head, texts: &BTreeSet<String>) -> Vec<(Worse, &'a Head)> {
    let new = texts.difference(&head.told);
    new.map(|what| (Worse { instance: id.cloned(), what: what.clone() }, head)).collect()
}

fn counts(summary: &Summary, worse: usize) -> Counts {
    let counted = [
        ("instances", summary.instances),
        ("compliant", summary.compliant),
        ("non_compliant", summary.non_compliant),
        ("unknown", summary.unknown),
        ("critical_missing", summary.critical),
        ("security_missing", summary.security),
        ("failed_patches", summary.failed),
        ("pending_reboot", summary.pending_reboot),
        ("worse", u64::try_from(worse).unwrap_or(u64::MAX)),
    ];
    Counts::from([("patches".to_owned(), counted.map(|(name, count)| (name.to_owned(), count)).into())])
}
