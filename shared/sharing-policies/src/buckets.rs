//! Who may read a bucket, by its policy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws::{
    Answer, Clients, Sessions, all_pages, detail, has_no_policy, is_closed_bucket, names_bad_principal,
    region_of_bucket,
};
use aws_sdk_s3::Client;
use place::Region;
use reaction::{Doing, Error};
use sharing::{Change, Effect, Resource};

use crate::policies::{self, Policies, PolicyRead, Text, Written};

/// The policies of our account's buckets, wherever those lie. S3 is told whose bucket is meant in each call: a bucket of
/// that name in another account is none of ours.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html>
#[derive(Debug)]
pub struct Buckets {
    clients: Clients<Client>,
    /// Where buckets lie that are not in our own region.
    regions: Mutex<HashMap<String, Region>>,
}

impl Buckets {
    /// The buckets of the sessions' account; nothing is read yet.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>) -> Self {
        Self { clients: Clients::new(sessions, Client::new), regions: Mutex::default() }
    }

    /// The bucket's policy; `None` where there is no such bucket.
    ///
    /// # Errors
    /// `Refused` where the bucket is not ours; otherwise as of `GetBucketPolicy`.
    pub async fn read(&self, bucket: &Resource) -> Result<Option<PolicyRead>, Error> {
        policies::read(self, bucket).await
    }

    /// Makes the bucket's policy admit the principals that the change says, where it still admits those that it says.
    ///
    /// # Errors
    /// `Failed` where another writer changed the policy meanwhile, or where it is not known what was done.
    pub async fn change(&self, change: &Change) -> Result<Effect, Error> {
        policies::change(self, change).await
    }

    /// The client for the region that the bucket lies in, as far as it is known.
    async fn client(&self, bucket: &Resource) -> Result<Client, Error> {
        let region = self.regions.lock().unwrap_or_else(PoisonError::into_inner).get(&bucket.id).cloned();
        match region {
            Some(region) => self.clients.at(&bucket.account, &region).await,
            None => self.clients.in_account(&bucket.account).await,
        }
    }

    /// What it means that S3 does not let us speak of the bucket: only of our own ones it tells us the names.
    async fn closed(&self, bucket: &Resource, denied: Error) -> Error {
        let client = match self.clients.in_account(&bucket.account).await {
            Ok(client) => client,
            Err(error) => return error,
        };
        let pages = client.list_buckets().prefix(&bucket.id).into_paginator().send();
        match all_pages(pages).await.doing(|| format!("asking whether the bucket {} is ours", bucket.id)) {
            Err(error) => error,
            Ok(pages) if pages.iter().any(|page| page.buckets().iter().any(|it| it.name() == Some(&*bucket.id))) => {
                denied
            }
            Ok(_) => Error::refused(format!(
                "the bucket {} is not ours: account {} has no bucket of that name; correct the manifest",
                bucket.id, bucket.account
            )),
        }
    }
}

impl Policies for Buckets {
    async fn get(&self, bucket: &Resource) -> Result<Option<Text>, Error> {
        let ask = async |client: Client| {
            client.get_bucket_policy().bucket(&bucket.id).expected_bucket_owner(bucket.account.as_str()).send().await
        };
        let client = self.client(bucket).await?;
        let here = client.config().region().map(ToString::to_string);
        let mut answer = ask(client).await;
        let region = answer.as_ref().err().and_then(region_of_bucket);
        if let Some(region) = region.filter(|region| here.as_deref() != Some(*region)) {
            let region = region.parse().map_err(Error::refused)?;
            let elsewhere = self.clients.at(&bucket.account, &region).await?;
            self.regions.lock().unwrap_or_else(PoisonError::into_inner).insert(bucket.id.clone(), region);
            answer = ask(elsewhere).await;
        }
        match answer {
            Err(error) if has_no_policy(&error) => Ok(Some(None)),
            Err(error) if is_closed_bucket(&error) => {
                let denied = Err::<(), _>(error).or_error().err();
                let denied = denied.unwrap_or_else(|| Error::failed("S3 does not let us speak of it"));
                Err(self.closed(bucket, denied).await)
            }
            other => Ok(other.or_absent()?.map(|answer| answer.policy)),
        }
    }

    async fn put(&self, bucket: &Resource, text: Option<&str>) -> Result<Written, Error> {
        let (client, owner) = (self.client(bucket).await?, bucket.account.as_str());
        let Some(text) = text else {
            let answer = client.delete_bucket_policy().bucket(&bucket.id).expected_bucket_owner(owner).send().await;
            return answer.or_error().map(|_| Written::Taken);
        };
        let request = client.put_bucket_policy().bucket(&bucket.id).expected_bucket_owner(owner);
        let answer = request.policy(text).send().await;
        let named = answer.as_ref().err().and_then(detail);
        Ok(match (policies::written(answer, names_bad_principal)?, named) {
            (Written::BadPrincipal(said), Some(named)) => Written::BadPrincipal(format!("{said} ({named})")),
            (written, _) => written,
        })
    }
}
