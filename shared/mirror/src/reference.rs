//! References and commits, as git writes them.

use std::fmt;
use std::str::FromStr;

use place::shortened;
use serde::{Deserialize, Serialize};

/// The longest reference in bytes. Git has no limit of its own, but files of this length are the most that a file system has.
const LONGEST: usize = 255;

/// A reference in full, such as `refs/heads/main`, by git's rules. <https://git-scm.com/docs/git-check-ref-format>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RefName(String);

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a reference of git; write it in full, such as refs/heads/main", shortened(.0, 80))]
pub struct NoReference(String);

/// The id of a commit: 40 hexadecimal digits, or 64 in a repository of SHA-256; never only zeros, which mean "no commit".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId(String);

/// Why a text is not the id of a commit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not the id of a commit, which has 40 or 64 hexadecimal digits and not only zeros", shortened(.0, 80))]
pub struct NoCommit(String);

impl RefName {
    /// The reference of a branch.
    ///
    /// # Errors
    /// Where git would not take the branch's name.
    pub fn of_branch(branch: &str) -> Result<Self, NoReference> {
        format!("refs/heads/{branch}").parse()
    }

    /// The reference's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The branch that it names, without `refs/heads/`; `None` for tags and others.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.0.strip_prefix("refs/heads/")
    }
}

impl CommitId {
    /// The id's text, in small letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RefName {
    type Err = NoReference;

    fn from_str(text: &str) -> Result<Self, NoReference> {
        if is_reference(text) { Ok(Self(text.into())) } else { Err(NoReference(text.into())) }
    }
}

fn is_reference(text: &str) -> bool {
    let is_forbidden = |it: char| it.is_control() || matches!(it, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    let is_part = |part: &str| {
        let has_lock = part.len() >= 5 && part.as_bytes()[part.len() - 5..] == *b".lock";
        !part.is_empty() && !part.starts_with('.') && !has_lock
    };
    let is_whole = text.len() <= LONGEST && text.starts_with("refs/") && text.matches('/').count() >= 2;
    let is_plain = !text.contains(is_forbidden) && !text.contains("..") && !text.contains("@{") && !text.ends_with('.');
    is_whole && is_plain && text.split('/').all(is_part)
}

impl FromStr for CommitId {
    type Err = NoCommit;

    fn from_str(text: &str) -> Result<Self, NoCommit> {
        let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|it| it.is_ascii_hexdigit());
        let is_commit = is_id && text.bytes().any(|it| it != b'0');
        if is_commit { Ok(Self(text.to_ascii_lowercase())) } else { Err(NoCommit(text.into())) }
    }
}

impl TryFrom<String> for RefName {
    type Error = NoReference;

    fn try_from(text: String) -> Result<Self, NoReference> {
        text.parse()
    }
}

impl TryFrom<String> for CommitId {
    type Error = NoCommit;

    fn try_from(text: String) -> Result<Self, NoCommit> {
        text.parse()
    }
}

impl From<RefName> for String {
    fn from(name: RefName) -> Self {
        name.0
    }
}

impl From<CommitId> for String {
    fn from(id: CommitId) -> Self {
        id.0
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{CommitId, RefName};

    #[test]
    fn references_are_taken_and_refused_as_git_does_it() {
        let long = format!("refs/heads/{}", "x".repeat(250));
        for text in
            ["refs/heads/main", "refs/heads/feature/ä-1", "refs/tags/v1.0", "refs/heads/@", "refs/notes/commits"]
        {
            assert!(text.parse::<RefName>().is_ok(), "{text}");
        }
        for text in [
            "main",
            "refs/",
            "refs/heads",
            "refs/heads/",
            "refs/heads/a..b",
            "refs/heads/.a",
            "refs/heads/a.lock",
            "refs/heads/a b",
            "refs/heads/a.",
            "refs//main",
            "refs/heads/a\n",
            "refs/heads/a@{1}",
            "refs/heads/a*",
            "refs/heads/a\\b",
            &long,
        ] {
            assert!(text.parse::<RefName>().is_err(), "{text}");
        }
        assert_eq!("refs/heads/a/b".parse::<RefName>().unwrap().branch(), Some("a/b"));
        assert_eq!("refs/tags/a".parse::<RefName>().unwrap().branch(), None);
        assert!(RefName::of_branch("a b").is_err());
    }

    #[test]
    fn ids_of_commits_are_hexadecimal_and_zeros_are_none() {
        let [short, long] = ["1f".repeat(20), "1F".repeat(32)];
        assert_eq!(short.parse::<CommitId>().unwrap().as_str(), short);
        assert_eq!(long.parse::<CommitId>().unwrap().as_str(), long.to_ascii_lowercase());
        for text in [&"0".repeat(40), &"0".repeat(64), &"1".repeat(39), &"g".repeat(40), "", "é"] {
            assert!(text.parse::<CommitId>().is_err(), "{text}");
        }
    }
}
