//! JSON read strictly: a key stands once, and every text is what it should be, or the error names its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use place::{AccountId, Malformed, Region};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use crate::Principal;

/// A text with a form, and the words for that form.
pub(crate) trait Text: FromStr<Err = Malformed> + Ord + fmt::Display {
    /// What is expected, with an example.
    const EXPECTED: &'static str;
}

impl Text for AccountId {
    const EXPECTED: &'static str = AccountId::EXPECTED;
}

impl Text for Region {
    const EXPECTED: &'static str = Region::EXPECTED;
}

impl Text for Principal {
    const EXPECTED: &'static str = Principal::EXPECTED;
}

impl Text for Name {
    const EXPECTED: &'static str = "a name that is not empty (`*` matches every name)";
}

/// The name of an entry: what the names of the things that it stands for begin with (`ami`, `ebs`), contain (`rds`,
/// `rds-cluster`) or are (`s3`, `ecr`, `kms`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.is_empty() { Err(Malformed::new(text, Self::EXPECTED)) } else { Ok(Self(text.into())) }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A map whose keys stand once each.
#[derive(Clone, Debug)]
pub(crate) struct UniqueMap<K, V>(pub(crate) BTreeMap<K, V>);

impl<K, V> Default for UniqueMap<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// Refuses a key that was seen before.
pub(crate) fn once<K: Ord + Clone + fmt::Display, E: Error>(seen: &mut BTreeSet<K>, key: &K) -> Result<(), E> {
    if seen.insert(key.clone()) { Ok(()) } else { Err(E::custom(format_args!("`{key}` stands twice; merge the two"))) }
}

impl<'de, K: Text + Clone, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MapVisitor(PhantomData))
    }
}

struct MapVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Text + Clone, V: Deserialize<'de>> Visitor<'de> for MapVisitor<K, V> {
    type Value = UniqueMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object whose keys are each {}", K::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key_seed(TextSeed::<K>(PhantomData))? {
            once(&mut seen, &key)?;
            entries.insert(key, map.next_value()?);
        }
        Ok(UniqueMap(entries))
    }
}

/// Reads a text that has a form.
pub(crate) fn text<'de, T: Text, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    TextSeed(PhantomData).deserialize(deserializer)
}

struct TextSeed<T>(PhantomData<T>);

impl<'de, T: Text> DeserializeSeed<'de> for TextSeed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T: Text> Visitor<'_> for TextSeed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}
