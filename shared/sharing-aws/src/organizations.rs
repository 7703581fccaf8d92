//! The accounts of organizations and organizational units, children included.

use std::collections::BTreeSet;

use aws::{Pace, SdkConfig, accounts_below, check_organization};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_accounts::ListAccountsOutput;
use aws_sdk_organizations::types::{Account, AccountState};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use place::AccountId;
use reaction::{Doing, Error};
use sharing::Membership;

/// How many ids are asked for at the same time.
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

    /// The active accounts of each of these organizations (`o-..`) and organizational units (`ou-..`), or why they can never be
    /// told.
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
            });
            match members {
                // One that was removed holds back what names it, and not the rest.
                Err(error) if error.is_refused() => Ok((id, Err(error.to_string()))),
                members => Ok((id, Ok(members?))),
            }
        });
        let empty = Membership::default();
        let each = asked.buffer_unordered(AT_ONCE);
        each.try_fold(empty, async |known, (id, members)| match members {
            Ok(accounts) => Ok(known.with(id, accounts)),
            Err(why) => Ok(known.without(id, why)),
        })
        .await
    }

    async fn members(&self, id: &str) -> Result<BTreeSet<AccountId>, Error> {
        if id.starts_with("o-") { self.members_of_organization(id).await } else { self.members_of_unit(id).await }
    }

    async fn members_of_organization(&self, id: &str) -> Result<BTreeSet<AccountId>, Error> {
        check_organization(&self.client, &self.pace, id).await?;
        let pages = self.client.list_accounts().into_paginator().send();
        let pages = self.pace.all_pages("ListAccounts", pages, ListAccountsOutput::next_token).await?;
        active(pages.iter().flat_map(ListAccountsOutput::accounts))
    }

    async fn members_of_unit(&self, id: &str) -> Result<BTreeSet<AccountId>, Error> {
        active(accounts_below(&self.client, &self.pace, id).await?.iter())
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
