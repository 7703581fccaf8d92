//! How the bucket differs from the head, by what a listing and the manifest say.
//!
//! The manifest says which blob was written under which ETag, and the listing says which ETag and size each object has now. So an object
//! that was overwritten, deleted or added shows, and so does a file of another blob; nothing is downloaded. What does not show: that S3
//! holds other bytes than were sent (each upload carries a checksum that S3 compares), and a manifest that a writer of the bucket made up.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::layout::sorted_out;
use crate::manifest::{Manifest, Rules};
use crate::tree::Head;
use crate::{BlobId, Keys, RepositoryName};

/// An object as S3 lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its ETag.
    pub etag: String,
    /// Its bytes.
    pub size: u64,
}

/// How a path differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "drift", rename_all = "kebab-case")]
pub enum Drift {
    /// The head has it, and the bucket does not.
    Missing {
        /// The path.
        path: String,
    },
    /// The bucket has it, Signalbox wrote it, and the head does not have it.
    Stale {
        /// The path.
        path: String,
    },
    /// The bucket has it, and no manifest says that Signalbox wrote it. Signalbox never deletes it.
    Foreign {
        /// The path.
        path: String,
    },
    /// The head has another content than the one that Signalbox wrote.
    Behind {
        /// The path.
        path: String,
        /// The blob that the head has.
        head: BlobId,
        /// The blob that was written.
        written: BlobId,
    },
    /// Another writer has changed the object since.
    Overwritten {
        /// The path.
        path: String,
    },
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "missing: {path}"),
            Self::Stale { path } => write!(f, "stale: {path}"),
            Self::Foreign { path } => write!(f, "foreign: {path}"),
            Self::Behind { path, head, written } => write!(f, "behind: {path} (head {head}, bucket {written})"),
            Self::Overwritten { path } => write!(f, "overwritten: {path}"),
        }
    }
}

/// Compares the head with the objects of the layout, by path.
#[must_use]
pub fn verify(
    name: &RepositoryName,
    head: &Head,
    rules: &Rules,
    manifest: Option<&Manifest>,
    objects: &BTreeMap<String, Object>,
) -> Vec<Drift> {
    let (wanted, _) = sorted_out(&Keys(name).layout(), head, rules);
    let mut drift = Vec::new();
    for (path, wanted) in &wanted {
        let record = manifest.and_then(|it| it.files.get(path));
        let path = path.clone();
        match (record, objects.get(&path)) {
            (_, None) => drift.push(Drift::Missing { path }),
            (None, Some(_)) => drift.push(Drift::Foreign { path }),
            (Some(record), Some(object)) if record.etag != object.etag || record.size != object.size => {
                drift.push(Drift::Overwritten { path });
            }
            (Some(record), Some(_)) if record.blob != wanted.blob || record.lfs != wanted.lfs => {
                drift.push(Drift::Behind { path, head: wanted.blob, written: record.blob });
            }
            _ => {}
        }
    }
    for path in objects.keys().filter(|path| !wanted.contains_key(*path)) {
        let is_ours = manifest.is_some_and(|it| it.files.contains_key(path));
        let path = path.clone();
        drift.push(if is_ours { Drift::Stale { path } } else { Drift::Foreign { path } });
    }
    drift
}

/// Compares the head with the copy of its commit, by path. An object of a copy is written once, so that its size tells whether it is whole.
#[must_use]
pub fn verify_copy(prefix: &str, head: &Head, rules: &Rules, objects: &BTreeMap<String, Object>) -> Vec<Drift> {
    let (wanted, _) = sorted_out(prefix, head, rules);
    let of_head = wanted.iter().filter_map(|(path, wanted)| match objects.get(path) {
        None => Some(Drift::Missing { path: path.clone() }),
        Some(object) => (object.size != wanted.size).then(|| Drift::Overwritten { path: path.clone() }),
    });
    let foreign = objects.keys().filter(|path| !wanted.contains_key(*path));
    of_head.chain(foreign.map(|path| Drift::Foreign { path: path.clone() })).collect()
}
