//! The master secret: what the server knows Signalbox by. What is wrong with it is said without anything of its content.

use reaction::Error;
use rotation::{SecretArn, Stage};
use rotation_steps::Secrets;
use secrecy::SecretString;

use crate::keys::Keys;

/// By what the server knows us.
pub struct Master {
    /// `consumer_key` or `client_id`.
    pub id: SecretString,
    /// `consumer_secret` or `client_secret`.
    pub secret: SecretString,
}

impl Master {
    /// Fetches the master secret.
    ///
    /// # Errors
    /// `Refused` where it has no value, or not what it needs; otherwise what the call's error means.
    pub async fn fetch(secrets: &Secrets, arn: &SecretArn) -> Result<Self, Error> {
        let value = secrets.value_at(&arn.to_string(), Stage::Current).await?;
        Self::read(&value.ok_or_else(|| Error::refused(format!("the master secret {arn} has no value")))?)
    }

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
