//! What is done about one name, and about many at once.

use std::fmt;

use events::emr::ClusterId;

use crate::name::Name;
use crate::record::RecordSet;
use crate::zone::ZoneId;

/// What Route 53 takes in one batch: values, and characters in them.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
const MOST_RECORDS: usize = 1_000;
const MOST_CHARACTERS: usize = 32_000;

/// What becomes of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// It gets its records.
    Create,
    /// Its records lead to another node, or to another cluster.
    Update,
    /// It loses its records.
    Delete,
}

/// The change of one name: what goes, exactly as it was observed, and what comes in its place. Never an UPSERT, so that
/// Route 53 refuses it where somebody was faster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name.
    pub name: Name,
    /// What becomes of it.
    pub deed: Deed,
    /// The cluster that gets it, or had it.
    pub cluster: ClusterId,
    /// Where it leads to, or led to; `None` where somebody took its CNAME away.
    pub target: Option<String>,
    /// Where it led to, and for which cluster, before an update.
    pub was: Option<(String, ClusterId)>,
    /// What goes.
    pub delete: Vec<RecordSet>,
    /// What comes.
    pub create: Vec<RecordSet>,
}

/// Changes of one zone that Route 53 makes all or none of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The zone.
    pub zone: ZoneId,
    /// The changes, in the order of their names.
    pub changes: Vec<Change>,
}

impl Change {
    /// How much of a batch it takes: values, and characters in them.
    fn size(&self) -> (usize, usize) {
        let values = || self.delete.iter().chain(&self.create).flat_map(|set| &set.values);
        (values().count(), values().map(|value| value.chars().count()).sum())
    }
}

impl Batch {
    /// As few batches as their sizes allow, each change in one of them.
    #[must_use]
    pub fn of(zone: &ZoneId, mut changes: Vec<Change>) -> Vec<Self> {
        changes.sort_by(|one, other| one.name.cmp(&other.name));
        let mut batches: Vec<Self> = Vec::new();
        let (mut records, mut characters) = (0, 0);
        for change in changes {
            let (more, longer) = change.size();
            (records, characters) = (records + more, characters + longer);
            match batches.last_mut() {
                Some(batch) if records <= MOST_RECORDS && characters <= MOST_CHARACTERS => batch.changes.push(change),
                _ => {
                    (records, characters) = (more, longer);
                    batches.push(Self { zone: zone.clone(), changes: vec![change] });
                }
            }
        }
        batches
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, deed, cluster, target, was, .. } = self;
        let target = target.as_deref().unwrap_or("nowhere");
        match deed {
            Deed::Create => write!(f, "create {name} -> {target} for {cluster}"),
            Deed::Update => {
                write!(f, "update {name} -> {target} for {cluster}")?;
                match was {
                    None => Ok(()),
                    Some((before, holder)) if before == target && holder == cluster => {
                        let ttl = self.delete.first().map_or(0, |it| it.ttl);
                        write!(f, " (its time to live was {ttl})")
                    }
                    Some((before, holder)) => write!(f, " (was {before} for {holder})"),
                }
            }
            Deed::Delete => write!(f, "delete {name} -> {target} of {cluster}"),
        }
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes: Vec<_> = self.changes.iter().map(ToString::to_string).collect();
        write!(f, "in {}: {}", self.zone, changes.join("; "))
    }
}
