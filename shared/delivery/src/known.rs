//! What the records of deployments know of an alias: which versions they brought it to, where the last one left it, and which code
//! versions have.

use std::collections::{BTreeMap, BTreeSet};

use crate::Target;
use crate::record::{Phase, Progress, Record};

/// What records know of aliases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    of: BTreeMap<Target, OfAlias>,
}

/// What records know of one alias.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct OfAlias {
    /// The versions that any record names, with the code of those that a delivery made.
    versions: BTreeMap<String, Option<String>>,
    left_at: Option<LeftAt>,
    /// The code that `$LATEST` may have: of the last delivery, and of those after it that failed on the way.
    latest: BTreeSet<String>,
    /// Whether a delivery certainly gave `$LATEST` its code: older ones say nothing of it.
    is_certain: bool,
}

/// Where the newest record that says so left an alias.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftAt {
    /// The deployment.
    pub(crate) deployment: String,
    /// Whether it has ended.
    pub(crate) is_over: bool,
    /// The versions that the alias may point to: one, or two where the deployment failed on the way.
    pub(crate) versions: BTreeSet<String>,
    /// The version to which the deployment can be taken back.
    pub(crate) way_back: String,
}

impl Known {
    /// What these records know, which come as histories have them: the newest first.
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut records: Vec<_> = records.iter().collect();
        // Those of one second stay in the order of the history.
        records.sort_by_key(|it| std::cmp::Reverse(it.started));
        let mut known = Self::default();
        for record in records {
            for (target, progress) in &record.targets {
                let code = record.goods.get(&target.function).and_then(|it| it.sha256.as_ref());
                let of = known.of.entry(target.clone()).or_default();
                of.note_versions(progress, code);
                of.note_latest(progress, code);
                if of.left_at.is_none() {
                    of.left_at = left_at(record, progress);
                }
            }
        }
        known
    }

    /// Whether a record names this version of the target.
    pub(crate) fn has(&self, target: &Target, version: &str) -> bool {
        self.of.get(target).is_some_and(|it| it.versions.contains_key(version))
    }

    /// The code of a version, where a delivery made or found it.
    pub(crate) fn code(&self, target: &Target, version: &str) -> Option<&String> {
        self.of.get(target)?.versions.get(version)?.as_ref()
    }

    /// The code that `$LATEST` may have; nothing is known where there is none.
    pub(crate) fn latest(&self, target: &Target) -> Option<&BTreeSet<String>> {
        self.of.get(target).map(|it| &it.latest).filter(|it| !it.is_empty())
    }

    /// Where each alias was left.
    pub(crate) fn left_at(&self) -> impl Iterator<Item = (&Target, &LeftAt)> {
        self.of.iter().filter_map(|(target, it)| Some((target, it.left_at.as_ref()?)))
    }
}

impl OfAlias {
    fn note_versions(&mut self, it: &Progress, code: Option<&String>) {
        let of_before = code.filter(|_| it.phase == Phase::Unchanged);
        for (version, code) in [(Some(&it.before), of_before), (it.after.as_ref(), code)] {
            let Some(version) = version.filter(|it| !it.is_empty()) else { continue };
            let known = self.versions.entry(version.clone()).or_default();
            *known = known.take().or_else(|| code.cloned());
        }
    }

    /// Records come from the newest to the oldest.
    fn note_latest(&mut self, it: &Progress, code: Option<&String>) {
        let Some(code) = code.filter(|_| !self.is_certain) else { return };
        let has_begun = it.times.iter().any(|(phase, _)| *phase == Phase::Updating);
        self.is_certain = it.after.is_some() || it.phase == Phase::Unchanged;
        if has_begun || self.is_certain {
            self.latest.insert(code.clone());
        }
    }
}

/// Where a deployment left a target; `None` where it says nothing of it.
fn left_at(record: &Record, it: &Progress) -> Option<LeftAt> {
    let before = Some(it.before.clone()).filter(|it| !it.is_empty());
    let versions = match it.phase {
        Phase::LeftAlone | Phase::Waiting => return None,
        Phase::Unchanged | Phase::RolledBack | Phase::Updating | Phase::Publishing => vec![before],
        Phase::Done => vec![it.after.clone().or(before)],
        Phase::Shifting | Phase::Baking | Phase::Failed => vec![before, it.after.clone()],
    };
    let versions: BTreeSet<_> = versions.into_iter().flatten().collect();
    let (deployment, is_over) = (record.deployment.clone(), record.status.is_over());
    Some(LeftAt { deployment, is_over, versions, way_back: it.before.clone() }).filter(|it| !it.versions.is_empty())
}
