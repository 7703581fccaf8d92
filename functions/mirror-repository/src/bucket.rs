//! The bucket: what is read, written on condition, listed and deleted there. Each call names the account that has to own the bucket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws::{Answer, Sessions, body_of, is_lost_race, open_only};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};
use aws_smithy_types::byte_stream::Length;
use bytes::Bytes;
use git::{Content, Spooled};
use mirror::{Object, Stored};
use percent_encoding::percent_decode_str;
use place::{AccountId, shortened};
use reaction::{Doing, Error};
use serde::de::DeserializeOwned;

/// The bytes of Signalbox's own objects, at most: the manifest of a million files has less.
const LARGEST: u64 = 512 * 1024 * 1024;

/// How many bytes of a file are read at a time.
const PIECE: usize = 64 * 1024;

/// Signalbox's own objects.
const JSON: &str = "application/json";

/// The bucket that repositories are mirrored to.
#[derive(Debug)]
pub(crate) struct Bucket {
    client: aws_sdk_s3::Client,
    name: String,
    sessions: Arc<Sessions>,
}

/// What is written.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// From memory.
    InMemory(Bytes),
    /// From a file, which is read as it is sent.
    OnDisk(Arc<Spooled>),
}

impl From<Content> for Body {
    fn from(content: Content) -> Self {
        match content {
            Content::InMemory(bytes) => Self::InMemory(bytes.into()),
            Content::OnDisk(spooled) => Self::OnDisk(Arc::new(spooled)),
        }
    }
}

impl Body {
    fn length(&self) -> u64 {
        match self {
            Self::InMemory(bytes) => bytes.len() as u64,
            Self::OnDisk(spooled) => spooled.length(),
        }
    }

    async fn stream(self) -> Result<ByteStream, Error> {
        match self {
            Self::InMemory(bytes) => Ok(ByteStream::from(bytes)),
            Self::OnDisk(spooled) => {
                let file = ByteStream::read_from().path(spooled.path()).length(Length::Exact(spooled.length()));
                file.buffer_size(PIECE).build().await.map_err(Error::failed)
            }
        }
    }
}

/// Whether an object is written on a condition.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Only<'a> {
    /// Whatever is there.
    Always,
    /// Where nothing is there.
    New,
    /// Where the object with this ETag is there.
    Replacing(&'a str),
}

/// How long an upload may take, where its size needs more than a call usually may: a second for each MiB.
fn patience(length: u64) -> Option<TimeoutConfig> {
    const USUAL: u64 = 4 * 1024 * 1024;
    let attempt = Duration::from_secs((length / (1024 * 1024)).saturating_add(5));
    let patience = TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(attempt * 4);
    (length > USUAL).then(|| patience.build())
}

impl<'a> Only<'a> {
    /// Where the object is still as it was read.
    pub(crate) fn as_read(etag: Option<&'a str>) -> Self {
        etag.map_or(Self::New, Self::Replacing)
    }
}

impl Bucket {
    pub(crate) fn new(sessions: Arc<Sessions>, name: String) -> Self {
        Self { client: aws_sdk_s3::Client::new(sessions.config()), name, sessions }
    }

    /// Opens the connection that the others will use.
    pub(crate) async fn open_connection(&self) {
        drop(self.client.head_object().bucket(&self.name).key("-").customize().mutate_request(open_only).send().await);
    }

    fn owner(&self) -> Result<&AccountId, Error> {
        Ok(&self.sessions.home()?.account)
    }

    fn shown(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }

    /// One of Signalbox's own objects; `None` where there is none.
    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<Stored<T>>, Error> {
        let doing = || format!("reading {}", self.shown(key));
        let Some((body, etag)) = self.bytes_of(key).await.doing(doing)? else { return Ok(None) };
        let it = serde_json::from_slice(&body).map_err(|error| {
            let error = shortened(&error.to_string(), 120);
            Error::refused(format!(
                "it is not what Signalbox wrote ({error}); restore its former version, or delete it, after which everything is written \
                 again and nothing that vanished is deleted"
            ))
        });
        Ok(Some(Stored { it: it.doing(doing)?, etag }))
    }

    async fn bytes_of(&self, key: &str) -> Result<Option<(Vec<u8>, String)>, Error> {
        let request =
            self.client.get_object().bucket(&self.name).key(key).expected_bucket_owner(self.owner()?.as_str());
        let Some(object) = request.send().await.or_absent()? else { return Ok(None) };
        let etag = object.e_tag().unwrap_or_default().to_owned();
        Ok(Some((body_of(object, LARGEST).await?, etag)))
    }

    /// The ETag of an object; `None` where there is none.
    pub(crate) async fn etag_of(&self, key: &str) -> Result<Option<String>, Error> {
        let request =
            self.client.head_object().bucket(&self.name).key(key).expected_bucket_owner(self.owner()?.as_str());
        let found = request.send().await.or_absent().doing(|| format!("asking for {}", self.shown(key)))?;
        Ok(found.and_then(|it| it.e_tag))
    }

    /// Deletes an object, where it is still as it was read.
    pub(crate) async fn delete_as_read(&self, key: &str, etag: Option<&str>) -> Result<(), Error> {
        let request =
            self.client.delete_object().bucket(&self.name).key(key).expected_bucket_owner(self.owner()?.as_str());
        match request.set_if_match(etag.map(String::from)).send().await {
            Err(error) if is_lost_race(&error) => match self.etag_of(key).await? {
                // An answer that was lost may be why.
                None => Ok(()),
                Some(_) => Err(Error::failed(format!(
                    "deleting {}: another run was faster; what there is now is looked at again",
                    self.shown(key)
                ))),
            },
            answer => answer.or_error().map(drop).doing(|| format!("deleting {}", self.shown(key))),
        }
    }

    /// Writes one of Signalbox's own objects, where it is still as it was read. Its new ETag.
    pub(crate) async fn replace(&self, key: &str, body: Bytes, only: Only<'_>) -> Result<String, Error> {
        match self.put(key, &Body::InMemory(body.clone()), JSON, only).await? {
            Some(etag) => Ok(etag),
            // An answer that was lost may be why: then what is there is what was written.
            None => match self.bytes_of(key).await? {
                Some((there, etag)) if there == body => Ok(etag),
                _ => Err(Error::failed(format!(
                    "writing {}: another run was faster; what there is now is looked at again",
                    self.shown(key)
                ))),
            },
        }
    }

    /// Writes an object; its ETag, or `None` where the condition does not hold.
    pub(crate) async fn put(
        &self,
        key: &str,
        body: &Body,
        content_type: &str,
        only: Only<'_>,
    ) -> Result<Option<String>, Error> {
        let request =
            self.client.put_object().bucket(&self.name).key(key).expected_bucket_owner(self.owner()?.as_str());
        let request = match only {
            Only::Always => request,
            Only::New => request.if_none_match("*"),
            Only::Replacing(etag) => request.if_match(etag),
        };
        let length = body.length();
        let body = body.clone().stream().await.doing(|| format!("writing {}", self.shown(key)))?;
        let request = request.content_type(content_type).body(body).customize();
        let request = match patience(length) {
            Some(patience) => request.config_override(aws_sdk_s3::Config::builder().timeout_config(patience)),
            None => request,
        };
        match request.send().await {
            Err(error) if !matches!(only, Only::Always) && is_lost_race(&error) => Ok(None),
            answer => {
                let answer = answer.or_error().doing(|| format!("writing {}", self.shown(key)))?;
                Ok(Some(answer.e_tag.unwrap_or_default()))
            }
        }
    }

    /// The objects whose keys begin so, by the rest of their keys.
    pub(crate) async fn list(&self, prefix: &str) -> Result<BTreeMap<String, Object>, Error> {
        let doing = || format!("listing {}", self.shown(prefix));
        let request = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).encoding_type(EncodingType::Url);
        let mut pages = request.expected_bucket_owner(self.owner()?.as_str()).into_paginator().send();
        let mut found = BTreeMap::new();
        while let Some(page) = pages.next().await {
            for object in page.or_error().doing(doing)?.contents.unwrap_or_default() {
                let key = object.key.unwrap_or_default();
                // As of a form: S3 writes a blank as `+`.
                let key = key.replace('+', " ");
                let key = percent_decode_str(&key).decode_utf8_lossy();
                let Some(path) = key.strip_prefix(prefix) else { continue };
                let size = object.size.and_then(|it| u64::try_from(it).ok()).unwrap_or_default();
                found.insert(path.to_owned(), Object { etag: object.e_tag.unwrap_or_default(), size });
            }
        }
        Ok(found)
    }

    /// Deletes objects, a thousand at most. One that is gone already is deleted.
    pub(crate) async fn delete(&self, keys: impl Iterator<Item = String>) -> Result<(), Error> {
        let keys = keys.map(|key| ObjectIdentifier::builder().key(key).build()).collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(Error::failed)?;
        let delete = Delete::builder().set_objects(Some(keys)).quiet(true).build().map_err(Error::failed)?;
        let request = self.client.delete_objects().bucket(&self.name).delete(delete);
        let answer = request.expected_bucket_owner(self.owner()?.as_str()).send().await.or_error();
        let answer = answer.doing(|| format!("deleting from {}", self.name))?;
        let Some(first) = answer.errors().first() else { return Ok(()) };
        let (key, code) = (first.key().unwrap_or_default(), first.code().unwrap_or_default());
        Err(Error::failed(format!(
            "deleting from {}: S3 left {} of them, such as {}: {code}: {}",
            self.name,
            answer.errors().len(),
            shortened(key, 120),
            first.message().unwrap_or_default()
        )))
    }
}
