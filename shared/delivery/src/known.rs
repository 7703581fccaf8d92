//! What the records of deployments know of an alias: which versions they brought it to, and where the last one left it.

use std::collections::{BTreeMap, BTreeSet};

use crate::Target;
use crate::record::{Phase, Progress, Record};

/// What records know of aliases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    versions: BTreeMap<Target, BTreeSet<String>>,
    left_at: BTreeMap<Target, (u64, LeftAt)>,
    under_way: Option<String>,
}

/// Where the newest record that says so left an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftAt {
    /// The deployment.
    pub(crate) deployment: String,
    /// The versions that the alias may point to: one, or two where the deployment failed on the way.
    pub(crate) versions: BTreeSet<String>,
}

impl Known {
    /// What these records know.
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut known = Self::default();
        for record in records {
            if !record.status.is_over() {
                known.under_way.get_or_insert_with(|| record.deployment.clone());
            }
            for (target, progress) in &record.targets {
                let versions = known.versions.entry(target.clone()).or_default();
                versions.extend([Some(progress.before.clone()), progress.after.clone()].into_iter().flatten());
                let Some(at) = left_at(progress) else { continue };
                let newer = (record.started, LeftAt { deployment: record.deployment.clone(), versions: at });
                let older = known.left_at.get(target).is_none_or(|(started, _)| *started <= record.started);
                if older {
                    known.left_at.insert(target.clone(), newer);
                }
            }
        }
        known
    }

    /// Whether a record names this version of the target.
    pub(crate) fn has(&self, target: &Target, version: &str) -> bool {
        self.versions.get(target).is_some_and(|it| it.contains(version))
    }

    /// A deployment that has not ended.
    pub(crate) fn under_way(&self) -> Option<&str> {
        self.under_way.as_deref()
    }

    /// Where each alias was left.
    pub(crate) fn left_at(&self) -> impl Iterator<Item = (&Target, &LeftAt)> {
        self.left_at.iter().map(|(target, (_, it))| (target, it))
    }
}

/// The versions at which a deployment left a target; `None` where it says nothing of it.
fn left_at(it: &Progress) -> Option<BTreeSet<String>> {
    let before = Some(it.before.clone()).filter(|it| !it.is_empty());
    let versions = match it.phase {
        Phase::LeftAlone => return None,
        Phase::Unchanged | Phase::RolledBack | Phase::Waiting | Phase::Updating | Phase::Publishing => vec![before],
        Phase::Done => vec![it.after.clone().or(before)],
        Phase::Shifting | Phase::Baking | Phase::Failed => vec![before, it.after.clone()],
    };
    let versions: BTreeSet<_> = versions.into_iter().flatten().collect();
    Some(versions).filter(|it| !it.is_empty())
}
