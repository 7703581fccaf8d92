//! The values that Signalbox made for a pending version: a writer of a secret may write its pending version too, and would
//! otherwise choose the credential that the server is made to take.

use aws::Answer;
use aws_sdk_dynamodb::types::AttributeValue;
use reaction::{Doing, Error};
use rotation::Request;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{FIRST, Item, Records};

/// The attribute of a version's item.
const MADE: &str = "made";

/// The attribute that says until when what was made may be set. What is written of a version later does not make it longer, as
/// it does the item's own `expiration`.
const UNTIL: &str = "made_until";

/// The attribute that says when a server had taken what was made.
pub(super) const TAKEN: &str = "taken";

/// How often a value is hashed, so that a reader of the table cannot guess at a short password; it takes some milliseconds.
const ROUNDS: u32 = 10_000;

/// What is recorded of a value of a pending version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Signalbox did not make it, or so long ago that the record has lapsed.
    Elsewhere,
    /// Signalbox made it, and no server is known to have taken it.
    Here,
    /// Signalbox made it, and a server took it: readers of the secret since then know it.
    Taken,
}

impl Records {
    /// Writes down that this run is about to keep this value as the pending version. Of several runs each may be the one that does.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn record_made(&self, request: &Request, value: &SecretString) -> Result<(), Error> {
        let id = self.id(&request.secret, request.version.as_str());
        let update = self.client.update_item().table_name(&self.table).key("id", id);
        let update = update.update_expression("SET expiration = :expiration, #until = :expiration ADD #made :made");
        let update = update.expression_attribute_names("#made", MADE).expression_attribute_names("#until", UNTIL);
        let update = update.expression_attribute_values(":made", AttributeValue::Ss(vec![digest_of(request, value)]));
        let update = update.expression_attribute_values(":expiration", self.expiration());
        update.send().await.or_error().map(drop).doing(|| self.place())
    }

    /// Writes down that a server has taken what was made for this version: it is not to be set a second time.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn record_taken(&self, request: &Request) -> Result<(), Error> {
        self.set(request, FIRST, TAKEN).await.map(drop)
    }

    /// Whether Signalbox made this value for the version of this item, and whether a server has taken it.
    pub(super) fn made_in(&self, item: &Item, request: &Request, value: &SecretString) -> Made {
        let until = item.get(UNTIL).and_then(|it| it.as_n().ok()?.parse::<u64>().ok()).unwrap_or_default();
        let made = item.get(MADE).and_then(|it| it.as_ss().ok());
        if self.now() >= until || !made.is_some_and(|made| made.contains(&digest_of(request, value))) {
            return Made::Elsewhere;
        }
        if item.contains_key(TAKEN) { Made::Taken } else { Made::Here }
    }
}

fn digest_of(request: &Request, value: &SecretString) -> String {
    digest(&format!("{}\n{}\n", request.secret, request.version), value)
}

/// What tells a value from any other, in this place.
pub(super) fn digest(place: &str, value: &SecretString) -> String {
    let round = |before: &[u8]| Sha256::new().chain_update(before).chain_update(value.expose_secret()).finalize();
    let first = round(place.as_bytes());
    let last = (1..ROUNDS).fold(first, |before, _| round(&before));
    place::hex(&last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::digest_of;

    #[test]
    fn a_value_is_known_by_its_secret_and_its_version() {
        let request = |secret: &str, version: &str| {
            let arn = format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{secret}");
            let version = version.repeat(32);
            serde_json::from_value(json!({"Step": "setSecret", "SecretId": arn, "ClientRequestToken": version}))
                .unwrap()
        };
        let of = |secret: &str, version: &str, value: &str| digest_of(&request(secret, version), &value.into());
        let one = of("app-AbCdEf", "1", "hunter2");
        assert_eq!(one, of("app-AbCdEf", "1", "hunter2"));
        for other in
            [of("web-AbCdEf", "1", "hunter2"), of("app-AbCdEf", "2", "hunter2"), of("app-AbCdEf", "1", "hunter3")]
        {
            assert!(other != one && one.len() == 64 && !other.contains("hunter"));
        }
    }
}
