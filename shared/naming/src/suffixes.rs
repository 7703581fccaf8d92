//! Which accounts may have which names.

use std::collections::{BTreeMap, BTreeSet};

use place::{AccountId, shortened};
use reaction::Error;

use crate::name::{Name, normalised, problem_of_label};

/// The name of the variable, which messages repeat.
pub(crate) const SUFFIX_ACCOUNTS: &str = "SIGNALBOX_SUFFIX_ACCOUNTS";

/// The accounts that may have names under each suffix. The longest suffix that covers a name decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suffixes(Option<BTreeMap<String, BTreeSet<AccountId>>>);

impl Suffixes {
    /// Reads pairs such as `team.example.com=111122223333|444455556666,example.com=111122223333`.
    ///
    /// # Errors
    /// The pair that cannot be read, and why.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut suffixes = BTreeMap::new();
        for pair in text.split(',').map(str::trim) {
            let shown = shortened(pair, 80);
            let Some((suffix, accounts)) = pair.split_once('=') else {
                return Err(format!("`{shown}` is not suffix=account|account, such as example.com=111122223333"));
            };
            let suffix = normalised(suffix.trim());
            if let Some(problem) = suffix.split('.').find_map(problem_of_label) {
                return Err(format!("the suffix of `{shown}` {problem}"));
            }
            let accounts = accounts.split('|').map(|account| account.trim().parse());
            let accounts: BTreeSet<AccountId> =
                accounts.collect::<Result<_, _>>().map_err(|error| format!("an account of `{shown}`: {error}"))?;
            if suffixes.insert(suffix.clone(), accounts).is_some() {
                return Err(format!("`{suffix}` is there twice; write all of its accounts in one pair"));
            }
        }
        Ok(Self(Some(suffixes)))
    }

    /// Whether an account may have a name, where `home` is our own account. Without the setting every account may that the
    /// function acts in; with it, a name that no suffix covers is for our own account alone.
    ///
    /// # Errors
    /// `Refused`, naming the accounts that may.
    pub fn permit(&self, name: &Name, account: &AccountId, home: &AccountId) -> Result<(), Error> {
        let Some(suffixes) = &self.0 else { return Ok(()) };
        let covering = suffixes.iter().filter(|(suffix, _)| name.is_within(suffix));
        let Some((suffix, accounts)) = covering.max_by_key(|(suffix, _)| suffix.len()) else {
            if account == home {
                return Ok(());
            }
            return Err(Error::refused(format!(
                "account {account} may not have {name}: no suffix of {SUFFIX_ACCOUNTS} covers it, and such names are for \
                 account {home} alone; correct the tag, or add the suffix (with the template: to SuffixAccounts)"
            )));
        };
        if accounts.contains(account) {
            return Ok(());
        }
        let accounts: Vec<_> = accounts.iter().map(ToString::to_string).collect();
        Err(Error::refused(format!(
            "account {account} may not have {name}: {SUFFIX_ACCOUNTS} gives {suffix} to {} alone; correct the tag, or add \
             the account (with the template: to SuffixAccounts)",
            accounts.join(", ")
        )))
    }
}
