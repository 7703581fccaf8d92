//! Which accounts are meant: by their ids, or by what they belong to.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use place::{AccountId, Malformed};
use reaction::Error;
use serde::{Deserialize, Serialize};

/// One account, or all those that belong to something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// An account, whether it is in an organization or not.
    Account(AccountId),
    /// The accounts of a root or an organizational unit, those of the units below it included.
    Parent(String),
    /// The accounts of our organization, by its id.
    Organization(String),
    /// The accounts that have a tag in Organizations.
    Tag(Tag),
}

/// A tag by its key, or by key and value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value; any where there is none.
    pub value: Option<String>,
}

impl Target {
    /// What a target looks like, for error messages.
    pub const EXPECTED: &'static str = "an account id of 12 digits, the id of a root (r-..), an organizational unit (ou-..) \
                                        or an organization (o-..), or a tag (tag:KEY or tag:KEY=VALUE)";
}

/// The ids as Organizations writes them.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>
impl FromStr for Target {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed::new(text, Self::EXPECTED);
        if let Some(tag) = text.strip_prefix("tag:") {
            let (key, value) = tag.split_once('=').map_or((tag, None), |(key, value)| (key, Some(value)));
            let tag = Tag { key: key.into(), value: value.map(String::from) };
            return if key.is_empty() { Err(malformed()) } else { Ok(Self::Tag(tag)) };
        }
        let is = |prefix: &str, lengths: &[(usize, usize)]| {
            text.strip_prefix(prefix).is_some_and(|rest| is_of_parts(rest, lengths))
        };
        if is("ou-", &[(4, 32), (8, 32)]) || is("r-", &[(4, 32)]) {
            return Ok(Self::Parent(text.into()));
        }
        if is("o-", &[(10, 32)]) {
            return Ok(Self::Organization(text.into()));
        }
        text.parse().map(Self::Account).map_err(|_| malformed())
    }
}

impl TryFrom<String> for Target {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

/// Whether the text is parts of small letters and digits, of these lengths, with hyphens between them.
fn is_of_parts(text: &str, lengths: &[(usize, usize)]) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let is_part = |(part, (least, most)): (&&str, &(usize, usize))| {
        let is_plain = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        is_plain && (*least..=*most).contains(&part.len())
    };
    parts.len() == lengths.len() && parts.iter().zip(lengths).all(is_part)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => id.fmt(f),
            Self::Parent(id) | Self::Organization(id) => f.write_str(id),
            Self::Tag(Tag { key, value: None }) => write!(f, "tag:{key}"),
            Self::Tag(Tag { key, value: Some(value) }) => write!(f, "tag:{key}={value}"),
        }
    }
}

/// Which accounts are meant, and which of them are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// Those that are meant; unset: all of the organization. That there are none is an error, never everything.
    pub chosen: Option<BTreeSet<Target>>,
    /// Those that are left alone, whatever chose them.
    pub ignored: BTreeSet<Target>,
    /// Whether the calling account is meant too, where it belongs to what was chosen. One that is chosen by its id is.
    pub with_caller: bool,
}

impl Targets {
    /// Refuses a choice that is set and empty.
    ///
    /// # Errors
    /// `Refused`, see above.
    pub fn check(&self) -> Result<(), Error> {
        if self.chosen.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(Error::refused(
                "the targets are set, and there are none: name some, or leave the setting away",
            ));
        }
        Ok(())
    }

    /// Whether Organizations has to be asked: accounts that are named by their ids need none.
    #[must_use]
    pub fn need_organization(&self) -> bool {
        let is_account = |target: &Target| matches!(target, Target::Account(_));
        self.chosen.as_ref().is_none_or(|chosen| !chosen.iter().chain(&self.ignored).all(is_account))
    }

    /// What is chosen or ignored and stands for several accounts.
    pub fn groups(&self) -> impl Iterator<Item = &Target> {
        let all = self.chosen.iter().flatten().chain(&self.ignored);
        all.filter(|target| !matches!(target, Target::Account(_)))
    }
}
