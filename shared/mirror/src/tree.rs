//! What a branch's head has in it, as git tells it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{BlobId, CommitId, Entry};

/// The most bytes that a pointer of Git LFS has. <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>
pub const POINTER_BYTES: u64 = 1023;

/// What the content of an LFS pointer says of the file that it stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LfsPointer {
    /// The SHA-256 of the file.
    pub oid: String,
    /// Its bytes.
    pub size: u64,
}

/// A branch's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub commit: CommitId,
    /// Everything in its tree.
    pub entries: Vec<Entry>,
    /// The blobs that are pointers of Git LFS, by their ids.
    pub pointers: BTreeMap<BlobId, LfsPointer>,
}
