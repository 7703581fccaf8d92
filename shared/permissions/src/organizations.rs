//! The accounts of an organization or organizational unit, children included.

use std::collections::BTreeSet;

use aws::{Answer, all_pages};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{Account, AccountState};
use reaction::{AccountId, Doing, Error};

/// The active accounts of the organization (`o-..`) or of the organizational unit (`ou-..`) and of those below it.
/// Only the management account and delegated administrators may ask.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html>
///
/// # Errors
/// As of `ListAccounts`, `ListAccountsForParent` and `ListOrganizationalUnitsForParent`: a list that was cut short is no
/// list.
pub(crate) async fn members(client: &Client, id: &str) -> Result<BTreeSet<AccountId>, Error> {
    let asking = || {
        format!(
            "asking Organizations for the accounts of {id} (only the management account and delegated administrators may)"
        )
    };
    if id.starts_with("o-") {
        own_organization(client, id).await.doing(asking)?;
        let pages = all_pages(client.list_accounts().into_paginator().send()).await.doing(asking)?;
        return active(pages.iter().flat_map(|page| page.accounts()));
    }
    let (mut members, mut parents) = (BTreeSet::new(), vec![id.to_owned()]);
    while let Some(parent) = parents.pop() {
        let pages = client.list_accounts_for_parent().parent_id(&parent).into_paginator().send();
        let pages = all_pages(pages).await.doing(asking)?;
        members.extend(active(pages.iter().flat_map(|page| page.accounts()))?);
        let pages = client.list_organizational_units_for_parent().parent_id(&parent).into_paginator().send();
        let units = all_pages(pages)
            .await
            .doing(asking)?
            .into_iter()
            .flat_map(|page| page.organizational_units.unwrap_or_default());
        parents.extend(units.filter_map(|unit| unit.id));
    }
    Ok(members)
}

/// `ListAccounts` tells of our own organization, whatever was asked for.
async fn own_organization(client: &Client, id: &str) -> Result<(), Error> {
    let answer = client.describe_organization().send().await.or_error()?;
    let ours = answer.organization.and_then(|it| it.id).unwrap_or_default();
    if ours == id { Ok(()) } else { Err(Error::refused(format!("our own organization is {ours}"))) }
}

fn active<'a>(accounts: impl Iterator<Item = &'a Account>) -> Result<BTreeSet<AccountId>, Error> {
    let active = accounts.filter(|account| account.state() == Some(&AccountState::Active));
    active.filter_map(|account| account.id()).map(|id| id.parse().map_err(Error::failed)).collect()
}
