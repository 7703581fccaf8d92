//! An entry's list: who shares, until when, and of which resources.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use chrono::DateTime;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::Principal;
use crate::principal::is_id;
use crate::restriction::{Owners, Restriction, Tag, TagKey};
use crate::strict::{Text, text};

/// Who shares, and until when; `None` is for ever.
pub(crate) type Parties = BTreeMap<Principal, Option<SystemTime>>;

/// A list of accounts, organizations and units.
#[derive(Clone, Debug, Default)]
pub(crate) struct List(pub(crate) Parties);

/// A list, or an object that holds one and an organization: for what is shared by a policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Admission {
    pub(crate) parties: Parties,
    pub(crate) organization: Option<String>,
}

/// A list, or an object that holds one and says which of the resources with the entry's name are meant: for images and
/// snapshots, `HAS_NAME_TAG` for those whose name is a tag.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection<const HAS_NAME_TAG: bool> {
    pub(crate) parties: Parties,
    pub(crate) restriction: Restriction,
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor)
    }
}

impl<'de> Deserialize<'de> for Admission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AdmissionVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, of which each item is {}", Principal::EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List, A::Error> {
        let mut parties = Parties::new();
        while let Some(Party { who, until }) = list.next_element()? {
            let known = parties.entry(who).or_insert(until);
            // The same account twice has the share as long as either item says.
            *known = known.zip(until).map(|(one, other)| one.max(other));
        }
        Ok(List(parties))
    }
}

struct AdmissionVisitor;

impl<'de> Visitor<'de> for AdmissionVisitor {
    type Value = Admission;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of accounts, or an object such as {\"accounts\": [\"111122223333\"], \"organization\": \"o-exampleorgid\"}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Admission, A::Error> {
        Ok(Admission { parties: ListVisitor.visit_seq(list)?.0, organization: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Admission, A::Error> {
        const KEYS: &[&str] = &["accounts", "organization"];
        let (mut accounts, mut organization) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "accounts" if accounts.is_none() => accounts = Some(map.next_value::<List>()?),
                "organization" if organization.is_none() => organization = Some(map.next_value::<OrganizationText>()?),
                "accounts" => return Err(A::Error::duplicate_field("accounts")),
                "organization" => return Err(A::Error::duplicate_field("organization")),
                "owner" | "tag" | "name_tag" => {
                    return Err(A::Error::custom(format_args!(
                        "`{key}` is for images and snapshots, which many may name alike; this entry means one resource by \
                         its whole name"
                    )));
                }
                other => return Err(A::Error::unknown_field(other, KEYS)),
            }
        }
        let organization = organization.map(|OrganizationText(id)| id);
        Ok(Admission { parties: accounts.unwrap_or_default().0, organization })
    }
}

impl<'de, const HAS_NAME_TAG: bool> Deserialize<'de> for Selection<HAS_NAME_TAG> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SelectionVisitor::<HAS_NAME_TAG>)
    }
}

struct SelectionVisitor<const HAS_NAME_TAG: bool>;

impl<'de, const HAS_NAME_TAG: bool> Visitor<'de> for SelectionVisitor<HAS_NAME_TAG> {
    type Value = Selection<HAS_NAME_TAG>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a list of accounts, or an object such as {\"accounts\": [\"111122223333\"], \"owner\": [\"444455556666\"], \
             \"tag\": {\"key\": \"share\", \"value\": \"yes\"}}",
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Ok(Selection { parties: ListVisitor.visit_seq(list)?.0, restriction: Restriction::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut accounts, mut restriction) = (None, Restriction::default());
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "accounts" if accounts.is_none() => accounts = Some(map.next_value::<List>()?),
                "owner" if restriction.owners.is_none() => restriction.owners = Some(map.next_value::<Owners>()?.0),
                "tag" if restriction.tag.is_none() => restriction.tag = Some(map.next_value::<Tag>()?),
                "name_tag" if HAS_NAME_TAG && restriction.name_tag.is_none() => {
                    restriction.name_tag = Some(map.next_value::<TagKeyText>()?.0);
                }
                other => return Err(A::Error::custom(misplaced(other, HAS_NAME_TAG))),
            }
        }
        let accounts: List = accounts.ok_or_else(|| A::Error::custom("`accounts` is missing"))?;
        Ok(Selection { parties: accounts.0, restriction })
    }
}

/// What is wrong with a key that cannot stand where it does.
fn misplaced(key: &str, has_name_tag: bool) -> String {
    match key {
        "accounts" | "owner" | "tag" => format!("`{key}` stands twice; keep one"),
        "name_tag" if has_name_tag => format!("`{key}` stands twice; keep one"),
        "name_tag" => "`name_tag` is for section `ebs`: only EBS snapshots have no name but a tag's".into(),
        "organization" => {
            "`organization` is for sections `s3`, `ecr` and `kms`; name the organization's ARN among the \
            accounts"
                .into()
        }
        _ if has_name_tag => format!("`{key}` is none of `accounts`, `owner`, `tag` and `name_tag`"),
        _ => format!("`{key}` is none of `accounts`, `owner` and `tag`"),
    }
}

struct TagKeyText(TagKey);

impl<'de> Deserialize<'de> for TagKeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer).map(Self)
    }
}

struct OrganizationText(String);

impl<'de> Deserialize<'de> for OrganizationText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let OrganizationId(id) = text(deserializer)?;
        Ok(Self(id))
    }
}

/// An organization's id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct OrganizationId(String);

impl std::str::FromStr for OrganizationId {
    type Err = place::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_id(text, "o-") { Ok(Self(text.into())) } else { Err(place::Malformed::new(text, Self::EXPECTED)) }
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Text for OrganizationId {
    const EXPECTED: &'static str = "the id of an organization, such as \"o-exampleorgid\"";
}

/// An item of a list.
struct Party {
    who: Principal,
    until: Option<SystemTime>,
}

impl<'de> Deserialize<'de> for Party {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartyVisitor)
    }
}

struct PartyVisitor;

impl<'de> Visitor<'de> for PartyVisitor {
    type Value = Party;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Principal::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Party, E> {
        Ok(Party { who: text.parse().map_err(E::custom)?, until: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Party, A::Error> {
        let (mut who, mut until) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "account" if who.is_none() => who = Some(map.next_value::<PrincipalText>()?.0),
                "expires" if until.is_none() => until = Some(map.next_value::<Moment>()?.0),
                "account" | "expires" => return Err(A::Error::custom(format_args!("`{key}` stands twice; keep one"))),
                _ => return Err(A::Error::custom(format_args!("`{key}` is neither `account` nor `expires`"))),
            }
        }
        let who = who.ok_or_else(|| A::Error::custom("`account` is missing"))?;
        Ok(Party { who, until })
    }
}

struct PrincipalText(Principal);

impl<'de> Deserialize<'de> for PrincipalText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer).map(Self)
    }
}

/// A moment, as RFC 3339 writes it.
struct Moment(SystemTime);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(MomentVisitor)
    }
}

/// Reads the moment within its text, so that a mistake has that text's place.
struct MomentVisitor;

impl Visitor<'_> for MomentVisitor {
    type Value = Moment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time of RFC 3339, such as \"2027-01-01T00:00:00Z\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
        const SHOWN: usize = 80;
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| {
            let text = place::shortened(text, SHOWN);
            E::custom(format_args!("`{text}` is not a time of RFC 3339, such as \"2027-01-01T00:00:00Z\""))
        })?;
        Ok(Moment(moment.into()))
    }
}
