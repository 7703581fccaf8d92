//! What Secrets Manager sends.

use std::fmt;
use std::str::FromStr;

use place::{AccountId, Arn, Malformed, Region};
use reaction::Key;
use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::versions::VersionId;

/// One of the four invocations of a rotation.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    /// `createSecret`, `setSecret`, `testSecret` or `finishSecret`; whatever else stands there is refused by [`turn`](crate::turn).
    pub step: String,
    /// The secret.
    #[serde(rename = "SecretId")]
    pub secret: SecretArn,
    /// The version that is to become current.
    #[serde(rename = "ClientRequestToken")]
    pub version: VersionId,
    /// Proof that we act for a rotation, where we act in another role or account. To be passed on, and never to be shown.
    #[serde(default, deserialize_with = "unshown")]
    pub rotation_token: Option<SecretString>,
}

/// A text, of which no error says what stands there instead.
fn unshown<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    match Option::<Value>::deserialize(deserializer) {
        Ok(None) => Ok(None),
        Ok(Some(Value::String(text))) => Ok(Some(text.into())),
        _ => Err(D::Error::custom("`RotationToken` is no text")),
    }
}

impl Request {
    /// Names the occurrence: the secret, the version and the step.
    #[must_use]
    pub fn key(&self) -> Key {
        let SecretArn { account, region, name, .. } = &self.secret;
        let step = place::shortened(&self.step, 32);
        Key::new([account.as_str(), region.as_str(), name, self.version.as_str(), &step])
    }
}

/// The ARN of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretArn {
    /// Its partition.
    pub partition: String,
    /// Its region.
    pub region: Region,
    /// Its account.
    pub account: AccountId,
    /// Its name, with the six characters that Secrets Manager puts at its end.
    pub name: String,
}

impl FromStr for SecretArn {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const LONGEST: usize = 2048;
        let malformed = || {
            let expected =
                "the ARN of a secret, such as \"arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf\"";
            Malformed::new(text, expected)
        };
        let arn = Arn::parse(text).filter(|it| it.service == "secretsmanager").ok_or_else(malformed)?;
        let name = arn.resource.strip_prefix("secret:").ok_or_else(malformed)?;
        let (Ok(region), Ok(account)) = (arn.region.parse::<Region>(), arn.account_id()) else {
            return Err(malformed());
        };
        let is_name = |it: u8| it.is_ascii_alphanumeric() || b"/_+=.@-!".contains(&it);
        if name.is_empty()
            || text.len() > LONGEST
            || !name.bytes().all(is_name)
            || region.partition().as_str() != arn.partition
        {
            return Err(malformed());
        }
        Ok(Self { partition: arn.partition.into(), region, account, name: name.into() })
    }
}

impl TryFrom<String> for SecretArn {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        text.parse()
    }
}

impl From<SecretArn> for String {
    fn from(arn: SecretArn) -> Self {
        arn.to_string()
    }
}

impl fmt::Display for SecretArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, name } = self;
        write!(f, "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}")
    }
}
