//! An entry's list: who shares, and until when.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use chrono::DateTime;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use crate::Principal;
use crate::principal::is_id;
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

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Admission, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Object {
            #[serde(default)]
            accounts: List,
            #[serde(default, deserialize_with = "organization")]
            organization: Option<String>,
        }
        let Object { accounts, organization } = Object::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Admission { parties: accounts.0, organization })
    }
}

fn organization<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let OrganizationId(id) = text(deserializer)?;
    Ok(Some(id))
}

/// An organization's id.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct OrganizationId(String);

impl std::str::FromStr for OrganizationId {
    type Err = reaction::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_id(text, "o-") { Ok(Self(text.into())) } else { Err(reaction::Malformed::new(text, Self::EXPECTED)) }
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
            let text = reaction::shortened(text, SHOWN);
            E::custom(format_args!("`{text}` is not a time of RFC 3339, such as \"2027-01-01T00:00:00Z\""))
        })?;
        Ok(Moment(moment.into()))
    }
}
