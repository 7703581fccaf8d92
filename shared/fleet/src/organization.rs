//! Reading an organization.

use std::collections::{BTreeMap, BTreeSet};

use aws::{Answer, Pace, SdkConfig, accounts_below, check_organization, is_denied, is_without_organization};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::types::{Account as Listed, Tag as Tagged};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use place::AccountId;
use reaction::{Doing, Error};

use crate::{Account, Organization, Tag, Target, Targets};

/// How many accounts' tags are asked for at the same time.
const AT_ONCE: usize = 8;

/// Organizations, at its pace.
pub(crate) struct Organizations {
    client: Client,
    pace: Pace,
}

type Accounts = BTreeMap<AccountId, Account>;

impl Organizations {
    pub(crate) fn new(config: &SdkConfig, pace: Pace) -> Self {
        Self { client: Client::new(config), pace }
    }

    /// All accounts, and whom these targets stand for; `None` where there is no organization, or we may not ask it, and no
    /// target needs it.
    pub(crate) async fn read(&self, targets: &Targets) -> Result<Option<Organization>, Error> {
        let asking = || {
            "asking Organizations for its accounts (only the management account and delegated administrators may; \
             account ids as targets need no organization)"
        };
        let Some(accounts) = self.accounts(targets.need_organization()).await.doing(asking)? else { return Ok(None) };
        let mut members = BTreeMap::new();
        for target in targets.groups() {
            let asking = || format!("asking Organizations for the accounts of {target}");
            members.insert(target.clone(), self.members(target, &accounts).await.doing(asking)?);
        }
        Ok(Some(Organization { accounts, members }))
    }

    /// Page by page, since a page of the SDK takes several times the memory of what is kept of it.
    async fn accounts(&self, is_needed: bool) -> Result<Option<Accounts>, Error> {
        let (mut accounts, mut token) = (Accounts::new(), None);
        loop {
            self.pace.wait("ListAccounts").await;
            let page = self.client.list_accounts().set_next_token(token).send().await;
            if page.as_ref().is_err_and(|error| !is_needed && (is_denied(error) || is_without_organization(error))) {
                return Ok(None);
            }
            let page = page.or_error()?;
            for listed in page.accounts() {
                let account = account(listed)?;
                accounts.insert(account.id.clone(), account);
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Some(accounts));
            }
        }
    }

    async fn members(&self, target: &Target, accounts: &Accounts) -> Result<BTreeSet<AccountId>, Error> {
        match target {
            Target::Account(id) => Ok([id.clone()].into()),
            Target::Organization(id) => self.all_of(id, accounts).await,
            Target::Parent(id) => self.below(id).await,
            Target::Tag(tag) => self.tagged(tag, accounts).await,
        }
    }

    async fn all_of(&self, id: &str, accounts: &Accounts) -> Result<BTreeSet<AccountId>, Error> {
        check_organization(&self.client, &self.pace, id).await?;
        Ok(accounts.keys().cloned().collect())
    }

    async fn below(&self, id: &str) -> Result<BTreeSet<AccountId>, Error> {
        let accounts = accounts_below(&self.client, &self.pace, id).await?;
        accounts.iter().map(|listed| listed.id().unwrap_or_default().parse().map_err(Error::failed)).collect()
    }

    /// One call for each account: Organizations lists tags by resource only.
    async fn tagged(&self, tag: &Tag, accounts: &Accounts) -> Result<BTreeSet<AccountId>, Error> {
        let asked = stream::iter(accounts.keys()).map(async |id| {
            let pages = self.client.list_tags_for_resource().resource_id(id.as_str()).into_paginator().send();
            let pages =
                self.pace.all_pages("ListTagsForResource", pages, ListTagsForResourceOutput::next_token).await?;
            let is_meant = pages.iter().flat_map(ListTagsForResourceOutput::tags).any(|it| is_it(tag, it));
            Ok::<_, Error>(is_meant.then(|| id.clone()))
        });
        let asked = asked.buffer_unordered(AT_ONCE);
        asked.try_fold(BTreeSet::new(), async |found, id| Ok(found.into_iter().chain(id).collect())).await
    }
}

fn is_it(Tag { key, value }: &Tag, tagged: &Tagged) -> bool {
    tagged.key() == key && value.as_deref().is_none_or(|value| tagged.value() == value)
}

/// The state is that of `State`, since `Status` was retired in September 2026; botocove's key of it stays. An account
/// without one may be suspended: it makes the list no list.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
fn account(listed: &Listed) -> Result<Account, Error> {
    let id: AccountId = listed.id().unwrap_or_default().parse().map_err(Error::failed)?;
    let state = listed.state().ok_or_else(|| Error::failed(format!("account {id} came without its state")))?;
    let text = |text: Option<&str>| text.map(String::from);
    let (arn, email, name) = (text(listed.arn()), text(listed.email()), text(listed.name()));
    Ok(Account { id, arn, email, name, status: Some(state.as_str().to_owned()) })
}
