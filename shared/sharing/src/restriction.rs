//! What an entry asks of a resource beside its name. A name is a text that many may give: without this, each
//! principal that may call `RegisterImage`, `CreateTags` or `CreateDBSnapshot` has its own resource shared.

use std::collections::BTreeSet;
use std::fmt;

use place::{AccountId, Malformed};
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use crate::Candidate;
use crate::strict::{Text, text};

/// Which of the resources with an entry's name the entry means; all of them by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restriction {
    /// The accounts one of which has to own the resource.
    pub(crate) owners: Option<BTreeSet<AccountId>>,
    /// The tag that the resource has to carry.
    pub(crate) tag: Option<Tag>,
    /// The key of the tag whose value is the name, in place of `Name`.
    pub(crate) name_tag: Option<TagKey>,
}

impl Restriction {
    /// Whether the entry means this one of the resources that have its name.
    pub(crate) fn admits(&self, candidate: &Candidate) -> bool {
        let is_owned = self.owners.as_ref().is_none_or(|owners| owners.contains(candidate.owner));
        let is_tagged = self.tag.as_ref().is_none_or(|tag| candidate.tags.get(&tag.key.0) == Some(&tag.value.0));
        is_owned && is_tagged
    }
}

/// A tag that a resource has to carry, compared with case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tag {
    #[serde(deserialize_with = "text")]
    key: TagKey,
    #[serde(deserialize_with = "text")]
    value: TagValue,
}

/// The key of a tag.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions>
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TagKey(pub(crate) String);

/// The value of a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TagValue(String);

impl std::str::FromStr for TagKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const LONGEST: usize = 128;
        let is_good = !text.is_empty() && text.chars().count() <= LONGEST;
        if is_good { Ok(Self(text.into())) } else { Err(Malformed::new(text, Self::EXPECTED)) }
    }
}

impl std::str::FromStr for TagValue {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const LONGEST: usize = 256;
        if text.chars().count() <= LONGEST { Ok(Self(text.into())) } else { Err(Malformed::new(text, Self::EXPECTED)) }
    }
}

impl fmt::Display for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TagValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Text for TagKey {
    const EXPECTED: &'static str = "the key of a tag, 1 to 128 characters";
}

impl Text for TagValue {
    const EXPECTED: &'static str = "the value of a tag, 256 characters at most";
}

/// The accounts that may own a resource; one at least, since an empty list would match nothing.
pub(crate) struct Owners(pub(crate) BTreeSet<AccountId>);

impl<'de> Deserialize<'de> for Owners {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(OwnersVisitor)
    }
}

struct OwnersVisitor;

impl<'de> Visitor<'de> for OwnersVisitor {
    type Value = Owners;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of the accounts that own the resource, such as [\"111122223333\"]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Owners, A::Error> {
        let mut owners = BTreeSet::new();
        while let Some(Owner(account)) = list.next_element()? {
            owners.insert(account);
        }
        if owners.is_empty() {
            return Err(A::Error::custom(
                "`owner` is empty, so that nothing matches; name an account, or leave it out",
            ));
        }
        Ok(Owners(owners))
    }
}

struct Owner(AccountId);

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer).map(Self)
    }
}
