//! By what the next value of a secret proves itself where Signalbox makes credentials from values: the last value that proved itself, the
//! credentials that Signalbox made for the secret, and the keys beside them. None of that lapses: a secret for which Signalbox made a
//! credential is no fresh one any more.

use std::collections::BTreeSet;

use aws::Answer;
use aws_sdk_dynamodb::types::AttributeValue;
use reaction::{Doing, Error};
use rotation::SecretArn;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::Records;

/// The part of an item's id after the secret, and the attribute with the digest of a value.
const PROVED: &str = "proved";

/// The attributes with the digests of the last credential that Signalbox made and of the one before.
const OWN: &str = "own";
const FORMER: &str = "former";

/// The attribute with the digest of the keys beside the last credential.
const KEYS: &str = "keys";

/// What is recorded of one secret.
#[derive(Clone, Debug)]
pub struct Proved {
    secret: String,
    value: Option<String>,
    own: BTreeSet<String>,
    keys: Option<String>,
}

impl Proved {
    /// Whether this value proved itself last.
    #[must_use]
    pub fn is_value(&self, value: &SecretString) -> bool {
        self.value == Some(digest(&self.secret, PROVED, value))
    }

    /// Whether no value has proved itself yet.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.value.is_none() && !self.has_any()
    }

    /// Whether Signalbox has recorded a credential that it made for the secret.
    #[must_use]
    pub fn has_any(&self) -> bool {
        !self.own.is_empty()
    }

    /// Whether this is one of the last two credentials that Signalbox made for the secret.
    #[must_use]
    pub fn is_own(&self, credential: &SecretString) -> bool {
        self.own.contains(&digest(&self.secret, OWN, credential))
    }

    /// Whether these are the keys beside which Signalbox put its last credential.
    #[must_use]
    pub fn has_keys(&self, keys: &SecretString) -> bool {
        self.keys == Some(digest(&self.secret, KEYS, keys))
    }
}

impl Records {
    /// By what a value of this secret may prove itself.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn proved(&self, secret: &SecretArn) -> Result<Proved, Error> {
        let get = self.client.get_item().table_name(&self.table).key("id", self.id(secret, PROVED));
        let item = get.consistent_read(true).send().await.or_error().doing(|| self.place())?.item.unwrap_or_default();
        let text = |name: &str| item.get(name).and_then(|it| it.as_s().ok()).cloned();
        let own = [OWN, FORMER].into_iter().filter_map(text).collect();
        Ok(Proved { secret: secret.to_string(), value: text(PROVED), own, keys: text(KEYS) })
    }

    /// Writes down that this value has proved itself.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn record_proved(&self, secret: &SecretArn, value: &SecretString) -> Result<(), Error> {
        let update = self.client.update_item().table_name(&self.table).key("id", self.id(secret, PROVED));
        let update = update.update_expression("SET #proved = :proved").expression_attribute_names("#proved", PROVED);
        let proved = AttributeValue::S(digest(&secret.to_string(), PROVED, value));
        let update = update.expression_attribute_values(":proved", proved);
        update.send().await.or_error().map(drop).doing(|| self.place())
    }

    /// Writes down a credential that Signalbox made, and the keys beside which it puts it. The last two are remembered: a rotation that
    /// is given up leaves clients with the one before.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn record_own(
        &self,
        secret: &SecretArn,
        credential: &SecretString,
        keys: &SecretString,
    ) -> Result<(), Error> {
        let update = self.client.update_item().table_name(&self.table).key("id", self.id(secret, PROVED));
        let update = update.update_expression("SET #former = if_not_exists(#own, :own), #own = :own, #keys = :keys");
        let names = [("#own", OWN), ("#former", FORMER), ("#keys", KEYS)];
        let update = names.into_iter().fold(update, |it, (name, of)| it.expression_attribute_names(name, of));
        let digests = [(":own", OWN, credential), (":keys", KEYS, keys)];
        let update = digests.into_iter().fold(update, |it, (name, purpose, text)| {
            let digest = digest(&secret.to_string(), purpose, text);
            it.expression_attribute_values(name, AttributeValue::S(digest))
        });
        update.send().await.or_error().map(drop).doing(|| self.place())
    }
}

/// The same text has another digest in each secret and for each purpose. That of a value is as it was before there were others.
fn digest(secret: &str, purpose: &str, text: &SecretString) -> String {
    let place = if purpose == PROVED { format!("{secret}\n") } else { format!("{secret}\n{purpose}\n") };
    let hash = Sha256::new().chain_update(place).chain_update(text.expose_secret()).finalize();
    place::hex(&hash)
}
