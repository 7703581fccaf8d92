//! What a run is going to do: accounts x regions.

use std::collections::HashSet;

use place::{AccountId, Partition, Region};

use crate::{Account, Reason, Selection};

/// Which regions of each account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Regions {
    /// These.
    These(Vec<Region>),
    /// Every one that the account has enabled.
    All,
}

impl Regions {
    /// The regions by name, sorted and each once; those of a partition where all are meant.
    #[must_use]
    pub fn of(self, partition: Partition) -> Vec<Region> {
        let mut regions = match self {
            Self::These(regions) => regions,
            Self::All => {
                let names = Region::all().filter(|(it, _)| *it == partition);
                names.filter_map(|(_, name)| name.parse().ok()).collect()
            }
        };
        regions.sort();
        regions.dedup();
        regions
    }
}

/// What a run is going to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// In which accounts.
    pub accounts: Vec<Account>,
    /// In which of their regions, where they are enabled.
    pub regions: Vec<Region>,
    /// Which accounts were chosen and are left alone, and why.
    pub skipped: Vec<(Account, Reason)>,
    /// What of it is to be done.
    pub scope: Scope,
}

/// What of a plan is to be done, by account and region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    #[default]
    All,
    /// All but these.
    Except(HashSet<(AccountId, Region)>),
    /// These alone.
    Only(HashSet<(AccountId, Region)>),
}

impl Scope {
    fn covers(&self, place: &(AccountId, Region)) -> bool {
        match self {
            Self::All => true,
            Self::Except(places) => !places.contains(place),
            Self::Only(places) => places.contains(place),
        }
    }
}

impl Plan {
    /// All of a selection, in these regions.
    #[must_use]
    pub fn new(Selection { accounts, skipped }: Selection, regions: Vec<Region>) -> Self {
        Self { accounts, regions, skipped, scope: Scope::All }
    }

    /// The regions of an account in which something is to be done.
    #[must_use]
    pub fn regions_of(&self, account: &AccountId) -> Vec<Region> {
        if self.scope == Scope::All {
            return self.regions.clone();
        }
        let places = self.regions.iter().map(|region| (account.clone(), region.clone()));
        places.filter(|place| self.scope.covers(place)).map(|(_, region)| region).collect()
    }

    /// In how many accounts, and in how many of their regions in all, something is to be done.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let each =
            self.accounts.iter().map(|account| self.regions_of(&account.id).len()).filter(|regions| *regions > 0);
        each.fold((0, 0), |(accounts, units), regions| (accounts + 1, units + regions))
    }
}
