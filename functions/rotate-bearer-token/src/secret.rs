//! The secret that rotates. What is wrong with it is said without anything of its content.

use std::collections::{BTreeMap, BTreeSet};

use reaction::Error;
use rotation::SecretArn;
use secrecy::{ExposeSecret, SecretString};

use crate::keys::Keys;
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
        let (ours, theirs) = (self.others(), other.others());
        let all: BTreeSet<_> = ours.keys().chain(theirs.keys()).copied().collect();
        all.into_iter().filter(|it| ours.get(it) != theirs.get(it)).collect()
    }

    /// The keys beside the token, in one text that is the same wherever they are the same.
    #[must_use]
    pub fn keys_beside(&self) -> SecretString {
        // Texts are always written.
        serde_json::to_string(&self.others()).unwrap_or_default().into()
    }

    fn others(&self) -> BTreeMap<&str, &str> {
        let all = self.keys.0.iter().map(|(name, value)| (name.as_str(), value.get()));
        all.filter(|(name, _)| ![ACCESS_TOKEN, TOKEN_TYPE].contains(name)).collect()
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
