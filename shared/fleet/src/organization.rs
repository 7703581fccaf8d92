//! Which accounts the targets of a run stand for, as the organization tells.

use std::collections::{BTreeMap, BTreeSet};

use ::organization::{Account as Told, Accounts, Organizations};
use aws::SdkConfig;
use place::AccountId;
use reaction::{Doing, Error};

use crate::{Account, Organization, Tag, Target, Targets};

/// All accounts, and which of them these targets stand for; `None` where there is no organization, or the caller may not ask it,
/// and no target needs it.
pub(crate) async fn read(config: &SdkConfig, targets: &Targets) -> Result<Option<Organization>, Error> {
    let asking = || {
        "asking Organizations for its accounts (only the management account and delegated administrators may; \
         account ids as targets need no organization)"
    };
    let organizations = Organizations::new(config);
    let known = match parents_alone(targets) {
        Some(parents) => match organizations.accounts_with_paths().await.doing(asking)? {
            Some(accounts) => Some(accounts),
            None => return of_parents(&organizations, parents).await.map(Some),
        },
        None => None,
    };
    let accounts = if known.is_some() {
        known
    } else if targets.need_organization() {
        Some(organizations.accounts().await.doing(asking)?)
    } else {
        organizations.accounts_if_told().await.doing(asking)?
    };
    let Some(accounts) = accounts else { return Ok(None) };
    let mut members = BTreeMap::new();
    for target in targets.groups() {
        let asking = || format!("asking Organizations for the accounts of {target}");
        members.insert(target.clone(), members_of(target, &organizations, &accounts).await.doing(asking)?);
    }
    let accounts = accounts.iter().map(|told| (told.id.clone(), account(told))).collect();
    Ok(Some(Organization { accounts, members }))
}

/// The roots and units that are chosen or ignored, where nothing but what lies in them has to be known.
fn parents_alone(targets: &Targets) -> Option<BTreeSet<String>> {
    let is_parent = |target: &Target| matches!(target, Target::Parent(_));
    let is_parent_or_account = |target: &Target| is_parent(target) || matches!(target, Target::Account(_));
    let is_alone = targets.chosen.as_ref()?.iter().all(is_parent) && targets.ignored.iter().all(is_parent_or_account);
    is_alone.then(|| targets.groups().map(ToString::to_string).collect())
}

/// What lies in these roots and units. The accounts elsewhere are not asked for.
async fn of_parents(organizations: &Organizations, parents: BTreeSet<String>) -> Result<Organization, Error> {
    let named = || parents.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let tree = organizations.tree(parents.clone()).await;
    let tree = tree.doing(|| format!("asking Organizations for the accounts of {}", named()))?;
    let mut known = Organization::default();
    for parent in parents {
        let below = tree.below(&parent);
        known.members.insert(Target::Parent(parent), ids(below.iter()));
        known.accounts.extend(below.iter().map(|told| (told.id.clone(), account(told))));
    }
    Ok(known)
}

async fn members_of(
    target: &Target,
    organizations: &Organizations,
    accounts: &Accounts,
) -> Result<BTreeSet<AccountId>, Error> {
    match target {
        Target::Account(id) => Ok([id.clone()].into()),
        Target::Organization(id) => {
            organizations.check(id).await?;
            Ok(ids(accounts.iter()))
        }
        Target::Parent(id) => Ok(ids(organizations.below(id, Some(accounts)).await?.iter())),
        Target::Tag(Tag { key, value }) => organizations.tagged(accounts, (key, value.as_deref())).await,
    }
}

fn ids<'a>(accounts: impl Iterator<Item = &'a Told>) -> BTreeSet<AccountId> {
    accounts.map(|account| account.id.clone()).collect()
}

/// botocove calls the state `Status`, and its results keep that key.
fn account(Told { id, arn, email, name, state, .. }: &Told) -> Account {
    let (arn, email, name) = (arn.clone(), email.clone(), name.clone());
    Account { id: id.clone(), arn, email, name, status: Some(state.clone()) }
}
