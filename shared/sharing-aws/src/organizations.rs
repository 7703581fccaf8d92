//! The accounts of organizations and organizational units that a manifest names, children included.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use organization::{Account, Accounts, Organizations};
use place::AccountId;
use reaction::{Doing, Error};
use sharing::Membership;

/// How many units are asked for at the same time.
const AT_ONCE: usize = 8;

/// The active accounts of each of these organizations (`o-..`) and organizational units (`ou-..`), or why they can never be told:
/// an id that Organizations refuses holds back the entries that name it, and no others.
///
/// # Errors
/// As of `DescribeOrganization`, `ListAccounts`, `ListAccountsForParent` and `ListOrganizationalUnitsForParent`, where trying
/// again may help.
pub async fn membership(organizations: &Organizations, ids: &BTreeSet<String>) -> Result<Membership, Error> {
    let (whole, units): (Vec<_>, Vec<_>) = ids.iter().cloned().partition(|id| id.starts_with("o-"));
    let (mut membership, mut known) = (Membership::default(), None);
    for id in whole {
        let accounts = told(&id, all(organizations, &id).await)?;
        membership = noted(membership, &id, accounts.as_ref().map(|accounts| active(accounts.iter())));
        known = known.or(accounts.ok());
    }
    let asked = stream::iter(units).map(async |id| {
        let below = told(&id, organizations.below(&id, known.as_ref()).await)?;
        Ok((id, below))
    });
    let each = asked.buffer_unordered(AT_ONCE);
    each.try_fold(membership, async |membership, (id, below)| {
        Ok(noted(membership, &id, below.as_ref().map(|below| active(below.iter()))))
    })
    .await
}

/// Every account, if this is our own organization, which is asked beside the first of them.
async fn all(organizations: &Organizations, id: &str) -> Result<Accounts, Error> {
    let (check, accounts) = (pin!(organizations.check(id)), pin!(organizations.accounts()));
    match select(check, accounts).await {
        // Of an organization that is not ours no further page is read.
        Either::Left((check, accounts)) => {
            check?;
            accounts.await
        }
        Either::Right((accounts, check)) => {
            check.await?;
            accounts
        }
    }
}

/// The answer, or why there can be none.
fn told<T>(id: &str, answer: Result<T, Error>) -> Result<Result<T, String>, Error> {
    let answer = answer.doing(|| {
        format!(
            "asking Organizations for the accounts of {id} (only the management account and delegated administrators may)"
        )
    });
    match answer {
        Err(error) if error.is_refused() => Ok(Err(error.to_string())),
        answer => Ok(Ok(answer?)),
    }
}

fn noted(membership: Membership, id: &str, told: Result<BTreeSet<AccountId>, &String>) -> Membership {
    match told {
        Ok(accounts) => membership.with(id, accounts),
        Err(why) => membership.without(id, why),
    }
}

fn active<'a>(accounts: impl Iterator<Item = &'a Account>) -> BTreeSet<AccountId> {
    accounts.filter(|account| account.is_active()).map(|account| account.id.clone()).collect()
}
