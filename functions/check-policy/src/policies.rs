//! Managed policies, as IAM answers for them.

use aws::{Answer, SdkConfig, all_pages, is_taken};
use aws_sdk_iam::Client;
use aws_sdk_iam::config::Config;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::types::Tag;
use futures_util::future::try_join_all;
use percent_encoding::percent_decode_str;
use reaction::{Doing, Error};

use crate::facts::{Content, OWNER, Present};

/// The policies of one account, in the name of one session.
#[derive(Clone, Debug)]
pub(crate) struct Policies {
    pub(crate) client: Client,
}

impl Policies {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// The version that holds of this policy; `None` where there is no such policy.
    ///
    /// # Errors
    /// As of `GetPolicy`.
    pub(crate) async fn default_version(&self, arn: &str) -> Result<Option<Version>, Error> {
        let found = self.client.get_policy().policy_arn(arn).send().await.or_absent()?;
        let version = found
            .and_then(|it| it.policy)
            .and_then(|it| Some(Version { policy: it.policy_id.unwrap_or_default(), number: it.default_version_id? }));
        Ok(version)
    }

    /// What is there under this ARN. The other versions are read where the default one does not say what it shall.
    ///
    /// # Errors
    /// As of `GetPolicy`, `GetPolicyVersion` and `ListPolicyVersions`.
    pub(crate) async fn present(&self, arn: &str, wanted: &Content) -> Result<Option<Present>, Error> {
        let reading = || format!("reading {arn}");
        let found = self.client.get_policy().policy_arn(arn).send().await.or_absent().doing(reading)?;
        let Some(policy) = found.and_then(|it| it.policy) else { return Ok(None) };
        let default = policy.default_version_id.clone().unwrap_or_default();
        let Some(document) = self.document(arn, &default).await.doing(reading)? else {
            return Err(Error::failed(format!("{arn}: its default version {default} has just gone")));
        };
        let tags = policy.tags.unwrap_or_default().into_iter().map(|it| (it.key, it.value)).collect();
        let description = policy.description.unwrap_or_default();
        let mut present = Present { tags, description, content: Content::of(&document), default, others: Vec::new() };
        if present.content != *wanted {
            present.others = self.others(arn).await.doing(reading)?;
        }
        Ok(Some(present))
    }

    /// The versions that are not the default, the oldest first, each with what it says.
    async fn others(&self, arn: &str) -> Result<Vec<(String, Content)>, Error> {
        let listing = self.client.list_policy_versions().policy_arn(arn);
        let versions = all_pages(listing.into_paginator().items().send()).await?;
        let others = versions.into_iter().filter(|it| !it.is_default_version);
        let ids = oldest_first(others.filter_map(|it| it.version_id).collect());
        let read = async |id: String| {
            let document = self.document(arn, &id).await?;
            Ok::<_, Error>(document.map(|it| (id, Content::of(&it))))
        };
        let read = try_join_all(ids.into_iter().map(read)).await?;
        Ok(read.into_iter().flatten().collect())
    }

    /// The document of a version, decoded; `None` where there is no such version.
    ///
    /// # Errors
    /// As of `GetPolicyVersion`.
    pub(crate) async fn document(&self, arn: &str, version: &str) -> Result<Option<String>, Error> {
        let answer = self.client.get_policy_version().policy_arn(arn).version_id(version).send().await.or_absent()?;
        let Some(encoded) = answer.and_then(|it| it.policy_version?.document) else { return Ok(None) };
        // IAM encodes documents as RFC 3986 says, in which a plus sign is a plus sign.
        let document = percent_decode_str(&encoded).decode_utf8().map_err(Error::failed)?;
        Ok(Some(document.into_owned()))
    }

    /// Makes a policy. One that is there already is taken for ours where its document and its owner are those of this call: the answer
    /// to a first attempt may have been lost.
    ///
    /// # Errors
    /// `Refused` where the account has another policy of this name; as of `CreatePolicy`.
    pub(crate) async fn create(&self, arn: &str, new: &New<'_>) -> Result<(), Error> {
        let New { name, path, description, document, tags } = new;
        let call = self.client.create_policy().policy_name(*name).path(*path).policy_document(*document);
        let call = call.set_tags(Some(tags.clone())).description(*description);
        let answer = call.send().await;
        if !answer.as_ref().is_err_and(is_taken) {
            return answer.or_error().map(drop).doing(|| format!("making {arn}"));
        }
        let wanted = Content::of(document);
        match self.present(arn, &wanted).await? {
            Some(present) if present.content == wanted && present.is_ours() => Ok(()),
            _ => Err(Error::refused(format!(
                "the account has another policy called {name}, in whichever path and case; choose another PolicyName"
            ))),
        }
    }

    /// Makes a version of this document, which is not the default yet. Each attempt that arrives makes one more, so that there is no second
    /// attempt: where the answer was lost, the version is looked for.
    ///
    /// # Errors
    /// As of `CreatePolicyVersion`.
    pub(crate) async fn add_version(&self, arn: &str, document: &str) -> Result<String, Error> {
        let once = Config::builder().retry_config(RetryConfig::disabled());
        let call = self.client.create_policy_version().policy_arn(arn).policy_document(document).set_as_default(false);
        let answer = call.customize().config_override(once).send().await;
        let error = match answer.or_error().doing(|| format!("making a version of {arn}")) {
            Ok(made) => match made.policy_version.and_then(|it| it.version_id) {
                Some(id) => return Ok(id),
                None => Error::failed(format!("a version of {arn} was made without an id")),
            },
            Err(error) if error.is_refused() => return Err(error),
            Err(error) => error,
        };
        let wanted = Content::of(document);
        let found = self.others(arn).await.unwrap_or_default().into_iter().rev().find(|(_, says)| *says == wanted);
        found.map(|(id, _)| id).ok_or(error)
    }

    /// Makes a version the default.
    ///
    /// # Errors
    /// As of `SetDefaultPolicyVersion`.
    pub(crate) async fn set_default(&self, arn: &str, version: &str) -> Result<(), Error> {
        let call = self.client.set_default_policy_version().policy_arn(arn).version_id(version);
        call.send().await.or_error().map(drop).doing(|| format!("making {version} the default of {arn}"))
    }

    /// Deletes a version that is not the default; one that is gone is deleted.
    ///
    /// # Errors
    /// As of `DeletePolicyVersion`.
    pub(crate) async fn delete_version(&self, arn: &str, version: &str) -> Result<(), Error> {
        let call = self.client.delete_policy_version().policy_arn(arn).version_id(version);
        call.send().await.or_absent().map(drop).doing(|| format!("deleting {version} of {arn}"))
    }

    /// Gives a policy these tags, beside those that it has.
    ///
    /// # Errors
    /// As of `TagPolicy`.
    pub(crate) async fn tag(&self, arn: &str, tags: Vec<Tag>) -> Result<(), Error> {
        let call = self.client.tag_policy().policy_arn(arn).set_tags(Some(tags));
        call.send().await.or_error().map(drop).doing(|| format!("tagging {arn}"))
    }
}

/// A version of a policy, whose document never changes. The policy's id tells it from the version of a policy that was deleted and made
/// anew under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) policy: String,
    pub(crate) number: String,
}

/// A policy that is to be made.
pub(crate) struct New<'a> {
    pub(crate) name: &'a str,
    pub(crate) path: &'a str,
    pub(crate) description: &'a str,
    pub(crate) document: &'a str,
    pub(crate) tags: Vec<Tag>,
}

impl Present {
    /// Whether its tag says that Signalbox made it.
    pub(crate) fn is_ours(&self) -> bool {
        self.tags.get(OWNER).is_some_and(|it| it == crate::NAME)
    }
}

/// Versions in the order in which they were made; IAM promises none.
pub(crate) fn oldest_first(mut versions: Vec<String>) -> Vec<String> {
    versions.sort_by_key(|id| number_of(id));
    versions
}

/// The number of a version: `v12` is the twelfth. Numbers of deleted versions do not come again.
fn number_of(version: &str) -> u64 {
    version.trim_start_matches('v').parse().unwrap_or(u64::MAX)
}

/// A tag.
///
/// # Errors
/// `Failed` where the SDK does not take it.
pub(crate) fn tag_of(key: &str, value: &str) -> Result<Tag, Error> {
    Tag::builder().key(key).value(value).build().map_err(Error::failed)
}
