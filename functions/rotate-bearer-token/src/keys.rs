//! The JSON object in a secret. Its keys keep their order and their values, so that a rotation changes what it has to and no more.

use std::fmt;

use reaction::Error;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The keys of a JSON object in their order, each value as it was written.
#[derive(Clone)]
pub(crate) struct Keys(pub(crate) Vec<(String, Box<RawValue>)>);

impl Keys {
    pub(crate) fn read(text: &SecretString) -> Result<Self, Error> {
        // What serde says may quote the text.
        serde_json::from_str(text.expose_secret())
            .map_err(|_| Error::refused("the value is no JSON object, or one that has a key twice"))
    }

    /// The text under a key, `None` where it is not there.
    pub(crate) fn text(&self, key: &str) -> Result<Option<SecretString>, Error> {
        let Some((_, value)) = self.0.iter().find(|(name, _)| name == key) else { return Ok(None) };
        let text: String = serde_json::from_str(value.get())
            .map_err(|_| Error::refused(format!("`{key}` in the secret is no text")))?;
        Ok(Some(text.into()))
    }

    /// The text under a key, where there is any.
    pub(crate) fn filled(&self, key: &str) -> Result<Option<SecretString>, Error> {
        Ok(self.text(key)?.filter(|it| !it.expose_secret().is_empty()))
    }

    pub(crate) fn set(&mut self, key: &str, text: &str) {
        let Ok(value) = serde_json::value::to_raw_value(text) else { return };
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some(place) => place.1 = value,
            None => self.0.push((key.into(), value)),
        }
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys: Vec<(String, Box<RawValue>)> = Vec::new();
                while let Some((key, value)) = map.next_entry()? {
                    if keys.iter().any(|(name, _)| *name == key) {
                        return Err(A::Error::custom("a key twice"));
                    }
                    keys.push((key, value));
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}
