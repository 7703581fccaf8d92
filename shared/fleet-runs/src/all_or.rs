//! A list, or the word `all`. What is left out by mistake is then never everything.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const ALL: &str = "all";

/// All there are, or these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllOr<T> {
    /// Every one; written as `"all"`.
    All,
    /// These, of which there is one at least.
    These(Vec<T>),
}

impl<T: Serialize> Serialize for AllOr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str(ALL),
            Self::These(these) => these.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AllOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
    type Value = AllOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or the word \"all\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AllOr<T>, E> {
        if text == ALL {
            Ok(AllOr::All)
        } else {
            Err(E::custom(format!("`{text}` is not a list, nor the word \"all\"")))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<AllOr<T>, A::Error> {
        let these = Vec::deserialize(SeqAccessDeserializer::new(items))?;
        if these.is_empty() {
            return Err(A::Error::custom("the list is empty, which is never everything: name some, or write \"all\""));
        }
        Ok(AllOr::These(these))
    }
}
