//! Asking Organizations, at its pace.

use std::collections::{BTreeMap, BTreeSet};

use aws::{Answer, Pace, SdkConfig, is_denied, is_without_organization};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::operation::list_tags_for_resource::ListTagsForResourceOutput;
use aws_sdk_organizations::types::Tag;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use futures_util::try_join;
use place::AccountId;
use reaction::Error;

use crate::{Account, Accounts};

/// How many parents, or accounts, are asked for at the same time.
const AT_ONCE: usize = 8;

/// Organizations, which is one for all Regions. Only the management account and delegated administrators may ask it for accounts.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>
#[derive(Clone, Debug)]
pub struct Organizations {
    client: Client,
    pace: Pace,
}

/// What lies directly in roots and units: the accounts of each, and its units.
#[derive(Clone, Debug, Default)]
pub struct Tree(BTreeMap<String, (Vec<Account>, Vec<String>)>);

impl Tree {
    /// The accounts in a root or unit and in all units below it.
    #[must_use]
    pub fn below(&self, parent: &str) -> Vec<Account> {
        let Some((accounts, units)) = self.0.get(parent) else { return Vec::new() };
        let below = units.iter().flat_map(|unit| self.below(unit));
        accounts.iter().cloned().chain(below).collect()
    }
}

impl Organizations {
    /// Organizations as the account of `config` may ask it, at the documented rates; makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self::of_client(Client::new(config), Pace::documented())
    }

    /// Organizations as this client asks it, at this pace.
    #[must_use]
    pub fn of_client(client: Client, pace: Pace) -> Self {
        Self { client, pace }
    }

    /// Every account, whatever its state.
    ///
    /// # Errors
    /// As of `ListAccounts`.
    pub async fn accounts(&self) -> Result<Accounts, Error> {
        // Only a list that may be left out, or whose paths are needed, is ever `None`.
        Ok(self.list(true, false).await?.unwrap_or_default())
    }

    /// Every account with its paths; `None` where Organizations tells no paths, which its first page shows: then [`Organizations::tree`]
    /// says what lies where with fewer calls.
    ///
    /// # Errors
    /// As of `ListAccounts`.
    pub async fn accounts_with_paths(&self) -> Result<Option<Accounts>, Error> {
        self.list(true, true).await
    }

    /// Every account; `None` where there is no organization, or its accounts may not be asked for.
    ///
    /// # Errors
    /// As of `ListAccounts`, in all other cases.
    pub async fn accounts_if_told(&self) -> Result<Option<Accounts>, Error> {
        self.list(false, false).await
    }

    /// Page by page, since a page of the SDK takes several times the memory of what is kept of it.
    async fn list(&self, is_needed: bool, with_paths: bool) -> Result<Option<Accounts>, Error> {
        let (mut accounts, mut token) = (Vec::<Account>::new(), None);
        loop {
            self.pace.wait("ListAccounts").await;
            let page = self.client.list_accounts().set_next_token(token).send().await;
            if page.as_ref().is_err_and(|error| !is_needed && (is_denied(error) || is_without_organization(error))) {
                return Ok(None);
            }
            let page = page.or_error()?;
            for listed in page.accounts.unwrap_or_default() {
                accounts.push(Account::read(listed)?);
            }
            if with_paths && accounts.iter().any(|account| !account.has_paths()) {
                return Ok(None);
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Some(accounts.into_iter().collect()));
            }
        }
    }

    /// The accounts in a root or unit and in all units below it, whatever their state. Where `known` tells their paths, that is
    /// the answer, without a call. Otherwise Organizations is asked level by level, the parents of a level side by side.
    ///
    /// # Errors
    /// As of `ListAccountsForParent` and `ListOrganizationalUnitsForParent`.
    pub async fn below(&self, parent: &str, known: Option<&Accounts>) -> Result<Vec<Account>, Error> {
        let told = known.map(|known| known.below(parent)).unwrap_or_default();
        if !told.is_empty() {
            return Ok(told);
        }
        Ok(self.tree([parent.to_owned()].into()).await?.below(parent))
    }

    /// What lies in these roots and units and in all units below them, whatever its state. Each of them is asked for once, however they
    /// lie in each other, those of a level side by side.
    ///
    /// # Errors
    /// As of `ListAccountsForParent` and `ListOrganizationalUnitsForParent`.
    pub async fn tree(&self, mut parents: BTreeSet<String>) -> Result<Tree, Error> {
        let mut tree = Tree::default();
        while !parents.is_empty() {
            let level = stream::iter(std::mem::take(&mut parents)).map(async |parent| {
                let (accounts, units) = try_join!(self.accounts_in(&parent), self.units_in(&parent))?;
                Ok::<_, Error>((parent, accounts, units))
            });
            let level: Vec<_> = level.buffer_unordered(AT_ONCE).try_collect().await?;
            for (parent, accounts, units) in level {
                parents.extend(units.iter().cloned());
                tree.0.insert(parent, (accounts, units));
            }
            parents.retain(|parent| !tree.0.contains_key(parent));
        }
        Ok(tree)
    }

    /// Refuses an organization that is not our own: `ListAccounts` tells of no other one, whatever was asked for.
    ///
    /// # Errors
    /// `Refused` where it is another one; as of `DescribeOrganization`.
    pub async fn check(&self, id: &str) -> Result<(), Error> {
        self.pace.wait("DescribeOrganization").await;
        let answer = self.client.describe_organization().send().await.or_error()?;
        let ours = answer.organization.and_then(|it| it.id).unwrap_or_default();
        if ours == id { Ok(()) } else { Err(Error::refused(format!("our own organization is {ours}"))) }
    }

    /// Those of these accounts that carry a tag of this key and, where one is given, this value. It takes one call for each
    /// account, since Organizations lists tags by resource only.
    ///
    /// # Errors
    /// As of `ListTagsForResource`.
    pub async fn tagged(
        &self,
        accounts: &Accounts,
        (key, value): (&str, Option<&str>),
    ) -> Result<BTreeSet<AccountId>, Error> {
        let is_meant = |tag: &Tag| tag.key() == key && value.is_none_or(|value| tag.value() == value);
        let ids: Vec<_> = accounts.iter().map(|account| account.id.clone()).collect();
        let asked = stream::iter(ids).map(async |id| {
            let tags = self.tags_of(&id).await?;
            Ok::<_, Error>(tags.iter().any(is_meant).then_some(id))
        });
        let asked = asked.buffer_unordered(AT_ONCE);
        asked.try_fold(BTreeSet::new(), async |found, id| Ok(found.into_iter().chain(id).collect())).await
    }

    async fn tags_of(&self, account: &AccountId) -> Result<Vec<Tag>, Error> {
        let pages = self.client.list_tags_for_resource().resource_id(account.as_str()).into_paginator().send();
        let pages = self.pace.all_pages("ListTagsForResource", pages, ListTagsForResourceOutput::next_token).await?;
        Ok(pages.into_iter().flat_map(|page| page.tags.unwrap_or_default()).collect())
    }

    async fn accounts_in(&self, parent: &str) -> Result<Vec<Account>, Error> {
        let pages = self.client.list_accounts_for_parent().parent_id(parent).into_paginator().send();
        let pages =
            self.pace.all_pages("ListAccountsForParent", pages, ListAccountsForParentOutput::next_token).await?;
        pages.into_iter().flat_map(|page| page.accounts.unwrap_or_default()).map(Account::read).collect()
    }

    async fn units_in(&self, parent: &str) -> Result<Vec<String>, Error> {
        const API: &str = "ListOrganizationalUnitsForParent";
        let pages = self.client.list_organizational_units_for_parent().parent_id(parent).into_paginator().send();
        let pages = self.pace.all_pages(API, pages, ListOrganizationalUnitsForParentOutput::next_token).await?;
        let units = pages.into_iter().flat_map(|page| page.organizational_units.unwrap_or_default());
        Ok(units.filter_map(|unit| unit.id).collect())
    }
}
