//! What organizations and organizational units hold, as Organizations tells it.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::operation::list_accounts_for_parent::ListAccountsForParentOutput;
use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
use aws_sdk_organizations::types::Account;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use futures_util::try_join;
use reaction::Error;

use crate::error::Answer;
use crate::pace::Pace;

/// How many parents are asked for at the same time.
const AT_ONCE: usize = 8;

/// The accounts in a root or unit and in all units below it, whatever their state: level by level, the parents of a level side
/// by side.
///
/// # Errors
/// As of `ListAccountsForParent` and `ListOrganizationalUnitsForParent`: a list that was cut short is no list.
pub async fn accounts_below(client: &Client, pace: &Pace, parent: &str) -> Result<Vec<Account>, Error> {
    let (mut members, mut parents) = (Vec::new(), vec![parent.to_owned()]);
    while !parents.is_empty() {
        let level = stream::iter(parents)
            .map(async |parent| try_join!(accounts_in(client, pace, &parent), units_in(client, pace, &parent)));
        let level: Vec<_> = level.buffer_unordered(AT_ONCE).try_collect().await?;
        let (accounts, units): (Vec<_>, Vec<_>) = level.into_iter().unzip();
        members.extend(accounts.into_iter().flatten());
        parents = units.into_iter().flatten().collect();
    }
    Ok(members)
}

/// Whether an organization is our own, of which alone `ListAccounts` tells, whatever was asked for.
///
/// # Errors
/// `Refused` where it is another one; as of `DescribeOrganization`.
pub async fn check_organization(client: &Client, pace: &Pace, id: &str) -> Result<(), Error> {
    pace.wait("DescribeOrganization").await;
    let answer = client.describe_organization().send().await.or_error()?;
    let ours = answer.organization.and_then(|it| it.id).unwrap_or_default();
    if ours == id { Ok(()) } else { Err(Error::refused(format!("our own organization is {ours}"))) }
}

async fn accounts_in(client: &Client, pace: &Pace, parent: &str) -> Result<Vec<Account>, Error> {
    let pages = client.list_accounts_for_parent().parent_id(parent).into_paginator().send();
    let pages = pace.all_pages("ListAccountsForParent", pages, ListAccountsForParentOutput::next_token).await?;
    Ok(pages.into_iter().flat_map(|page| page.accounts.unwrap_or_default()).collect())
}

async fn units_in(client: &Client, pace: &Pace, parent: &str) -> Result<Vec<String>, Error> {
    const API: &str = "ListOrganizationalUnitsForParent";
    let pages = client.list_organizational_units_for_parent().parent_id(parent).into_paginator().send();
    let pages = pace.all_pages(API, pages, ListOrganizationalUnitsForParentOutput::next_token).await?;
    let units = pages.into_iter().flat_map(|page| page.organizational_units.unwrap_or_default());
    Ok(units.filter_map(|unit| unit.id).collect())
}
