//! What is done to the bucket, as values.

use std::fmt;

use crate::BlobId;
use crate::manifest::{CopyManifest, Journal, Manifest, Pointer};
use crate::tree::LfsPointer;

/// How many objects a step writes, and how many keys one request deletes, at most.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
pub const BATCH: usize = 1000;

/// How many paths a step names where it is printed.
const SHOWN: usize = 3;

/// Where the content of an object comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// This blob.
    Blob(BlobId),
    /// The file of Git LFS that a blob points to.
    Lfs(LfsPointer),
}

/// An object that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The path in the repository.
    pub path: String,
    /// Its content.
    pub content: Content,
    /// Its bytes.
    pub size: u64,
    /// The ETag of the object that it replaces, as far as the manifest says.
    pub replaces: Option<String>,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// What a commit's copy is to consist of is written, before its objects.
    List {
        /// Its key.
        key: String,
        /// What.
        manifest: CopyManifest,
        /// The ETag of the one that there is, of a run that was broken off.
        replaces: Option<String>,
    },
    /// Objects of a commit's copy are written.
    Copy {
        /// The branch.
        branch: String,
        /// What their keys begin with.
        prefix: String,
        /// The objects.
        uploads: Vec<Upload>,
    },
    /// A branch's pointer is moved.
    Point {
        /// Its key.
        key: String,
        /// What it says then.
        pointer: Pointer,
        /// The ETag that it has now; `None` where there is none.
        replaces: Option<String>,
    },
    /// The journal says what is about to change.
    Open {
        /// What.
        journal: Journal,
        /// The ETag of the journal of a run that was broken off.
        replaces: Option<String>,
    },
    /// Objects of the layout are written.
    Upload {
        /// The branch.
        branch: String,
        /// The objects.
        uploads: Vec<Upload>,
    },
    /// Objects of the layout are deleted, by their paths.
    Delete(Vec<String>),
    /// The manifest says what the layout consists of.
    Record {
        /// What. Of what this run writes, the ETags are not known yet.
        manifest: Manifest,
        /// The ETag that it has now; `None` where there is none.
        replaces: Option<String>,
    },
    /// The journal is deleted.
    Close,
    /// Objects of a former copy are deleted, by their paths.
    Expire {
        /// The branch.
        branch: String,
        /// What their keys begin with.
        prefix: String,
        /// The paths.
        paths: Vec<String>,
    },
    /// What a former copy consisted of is deleted, once its objects are.
    Forget {
        /// The branch.
        branch: String,
        /// Its key.
        key: String,
        /// The ETag that it has.
        etag: String,
    },
}

/// In which phase a step is carried out. What follows the pointer never sees what comes after it.
#[must_use]
pub fn phase(step: &Step) -> u8 {
    match step {
        Step::List { .. } => 0,
        Step::Copy { .. } => 1,
        Step::Point { .. } => 2,
        Step::Open { .. } => 3,
        Step::Upload { .. } => 4,
        Step::Delete(_) => 5,
        Step::Record { .. } => 6,
        Step::Close => 7,
        Step::Expire { .. } => 8,
        Step::Forget { .. } => 9,
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { key, manifest, .. } => {
                write!(f, "note in {key} that the copy has {}", counted(manifest.paths.len(), "file"))
            }
            Self::Copy { prefix, uploads, .. } => {
                write!(f, "write {} below {prefix}: {}", sum(uploads), listed(uploads.iter().map(|it| &it.path)))
            }
            Self::Point { key, pointer, replaces } => {
                let how = if replaces.is_some() { "move" } else { "make" };
                write!(f, "{how} the pointer {key}: commit {}", pointer.commit)
            }
            Self::Open { journal, replaces } => {
                let left = if replaces.is_some() { ", after a run that was broken off" } else { "" };
                write!(f, "note in the journal that {} change{left}", counted(journal.paths.len(), "path"))
            }
            Self::Upload { uploads, .. } => {
                write!(f, "write {}: {}", sum(uploads), listed(uploads.iter().map(|it| &it.path)))
            }
            Self::Delete(paths) => write!(f, "delete {}: {}", counted(paths.len(), "object"), listed(paths.iter())),
            Self::Record { manifest, .. } => {
                write!(f, "write the manifest: commit {}, {}", manifest.commit, counted(manifest.files.len(), "file"))
            }
            Self::Close => f.write_str("delete the journal"),
            Self::Expire { prefix, paths, .. } => {
                write!(
                    f,
                    "delete {} of the former copy {prefix}: {}",
                    counted(paths.len(), "object"),
                    listed(paths.iter())
                )
            }
            Self::Forget { key, .. } => write!(f, "delete {key}"),
        }
    }
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn sum(uploads: &[Upload]) -> String {
    let bytes: u64 = uploads.iter().map(|it| it.size).sum();
    format!("{} ({bytes} bytes)", counted(uploads.len(), "object"))
}

fn listed<'a>(paths: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = paths.len().saturating_sub(SHOWN);
    let shown = paths.take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
