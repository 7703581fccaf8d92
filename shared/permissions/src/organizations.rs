//! The accounts of organizations and organizational units, children included.

use std::collections::BTreeSet;

use aws::{Answer, Pace, SdkConfig};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::types::{Account, AccountState};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use futures_util::try_join;
use reaction::{AccountId, Doing, Error};
use sharing::Membership;

/// How many parents, and how many ids, are asked for at the same time.
const AT_ONCE: usize = 8;

/// Organizations, at its pace: it is one for all regions. Only the management account and delegated administrators may
/// ask it for accounts.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>
#[derive(Clone, Debug)]
pub struct Organizations {
    /// The client.
    pub client: Client,
    /// The pace of the account.
    pub pace: Pace,
}

impl Organizations {
    /// Organizations as our own account may ask it.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config), pace: Pace::documented() }
    }

    /// The active accounts of each of these organizations (`o-..`) and organizational units (`ou-..`).
    ///
    /// # Errors
    /// As of `ListAccounts`, `ListAccountsForParent` and `ListOrganizationalUnitsForParent`: a list that was cut short
    /// is no list.
    pub async fn membership(&self, ids: &BTreeSet<String>) -> Result<Membership, Error> {
        let asked = stream::iter(ids.iter().cloned()).map(async |id| {
            let members = self.members(&id).await.doing(|| {
                format!(
                    "asking Organizations for the accounts of {id} (only the management account and delegated \
                     administrators may)"
                )
            })?;
            Ok((id, members))
        });
        let empty = Membership::default();
        let each = asked.buffer_unordered(AT_ONCE);
        each.try_fold(empty, async |known, (id, accounts)| Ok(known.with(id, accounts))).await
    }

    async fn members(&self, id: &str) -> Result<BTreeSet<AccountId>, Error> {
        if id.starts_with("o-") { self.members_of_organization(id).await } else { self.members_of_unit(id).await }
    }

    async fn members_of_organization(&self, id: &str) -> Result<BTreeSet<AccountId>, Error> {
        // `ListAccounts` tells of our own organization, whatever was asked for.
        self.pace.wait("DescribeOrganization").await;
        let answer = self.client.describe_organization().send().await.or_error()?;
        let ours = answer.organization.and_then(|it| it.id).unwrap_or_default();
        if ours != id {
            return Err(Error::refused(format!("our own organization is {ours}")));
        }
        let pages = self.client.list_accounts().into_paginator().send();
        let pages = self.pace.all_pages("ListAccounts", pages, ListAccountsOutput::next_token).await?;
        active(pages.iter().flat_map(ListAccountsOutput::accounts))
    }

    /// Level by level, the parents of a level side by side.
    async fn members_of_unit(&self, id: &str) -> Result<BTreeSet<AccountId>, Error> {
        let (mut members, mut parents) = (BTreeSet::new(), vec![id.to_owned()]);
        while !parents.is_empty() {
            let level =
                stream::iter(parents).map(async |parent| try_join!(self.accounts(&parent), self.units(&parent)));
            let level: Vec<_> = level.buffer_unordered(AT_ONCE).try_collect().await?;
            let (accounts, units): (Vec<_>, Vec<_>) = level.into_iter().unzip();
            members.extend(accounts.into_iter().flatten());
            parents = units.into_iter().flatten().collect();
        }
        Ok(members)
    }

    async fn accounts(&self, parent: &str) -> Result<BTreeSet<AccountId>, Error> {
        let pages = self.client.list_accounts_for_parent().parent_id(parent).into_paginator().send();
        let token = ListAccountsForParentOutput::next_token;
        let pages = self.pace.all_pages("ListAccountsForParent", pages, token).await?;
        active(pages.iter().flat_map(ListAccountsForParentOutput::accounts))
    }

    async fn units(&self, parent: &str) -> Result<Vec<String>, Error> {
        const API: &str = "ListOrganizationalUnitsForParent";
        let pages = self.client.list_organizational_units_for_parent().parent_id(parent).into_paginator().send();
        let pages = self.pace.all_pages(API, pages, ListOrganizationalUnitsForParentOutput::next_token).await?;
        let units = pages.into_iter().flat_map(|page| page.organizational_units.unwrap_or_default());
        Ok(units.filter_map(|unit| unit.id).collect())
    }
}

/// The active ones, by `State`, since `Status` was retired in September 2026. One without a state may be in use: it makes
/// the list no list.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
fn active<'a>(accounts: impl Iterator<Item = &'a Account>) -> Result<BTreeSet<AccountId>, Error> {
    let mut active = BTreeSet::new();
    for account in accounts {
        let id: AccountId = account.id().unwrap_or_default().parse().map_err(Error::failed)?;
        let state = account.state().ok_or_else(|| Error::failed(format!("account {id} came without its state")))?;
        if *state == AccountState::Active {
            active.insert(id);
        }
    }
    Ok(active)
}
