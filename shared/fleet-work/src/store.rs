//! The bucket of runs. What is written once is never overwritten.

use std::collections::BTreeSet;

use aws::{Answer, Sessions, body_of, is_lost_race};
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::primitives::ByteStream;
use fleet_runs::{RunId, keys};
use place::AccountId;
use reaction::{Doing, Error};
use serde::de::DeserializeOwned;

use crate::Document;

/// The largest object that is read: the list of the accounts of an organization, or the results of one account.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The bucket of runs.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    bucket: String,
}

impl Store {
    /// This bucket, in our own account; makes no call.
    #[must_use]
    pub fn new(sessions: &Sessions, bucket: String) -> Self {
        Self { client: Client::new(sessions.config()), bucket }
    }

    pub(crate) async fn open_connection(&self) {
        let request = self.client.head_object().bucket(&self.bucket).key("plan.json");
        drop(request.customize().mutate_request(aws::open_only).send().await);
    }

    /// An object's bytes; `None` where it is not there.
    pub(crate) async fn bytes(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let reading = || format!("reading s3://{}/{key}", self.bucket);
        let answer = self.client.get_object().bucket(&self.bucket).key(key).send().await;
        let Some(object) = answer.or_absent().doing(reading)? else { return Ok(None) };
        body_of(object, LARGEST).await.map(Some).doing(reading)
    }

    /// An object as JSON; `None` where it is not there.
    pub(crate) async fn json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        let Some(bytes) = self.bytes(key).await? else { return Ok(None) };
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            Error::refused(format!(
                "s3://{}/{key} is not what a run writes: {error}; start a run of another name",
                self.bucket
            ))
        })?;
        Ok(Some(value))
    }

    /// Whether an object is there.
    pub(crate) async fn has(&self, key: &str) -> Result<bool, Error> {
        let answer = self.client.head_object().bucket(&self.bucket).key(key).send().await;
        let answer = answer.or_absent().doing(|| format!("looking for s3://{}/{key}", self.bucket))?;
        Ok(answer.is_some())
    }

    /// The accounts that have results.
    pub(crate) async fn accounts_with_results(&self, run: &RunId) -> Result<BTreeSet<AccountId>, Error> {
        let prefix = keys::results_prefix(run);
        let pages = self.client.list_objects_v2().bucket(&self.bucket).prefix(&prefix).into_paginator().send();
        let token = ListObjectsV2Output::next_continuation_token;
        let pages = aws::Pace::unlimited().all_pages("ListObjectsV2", pages, token).await;
        let pages = pages.doing(|| format!("listing s3://{}/{prefix}", self.bucket))?;
        let objects = pages.into_iter().flat_map(|page| page.contents.unwrap_or_default());
        Ok(objects.filter_map(|object| keys::account_of(object.key()?)).collect())
    }

    /// Writes a document. One that is written once stays as it was, and that is no error: another attempt wrote it.
    pub(crate) async fn write(&self, document: &Document) -> Result<(), Error> {
        let Document { key, body, is_once, .. } = document;
        let put = self.client.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(body.clone()));
        let put = if *is_once { put.if_none_match("*") } else { put };
        match put.send().await {
            Err(error) if *is_once && is_lost_race(&error) && self.has(key).await? => Ok(()),
            answer => answer.or_error().map(drop).doing(|| format!("writing s3://{}/{key}", self.bucket)),
        }
    }
}
