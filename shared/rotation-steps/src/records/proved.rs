//! The last value of a secret that proved itself before Signalbox made a credential from it. It does not lapse: a secret for which
//! Signalbox made one is no fresh one any more.

use aws::Answer;
use aws_sdk_dynamodb::types::AttributeValue;
use reaction::{Doing, Error};
use rotation::SecretArn;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::Records;

/// The part of an item's id after the secret, and the item's attribute.
const PROVED: &str = "proved";

impl Records {
    /// Whether this is the value that proved itself last; `None` where none has yet.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn is_proved(&self, secret: &SecretArn, value: &SecretString) -> Result<Option<bool>, Error> {
        let get = self.client.get_item().table_name(&self.table).key("id", self.id(secret, PROVED));
        let item = get.consistent_read(true).send().await.or_error().doing(|| self.place())?.item.unwrap_or_default();
        let proved = item.get(PROVED).and_then(|it| it.as_s().ok());
        Ok(proved.map(|it| *it == digest(secret, value)))
    }

    /// Writes down that this value has proved itself.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn record_proved(&self, secret: &SecretArn, value: &SecretString) -> Result<(), Error> {
        let update = self.client.update_item().table_name(&self.table).key("id", self.id(secret, PROVED));
        let update = update.update_expression("SET #proved = :proved").expression_attribute_names("#proved", PROVED);
        let proved = AttributeValue::S(digest(secret, value));
        let update = update.expression_attribute_values(":proved", proved);
        update.send().await.or_error().map(drop).doing(|| self.place())
    }
}

fn digest(secret: &SecretArn, value: &SecretString) -> String {
    let hash = Sha256::new().chain_update(format!("{secret}\n")).chain_update(value.expose_secret()).finalize();
    hash.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
