//! A text that people keep in S3 or in Parameter Store, read anew each time that it is needed.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use place::{AccountId, Malformed};
use reaction::{Doing, Error};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::error::Answer;
use crate::http::open_only;
use crate::json::{Api, Json};

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>
pub(crate) const SYSTEMS_MANAGER: Api =
    Api { id: "SSM", agent: "ssm", name: "ssm", target: "AmazonSSM", version: "1.1", has_fips_names_in_govcloud: true };

/// The bytes of an object that are read at most: far more than people write, and far less than a function has memory.
const LARGEST: u64 = 4 * 1024 * 1024;

/// How long an object's body may take; the SDK's timeouts end with its first bytes.
const BODY: Duration = Duration::from_secs(10);

/// Where a document lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// An object in S3: `s3://bucket/key`.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
    },
    /// A parameter in Parameter Store: `ssm:/name`. It holds 4 KB (standard) or 8 KB (advanced).
    Parameter(String),
}

impl FromStr for Location {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let object = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let parameter = text.strip_prefix("ssm:").filter(|name| name.starts_with('/') && name.len() > 1);
        match (object, parameter) {
            (Some((bucket, key)), _) if !bucket.is_empty() && !key.is_empty() => {
                Ok(Self::Object { bucket: bucket.into(), key: key.into() })
            }
            (_, Some(name)) => Ok(Self::Parameter(name.into())),
            _ => Err(Malformed::new(text, "`s3://bucket/key` or `ssm:/name`")),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { bucket, key } => write!(f, "s3://{bucket}/{key}"),
            Self::Parameter(name) => write!(f, "ssm:{name}"),
        }
    }
}

/// A document, and the client that reads it.
#[derive(Debug)]
pub struct Document {
    location: Location,
    store: Store,
}

#[derive(Debug)]
enum Store {
    S3 { client: aws_sdk_s3::Client, bucket: String, key: String, last: Mutex<Option<Version>> },
    Parameters { client: Box<Json>, name: String },
}

/// What was read last, so that S3 can answer 304 in place of sending it again.
#[derive(Clone, Debug)]
struct Version {
    etag: String,
    text: Arc<str>,
}

impl Document {
    /// The document at `location`; nothing is read yet.
    #[must_use]
    pub fn new(config: &SdkConfig, location: Location) -> Self {
        let store = match location.clone() {
            Location::Object { bucket, key } => {
                Store::S3 { client: aws_sdk_s3::Client::new(config), bucket, key, last: Mutex::default() }
            }
            Location::Parameter(name) => {
                Store::Parameters { client: Box::new(Json::new(config.clone(), SYSTEMS_MANAGER)), name }
            }
        };
        Self { location, store }
    }

    /// Where the document lies.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Opens the connection that [`Document::read`] will use.
    pub async fn open_connection(&self) {
        match &self.store {
            Store::S3 { client, bucket, key, .. } => {
                drop(client.get_object().bucket(bucket).key(key).customize().mutate_request(open_only).send().await);
            }
            Store::Parameters { client, .. } => client.open_connection().await,
        }
    }

    /// The text as it is now. `owner` is the account that has to own the bucket, since the name of a bucket that was deleted is
    /// free for any account to take; a parameter is always of our own account.
    ///
    /// # Errors
    /// `Refused` where there is no such document or it is not UTF-8; otherwise what the call's error means, as where the bucket is
    /// another account's.
    pub async fn read(&self, owner: &AccountId) -> Result<Arc<str>, Error> {
        let text = match &self.store {
            Store::S3 { client, bucket, key, last } => read_object(client, (bucket, key), owner, last).await,
            Store::Parameters { client, name } => read_parameter(client, name).await,
        };
        text.doing(|| format!("reading {}", self.location))
    }
}

async fn read_object(
    client: &aws_sdk_s3::Client,
    (bucket, key): (&str, &str),
    owner: &AccountId,
    last: &Mutex<Option<Version>>,
) -> Result<Arc<str>, Error> {
    const NOT_MODIFIED: u16 = 304;
    let known = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let etag = known.as_ref().map(|version| version.etag.clone());
    let request = client.get_object().bucket(bucket).key(key).expected_bucket_owner(owner.as_str());
    let answer = request.set_if_none_match(etag).send().await;
    if let (Err(error), Some(version)) = (&answer, known)
        && error.raw_response().is_some_and(|response| response.status().as_u16() == NOT_MODIFIED)
    {
        return Ok(version.text);
    }
    let answer = answer.or_absent().doing(|| {
        format!(
            "S3 tells an absent object from a denied one only to those who may list the bucket, and refuses a bucket that is not \
             account {owner}'s"
        )
    });
    let object = answer?.ok_or_else(|| Error::refused("there is no such object; upload it"))?;
    let etag = object.e_tag().map(String::from);
    let body = body_of(object, LARGEST).await?;
    let text: Arc<str> = String::from_utf8(body).map_err(|_| Error::refused("the object is not UTF-8 text"))?.into();
    let version = etag.map(|etag| Version { etag, text: text.clone() });
    *last.lock().unwrap_or_else(PoisonError::into_inner) = version;
    Ok(text)
}

/// The bytes of an object's body, `most` at most.
///
/// # Errors
/// `Refused` where there are more, whatever length S3 states; `Failed` where the body breaks off or does not come.
pub async fn body_of(mut object: GetObjectOutput, most: u64) -> Result<Vec<u8>, Error> {
    let too_large = || Error::refused(format!("the object has more than {most} bytes; it is no such document"));
    if object.content_length().is_some_and(|bytes| u64::try_from(bytes).is_ok_and(|bytes| bytes > most)) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(part) = object.body.next().await {
            bytes.extend(part.map_err(Error::failed).doing(|| "the object's body broke off")?);
            if bytes.len() as u64 > most {
                return Err(too_large());
            }
        }
        Ok(())
    };
    timeout(BODY, reading).await.map_err(|_| Error::failed("the object's body did not come"))??;
    Ok(bytes)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    value: String,
}

/// Its value may be encrypted there: it is not printed.
impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parameter")
    }
}

async fn read_parameter(client: &Json, name: &str) -> Result<Arc<str>, Error> {
    let answer = client.ask::<Got>("GetParameter", &json!({"Name": name, "WithDecryption": true})).await.or_absent()?;
    answer.map(|it| it.parameter.value.into()).ok_or_else(|| {
        Error::refused("there is no such parameter; put it (at most 4 KB, or 8 KB as an advanced one; a larger document belongs in S3)")
    })
}
