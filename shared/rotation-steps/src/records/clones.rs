//! The users that Signalbox made as clones, by the secret that it made them for. These records do not lapse: a clone lives as
//! long as its secret.

use aws::Answer;
use aws_sdk_dynamodb::types::AttributeValue;
use reaction::{Doing, Error};
use rotation::SecretArn;

use super::Records;

/// The part of an item's id after the secret, and the item's attribute.
const CLONES: &str = "clones";

impl Records {
    /// Whether Signalbox made a user, or took it over, for this secret. `clone` names server and user.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn has_clone(&self, secret: &SecretArn, clone: &str) -> Result<bool, Error> {
        let get = self.client.get_item().table_name(&self.table).key("id", self.id(secret, CLONES));
        let item = get.consistent_read(true).send().await.or_error().doing(|| self.place())?.item.unwrap_or_default();
        let clones = item.get(CLONES).and_then(|it| it.as_ss().ok());
        Ok(clones.is_some_and(|clones| clones.iter().any(|it| it == clone)))
    }

    /// Writes down that Signalbox is about to make this user for this secret, or takes it over.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn record_clone(&self, secret: &SecretArn, clone: &str) -> Result<(), Error> {
        let update = self.client.update_item().table_name(&self.table).key("id", self.id(secret, CLONES));
        let update = update.update_expression("ADD #clones :clones").expression_attribute_names("#clones", CLONES);
        let clones = AttributeValue::Ss(vec![clone.to_owned()]);
        let update = update.expression_attribute_values(":clones", clones);
        update.send().await.or_error().map(drop).doing(|| self.place())
    }
}
