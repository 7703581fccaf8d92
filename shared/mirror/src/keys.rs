//! Under which key of the bucket everything lies.
//!
//! ```text
//! OWNER/REPO/PATH                                 the layout: the head of one branch, changed in place
//! .signalbox/OWNER/REPO/manifest.json             what the layout consists of
//! .signalbox/OWNER/REPO/journal.json              what a run is about to change; gone where none is at work
//! .signalbox/OWNER/REPO/BRANCH/COMMIT/PATH        the copy of a commit, written once
//! .signalbox/OWNER/REPO/BRANCH/COMMIT.json        what that copy consists of
//! .signalbox/OWNER/REPO/BRANCH/pointer.json       which copy is the head's
//! ```
//!
//! The name of a repository never begins with `.signalbox`, so that no path of a repository leads to Signalbox's own objects.

use crate::{CommitId, RESERVED, RepositoryName};

/// The longest key in bytes of UTF-8. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
pub const LONGEST_KEY: usize = 1024;

/// The keys of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys<'a>(pub &'a RepositoryName);

/// Why a path cannot be a part of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// It is not UTF-8.
    #[error("the path is not UTF-8, which S3 requires of keys")]
    NotText,
    /// It makes a key that is too long.
    #[error("the key would have {0} bytes, and S3 takes {LONGEST_KEY}")]
    TooLong(usize),
    /// A part of it would lead elsewhere.
    #[error("the path has an empty part, `.` or `..`, which clients of S3 read as another folder")]
    Part,
    /// A character of it.
    #[error("the path has the character U+{0:04X}, which S3's XML cannot carry")]
    Character(u32),
}

impl Keys<'_> {
    /// What the keys of the layout begin with.
    #[must_use]
    pub fn layout(&self) -> String {
        format!("{}/", self.0)
    }

    /// The key of the manifest.
    #[must_use]
    pub fn manifest(&self) -> String {
        format!("{RESERVED}/{}/manifest.json", self.0)
    }

    /// The key of the journal.
    #[must_use]
    pub fn journal(&self) -> String {
        format!("{RESERVED}/{}/journal.json", self.0)
    }

    /// The key of a branch's pointer.
    #[must_use]
    pub fn pointer(&self, branch: &str) -> String {
        format!("{RESERVED}/{}/{branch}/pointer.json", self.0)
    }

    /// What the keys of a commit's copy begin with. A commit that is copied anew while a former copy of it is deleted gets a prefix
    /// with the next number, which the deletion cannot reach.
    #[must_use]
    pub fn copy(&self, branch: &str, commit: &CommitId, number: usize) -> String {
        let more = if number > 1 { format!("-{number}") } else { String::new() };
        format!("{RESERVED}/{}/{branch}/{commit}{more}/", self.0)
    }

    /// The commit whose copy has this prefix; `None` where it is not the prefix of a copy of this branch.
    #[must_use]
    pub fn copied(&self, branch: &str, prefix: &str) -> Option<CommitId> {
        let name = prefix.strip_prefix(&format!("{RESERVED}/{}/{branch}/", self.0))?.strip_suffix('/')?;
        let (commit, number) = name.split_once('-').map_or((name, None), |(commit, number)| (commit, Some(number)));
        let commit: CommitId = commit.parse().ok()?;
        let number = number.map_or(Some(1), |it| it.parse().ok())?;
        (self.copy(branch, &commit, number) == prefix).then_some(commit)
    }

    /// The key of what says what a copy consists of. It is none of the copy's own.
    #[must_use]
    pub fn copy_manifest(prefix: &str) -> String {
        format!("{}.json", prefix.trim_end_matches('/'))
    }
}

/// The path as text that can stand in a key after `prefix`.
///
/// # Errors
/// Why it cannot.
pub(crate) fn checked(prefix: &str, path: &[u8]) -> Result<String, NoKey> {
    let path = std::str::from_utf8(path).map_err(|_| NoKey::NotText)?;
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(NoKey::Part);
    }
    if let Some(strange) = path.chars().find(|it| it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}')) {
        return Err(NoKey::Character(strange.into()));
    }
    match prefix.len() + path.len() {
        length if length > LONGEST_KEY => Err(NoKey::TooLong(length)),
        _ => Ok(path.to_owned()),
    }
}
