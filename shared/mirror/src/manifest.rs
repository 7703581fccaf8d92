//! The objects that Signalbox keeps beside a mirrored repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::tree::LfsPointer;
use crate::{BlobId, CommitId, Mode, RepositoryName};

/// The format of manifests and journals. One of another format is not understood.
pub const FORMAT: u32 = 1;

/// An object that was read, and the ETag by which it is replaced on condition that it is still the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// What it says.
    pub it: T,
    /// Its ETag, as S3 gave it.
    pub etag: String,
}

/// What the layout of a repository consists of: it is the last thing that a run writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The repository.
    pub repository: RepositoryName,
    /// The branch that owns the layout.
    pub branch: String,
    /// The commit that it had.
    pub commit: CommitId,
    /// The settings that decide what a file becomes.
    pub rules: Rules,
    /// The objects, by their paths.
    pub files: BTreeMap<String, Record>,
    /// What of the commit is not in the layout.
    pub left: Vec<Left>,
}

/// The settings that decide what a file becomes: where they change, a commit is looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The bytes of a file at most.
    pub largest: u64,
    /// Whether files of Git LFS are fetched.
    pub lfs: bool,
}

/// An object of the layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it is in git.
    pub mode: Mode,
    /// The id of its content in git.
    pub blob: BlobId,
    /// The bytes of the object.
    pub size: u64,
    /// The ETag that S3 gave it.
    pub etag: String,
    /// The file of Git LFS that the object is, where the blob is its pointer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lfs: Option<LfsPointer>,
}

/// An entry of the commit that is not in the bucket as git has it, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Left {
    /// The path; bytes that are no text are shown as `\xNN`.
    pub path: String,
    /// Why.
    pub why: Why,
    /// The same in words.
    pub message: String,
}

/// Why an entry is not in the bucket as git has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is a symbolic link.
    Symlink,
    /// It is a submodule.
    Submodule,
    /// Its path is no key.
    Key,
    /// It is larger than the configuration lets a file be.
    Large,
    /// It is a pointer of Git LFS, and the configuration does not say that its file is fetched: the pointer itself is mirrored.
    LfsPointer,
}

/// The name of the reason in reports, which stays the same.
impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symlink => "symlink",
            Self::Submodule => "submodule",
            Self::Key => "key",
            Self::Large => "large",
            Self::LfsPointer => "lfs-pointer",
        })
    }
}

/// What a run is about to change in the layout: written before its first change, and deleted after its manifest. Where there is one, a
/// run was broken off, and no manifest says what these paths hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// [`FORMAT`].
    pub format: u32,
    /// The commit that the layout is to have.
    pub commit: CommitId,
    /// The paths that are written or deleted.
    pub paths: BTreeSet<String>,
}

/// Which copy of a commit is the one of a branch's head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The repository.
    pub repository: RepositoryName,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: CommitId,
    /// What the keys of the copy begin with.
    pub prefix: String,
    /// How many files it has.
    pub files: usize,
    /// What the keys of the former copies that stay begin with, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
    /// What the keys of copies that are being deleted begin with. While a prefix stands here, nothing is written below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<String>,
}

/// What the copy of a commit consists of: written before its first object, and deleted after its last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyManifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The repository.
    pub repository: RepositoryName,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: CommitId,
    /// The paths of its objects.
    pub paths: BTreeSet<String>,
}

impl Manifest {
    /// Whether the layout is as this commit and these settings would make it.
    #[must_use]
    pub fn is_of(&self, branch: &str, commit: &CommitId, rules: &Rules) -> bool {
        self.branch == branch && self.commit == *commit && self.rules == *rules
    }
}
