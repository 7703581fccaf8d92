//! Who may use a KMS key, by its policy.

use std::sync::Arc;

use aws::{Answer, Clients, Sessions, names_bad_principal};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyManagerType, KeyState};
use place::{AccountId, Arn, Malformed, Region};
use reaction::{Doing, Error};
use sharing::{Change, Effect, Resource};

use crate::policies::{self, Policies, PolicyRead, Text, Written};

/// The name of every key's one policy.
const DEFAULT: &str = "default";

/// A customer managed key of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub resource: Resource,
    /// What is to be told of it: that no account can use it now.
    pub note: Option<String>,
}

/// The policies of our account's customer managed keys.
#[derive(Debug)]
pub struct Keys {
    clients: Clients<Client>,
}

impl Keys {
    /// The keys of the sessions' account; nothing is read yet.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>) -> Self {
        Self { clients: Clients::new(sessions, Client::new) }
    }

    /// The key that a manifest names by id, ARN or alias (`alias/name`); `None` where there is no such key.
    ///
    /// # Errors
    /// `Refused` where the key is AWS's own or another account's; otherwise as of `DescribeKey`.
    pub async fn find(&self, name: &str, account: &AccountId, region: &Region) -> Result<Option<Key>, Error> {
        is_of(name, account, region)?;
        let finding = || format!("finding key {name} in {region}");
        let answer = self.clients.at(account, region).await?.describe_key().key_id(name).send().await;
        let Some(answer) = answer.or_absent().doing(finding)? else { return Ok(None) };
        let key = answer.key_metadata.ok_or_else(|| Error::failed("KMS tells nothing of it")).doing(finding)?;
        if key.key_manager() == Some(&KeyManagerType::Aws) {
            return Err(Error::refused(format!(
                "key {name} in {region} is AWS's own, and no other account can use it; encrypt with a customer managed key"
            )));
        }
        let resource = Resource::of_arn(key.arn().unwrap_or_default(), account);
        let resource = resource.map_err(|no_arn: Malformed| Error::failed(no_arn)).doing(finding)?;
        let state = key.key_state().filter(|state| **state != KeyState::Enabled);
        let note = state.map(|state| format!("key {name} in {region} is {}, so nobody can use it", state.as_str()));
        Ok(Some(Key { resource, note }))
    }

    /// The key's policy; `None` where there is no such key.
    ///
    /// # Errors
    /// As of `GetKeyPolicy`.
    pub async fn read(&self, key: &Resource) -> Result<Option<PolicyRead>, Error> {
        policies::read(self, key).await
    }

    /// Makes the key's policy admit the principals that the change says, where it still admits those that it says.
    ///
    /// # Errors
    /// `Failed` where another writer changed the policy meanwhile, or where it is not known what was done.
    pub async fn change(&self, change: &Change) -> Result<Effect, Error> {
        policies::change(self, change).await
    }
}

impl Policies for Keys {
    async fn get(&self, key: &Resource) -> Result<Option<Text>, Error> {
        let client = self.clients.at(&key.account, policies::region_of(key)?).await?;
        let answer = client.get_key_policy().key_id(&key.id).policy_name(DEFAULT).send().await;
        Ok(answer.or_absent()?.map(|answer| answer.policy))
    }

    async fn put(&self, key: &Resource, text: Option<&str>) -> Result<Written, Error> {
        let client = self.clients.at(&key.account, policies::region_of(key)?).await?;
        // A key has a policy as long as it exists.
        let text = text.ok_or_else(|| Error::refused("the policy of a key cannot be deleted"))?;
        policies::written(
            client.put_key_policy().key_id(&key.id).policy_name(DEFAULT).policy(text).send().await,
            names_bad_principal,
        )
    }
}

/// Refuses the ARN of a key or alias that lies elsewhere; an id or a name says nothing of it.
fn is_of(name: &str, account: &AccountId, region: &Region) -> Result<(), Error> {
    let Some(arn) = Arn::parse(name) else { return Ok(()) };
    if arn.account != account.as_str() {
        return Err(Error::refused(format!("key {name} in {region} is not ours, but of account {}", arn.account)));
    }
    if arn.region != region.as_str() {
        return Err(Error::refused(format!("key {name} in {region} lies in {}; name it there", arn.region)));
    }
    Ok(())
}
