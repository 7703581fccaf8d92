//! The choice of accounts, and the run with accounts that are none of AWS's.

mod entries;
mod runs;
mod selection;

use place::{AccountId, Region};

use crate::{Account, Plan, Selection};

pub(crate) const HOME: &str = "111122223333";

pub(crate) fn id(text: &str) -> AccountId {
    text.parse().unwrap()
}

pub(crate) fn region(name: &str) -> Region {
    name.parse().unwrap()
}

pub(crate) fn account(id: &str, name: &str, status: &str) -> Account {
    Account {
        id: id.parse().unwrap(),
        arn: None,
        email: Some(format!("{name}@example.com")),
        name: Some(name.into()),
        status: Some(status.into()),
    }
}

/// So many accounts, in these regions.
pub(crate) fn plan(accounts: usize, regions: &[&str]) -> Plan {
    let accounts = (0..accounts).map(|number| Account::unknown(id(&format!("1000{number:08}")))).collect();
    Plan::new(Selection { accounts, skipped: Vec::new() }, regions.iter().map(|name| region(name)).collect())
}
