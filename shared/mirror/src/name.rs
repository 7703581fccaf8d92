//! The name of a mirrored repository: `OWNER/REPO`, as it is configured. It begins the keys of the copy and is the group of
//! the messages, so it is checked for both.

use std::fmt;
use std::str::FromStr;

use place::shortened;
use serde::{Deserialize, Serialize};

/// The first part of keys that no mirrored path can produce: manifests, pointers and copies of commits lie below it.
pub const RESERVED: &str = ".signalbox";

/// The longest name in characters: SQS takes message groups up to this length.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
pub const LONGEST_NAME: usize = 128;

/// The name of a mirrored repository, such as `acme/templates` or `group/subgroup/project`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryName(String);

/// Why a text is not the name of a repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` {problem}; write OWNER/REPO, such as acme/templates", shown = shortened(.text, 80))]
pub struct NoRepository {
    text: String,
    problem: String,
}

impl RepositoryName {
    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the name is the other one or lies below it. Two such repositories cannot both own their layout in one bucket.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for RepositoryName {
    type Err = NoRepository;

    fn from_str(text: &str) -> Result<Self, NoRepository> {
        match problem_of(text) {
            Some(problem) => Err(NoRepository { text: text.into(), problem }),
            None => Ok(Self(text.into())),
        }
    }
}

fn problem_of(name: &str) -> Option<String> {
    if name.len() > LONGEST_NAME {
        return Some(format!("has {} bytes, and {LONGEST_NAME} are the most", name.len()));
    }
    if !name.contains('/') {
        return Some("has one part, and a repository has an owner".into());
    }
    if name.split('/').next() == Some(RESERVED) {
        return Some(format!("begins with `{RESERVED}`, where Signalbox keeps its own objects"));
    }
    name.split('/').find_map(problem_of_part)
}

fn problem_of_part(part: &str) -> Option<String> {
    if part.is_empty() {
        return Some("has an empty part between its slashes".into());
    }
    if part == "." || part == ".." {
        return Some(format!("has the part `{part}`, which S3 and its clients read as a folder"));
    }
    let is_of_names = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-' | '~');
    let strange = shortened(&part.chars().find(|it| !is_of_names(*it))?.to_string(), 1);
    Some(format!("has a `{strange}`, and only letters, digits, dots, hyphens, underscores and tildes may be in it"))
}

impl TryFrom<String> for RepositoryName {
    type Error = NoRepository;

    fn try_from(text: String) -> Result<Self, NoRepository> {
        text.parse()
    }
}

impl From<RepositoryName> for String {
    fn from(name: RepositoryName) -> Self {
        name.0
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::RepositoryName;

    fn name(text: &str) -> RepositoryName {
        text.parse().unwrap()
    }

    #[test]
    fn names_of_every_forge_are_taken_as_they_are() {
        for text in ["acme/templates", "Acme/My.Repo_2-x", "group/sub/deeper/project", "~jane/tools", "a/.github"] {
            assert_eq!(name(text).to_string(), text);
        }
    }

    #[test]
    fn what_no_key_and_no_group_may_begin_with_is_refused_with_its_reason() {
        let long = format!("acme/{}", "x".repeat(124));
        for (text, why) in [
            ("templates", "has one part"),
            ("", "has one part"),
            (".signalbox/x", "begins with `.signalbox`"),
            ("acme//x", "empty part"),
            ("/acme/x", "empty part"),
            ("acme/x/", "empty part"),
            ("acme/../x", "has the part `..`"),
            ("./x", "has the part `.`"),
            ("acme/a b", "has a ` `"),
            ("acme/ä", "has a `ä`"),
            (&long, "has 129 bytes"),
        ] {
            let error = text.parse::<RepositoryName>().unwrap_err().to_string();
            assert!(
                error.contains(why) && error.ends_with("write OWNER/REPO, such as acme/templates"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn a_name_lies_within_itself_and_within_what_it_begins_with_part_by_part() {
        let upper = name("acme/templates");
        assert!(name("acme/templates").is_within(&upper) && name("acme/templates/x").is_within(&upper));
        assert!(!name("acme/templates2").is_within(&upper) && !name("acme/other").is_within(&upper));
    }
}
