//! The two secrets: the one that rotates, and the master secret by which its server knows us. What is wrong with one is said
//! without anything of its content.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use reaction::Error;
use rotation::SecretArn;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::oauth2::Token;

const ACCESS_TOKEN: &str = "access_token";
const TOKEN_TYPE: &str = "token_type";
const MASTER_ARN: &str = "masterarn";

/// The secret that rotates: `{"access_token", "token_type", ..}`, with `masterarn` where AWS's own functions rotated it.
pub struct BearerSecret {
    /// The token; empty before the first rotation.
    pub access_token: SecretString,
    /// The secret that it says has the client's credentials. Which one it may use, the settings say.
    pub master: Option<SecretArn>,
    keys: Keys,
}

/// By what the server knows us.
pub struct Master {
    /// `consumer_key` or `client_id`.
    pub id: SecretString,
    /// `consumer_secret` or `client_secret`.
    pub secret: SecretString,
}

impl BearerSecret {
    /// Reads the value of a version.
    ///
    /// # Errors
    /// `Refused`, naming the key that is missing or malformed.
    pub fn read(text: &SecretString) -> Result<Self, Error> {
        let keys = Keys::read(text)?;
        let access_token = keys.text(ACCESS_TOKEN)?.ok_or_else(|| {
            Error::refused("the secret has no `access_token`: add it, with \"\" before the first rotation")
        })?;
        let kind = keys.text(TOKEN_TYPE)?.unwrap_or_default();
        if !kind.expose_secret().is_empty() && !kind.expose_secret().eq_ignore_ascii_case("bearer") {
            return Err(Error::refused("`token_type` in the secret is not `bearer`, and no other tokens are rotated"));
        }
        let master = keys.filled(MASTER_ARN)?.map(|it| it.expose_secret().parse()).transpose().map_err(|_| {
            Error::refused("`masterarn` in the secret is not the ARN of a secret: set it to that of the master secret")
        })?;
        Ok(Self { access_token, master, keys })
    }

    /// Of the keys beside the token those that another value has otherwise, or not at all.
    #[must_use]
    pub fn differs_in<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let of = |it: &'a Keys| it.0.iter().map(|(name, value)| (name.as_str(), value.get()));
        let (ours, theirs): (BTreeMap<_, _>, BTreeMap<_, _>) = (of(&self.keys).collect(), of(&other.keys).collect());
        let all: BTreeSet<_> = ours.keys().chain(theirs.keys()).copied().collect();
        let is_key = |it: &&str| ![ACCESS_TOKEN, TOKEN_TYPE].contains(it) && ours.get(it) != theirs.get(it);
        all.into_iter().filter(is_key).collect()
    }

    /// The same secret with another token. All other keys stay as they are and where they are.
    #[must_use]
    pub fn with(&self, token: &Token) -> SecretString {
        let mut keys = self.keys.clone();
        keys.set(ACCESS_TOKEN, token.access_token.expose_secret());
        keys.set(TOKEN_TYPE, &token.token_type);
        // Names and JSON values are always written.
        serde_json::to_string(&keys).unwrap_or_default().into()
    }
}

impl Master {
    /// Reads the master secret.
    ///
    /// # Errors
    /// `Refused`, naming the key that is missing or malformed.
    pub fn read(text: &SecretString) -> Result<Self, Error> {
        Self::of(text).map_err(|error| error.context("the master secret"))
    }

    fn of(text: &SecretString) -> Result<Self, Error> {
        let keys = Keys::read(text)?;
        let pair = |id, secret| Ok::<_, Error>((keys.filled(id)?, keys.filled(secret)?));
        match (pair("consumer_key", "consumer_secret")?, pair("client_id", "client_secret")?) {
            ((Some(id), Some(secret)), (None, None)) | ((None, None), (Some(id), Some(secret))) => {
                Ok(Self { id, secret })
            }
            _ => Err(Error::refused(
                "it needs `consumer_key` and `consumer_secret`, or `client_id` and `client_secret`, and only one of the \
                 two pairs",
            )),
        }
    }
}

/// The keys of a JSON object in their order, each value as it was written.
#[derive(Clone)]
struct Keys(Vec<(String, Box<RawValue>)>);

impl Keys {
    fn read(text: &SecretString) -> Result<Self, Error> {
        // What serde says may quote the text.
        serde_json::from_str(text.expose_secret())
            .map_err(|_| Error::refused("the value is no JSON object, or one that has a key twice"))
    }

    /// The text under a key, `None` where it is not there.
    fn text(&self, key: &str) -> Result<Option<SecretString>, Error> {
        let Some((_, value)) = self.0.iter().find(|(name, _)| name == key) else { return Ok(None) };
        let text: String = serde_json::from_str(value.get())
            .map_err(|_| Error::refused(format!("`{key}` in the secret is no text")))?;
        Ok(Some(text.into()))
    }

    /// The text under a key, where there is any.
    fn filled(&self, key: &str) -> Result<Option<SecretString>, Error> {
        Ok(self.text(key)?.filter(|it| !it.expose_secret().is_empty()))
    }

    fn set(&mut self, key: &str, text: &str) {
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
