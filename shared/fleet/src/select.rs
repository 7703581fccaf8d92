//! The choice of accounts.

use std::collections::{BTreeMap, BTreeSet};

use place::AccountId;
use reaction::Error;

use crate::{Account, Organization, Reason, Target, Targets};

/// The accounts in which something is to be done, and those that were chosen and are left alone; both by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// In which something is to be done.
    pub accounts: Vec<Account>,
    /// Which are left alone, and why.
    pub skipped: Vec<(Account, Reason)>,
}

/// Chooses among the accounts of an organization, and those that are named by their ids.
///
/// # Errors
/// `Refused` where the choice is empty, or needs an organization and there is none.
pub fn select(targets: &Targets, organization: Option<Organization>, caller: &AccountId) -> Result<Selection, Error> {
    targets.check()?;
    if organization.is_none() && targets.need_organization() {
        return Err(Error::refused(
            "there is no organization that says which accounts are meant: name them by their ids",
        ));
    }
    let Organization { mut accounts, members } = organization.unwrap_or_default();
    let accounts_of = |targets: &BTreeSet<Target>| expand(targets, &members);
    let chosen = match &targets.chosen {
        Some(chosen) => accounts_of(chosen)?,
        None => accounts.keys().cloned().collect(),
    };
    let ignored = accounts_of(&targets.ignored)?;
    let by_name = |id: &AccountId| targets.chosen.iter().flatten().any(|it| *it == Target::Account(id.clone()));
    let mut selection = Selection::default();
    for id in chosen {
        let is_unasked = id == *caller && !targets.with_caller && !by_name(&id);
        let is_ignored = ignored.contains(&id);
        let account = accounts.remove(&id).unwrap_or_else(|| Account::unknown(id));
        let reason = if is_ignored {
            Some(Reason::Ignored)
        } else if is_unasked {
            Some(Reason::Caller)
        } else {
            account.status.clone().filter(|_| !account.is_active()).map(Reason::State)
        };
        match reason {
            Some(reason) => selection.skipped.push((account, reason)),
            None => selection.accounts.push(account),
        }
    }
    if selection.accounts.is_empty() { Err(no_account(&selection.skipped)) } else { Ok(selection) }
}

/// The accounts that these targets stand for.
fn expand(
    targets: &BTreeSet<Target>,
    members: &BTreeMap<Target, BTreeSet<AccountId>>,
) -> Result<BTreeSet<AccountId>, Error> {
    let mut accounts = BTreeSet::new();
    for target in targets {
        match target {
            Target::Account(id) => drop(accounts.insert(id.clone())),
            group => {
                let known = members.get(group).ok_or_else(|| Error::failed(format!("nobody asked who {group} is")))?;
                accounts.extend(known.iter().cloned());
            }
        }
    }
    Ok(accounts)
}

/// The refusal of a choice that leaves no account, with the reasons.
fn no_account(skipped: &[(Account, Reason)]) -> Error {
    const SHOWN: usize = 5;
    let mut why: Vec<_> = skipped.iter().take(SHOWN).map(|(it, reason)| format!("{} ({reason})", it.id)).collect();
    if skipped.len() > SHOWN {
        why.push(format!("and {} more", skipped.len() - SHOWN));
    }
    let why = if why.is_empty() { "what was chosen has no accounts".into() } else { why.join(", ") };
    Error::refused(format!("no account is left in which something could be done: {why}"))
}
