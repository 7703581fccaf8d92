//! What was read, of one cluster or of all.

use std::collections::BTreeSet;

use place::AccountId;

use crate::decide::Rules;
use crate::settings::Settings;

/// Everything that a plan is made of: what is decided by, and what was looked at.
#[derive(Clone, Debug)]
pub struct Facts<S> {
    /// The settings that decide.
    pub settings: Settings,
    /// Our account, whose zones these are.
    pub account: AccountId,
    /// Those of the accounts that were met in which we may act: their clusters have names by us.
    pub accounts: BTreeSet<AccountId>,
    /// Whether the settings admit clusters of other accounts than our own.
    pub has_members: bool,
    /// What was looked at.
    pub seen: S,
}

impl<S> Facts<S> {
    /// What is decided by.
    #[must_use]
    pub fn rules(&self) -> Rules<'_> {
        let Self { settings, account, accounts, has_members, .. } = self;
        Rules { settings, account, accounts, has_members: *has_members }
    }
}
