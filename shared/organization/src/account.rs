//! Accounts as values, and where they lie in the organization.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::{Account as Listed, AccountState};
use place::AccountId;
use reaction::Error;

/// An account of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The 12 digits.
    pub id: AccountId,
    /// Its ARN in the organization.
    pub arn: Option<String>,
    /// The address of its root user.
    pub email: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its state, such as `ACTIVE` or `SUSPENDED`.
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html>
    pub state: String,
    /// Its places, such as `o-exampleorgid/r-ab12/ou-ab12-11111111/111122223333/`; none where Organizations did not tell them.
    paths: Vec<String>,
}

impl Account {
    /// Reads what Organizations listed. It reads `State`, since `Status` was retired in September 2026.
    /// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html>
    ///
    /// # Errors
    /// `Failed` where the id or the state is missing: an account without a state may be in use, or may be suspended.
    pub(crate) fn read(listed: Listed) -> Result<Self, Error> {
        let id: AccountId = listed.id.unwrap_or_default().parse().map_err(Error::failed)?;
        let state = listed.state.ok_or_else(|| Error::failed(format!("account {id} came without its state")))?;
        let state = state.as_str().to_owned();
        let paths = listed.paths.unwrap_or_default();
        Ok(Self { id, arn: listed.arn, email: listed.email, name: listed.name, state, paths })
    }

    /// Whether the account can be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == AccountState::Active.as_str()
    }

    /// Whether Organizations told where it lies.
    pub(crate) fn has_paths(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Whether one of its paths leads through this root or unit.
    fn is_below(&self, parent: &str) -> bool {
        self.paths.iter().any(|path| path.split('/').any(|part| part == parent))
    }
}

/// All accounts of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts(BTreeMap<AccountId, Account>);

impl Accounts {
    /// The accounts, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.0.values()
    }

    /// The accounts whose paths lead through this root or unit. There are none where Organizations told no paths, where the
    /// unit is empty, and where it does not exist: only a question for the unit itself tells these apart.
    pub(crate) fn below(&self, parent: &str) -> Vec<Account> {
        self.iter().filter(|account| account.is_below(parent)).cloned().collect()
    }
}

impl FromIterator<Account> for Accounts {
    fn from_iter<I: IntoIterator<Item = Account>>(accounts: I) -> Self {
        Self(accounts.into_iter().map(|account| (account.id.clone(), account)).collect())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::types::{Account as Listed, AccountState};

    use super::{Account, Accounts};

    fn account(id: &str, path: &str) -> Account {
        let listed = Listed::builder().id(id).state(AccountState::Active).paths(path).build();
        Account::read(listed).unwrap()
    }

    fn below(accounts: &Accounts, parent: &str) -> Vec<String> {
        accounts.below(parent).iter().map(|account| account.id.to_string()).collect()
    }

    #[test]
    fn an_account_lies_below_each_unit_of_its_path_and_below_no_unit_whose_id_only_begins_alike() {
        let accounts: Accounts = [
            account("111122223333", "o-exampleorgid/r-ab12/ou-ab12-11111111/ou-ab12-22222222/111122223333/"),
            account("444455556666", "o-exampleorgid/r-ab12/ou-ab12-1111111122/444455556666/"),
        ]
        .into_iter()
        .collect();
        assert_eq!(below(&accounts, "ou-ab12-11111111"), ["111122223333"]);
        assert_eq!(below(&accounts, "ou-ab12-22222222"), ["111122223333"]);
        assert_eq!(below(&accounts, "r-ab12"), ["111122223333", "444455556666"]);
        assert_eq!(below(&accounts, "ou-ab12-33333333"), [""; 0]);
    }

    #[test]
    fn an_account_without_a_state_makes_the_list_no_list() {
        let error = Account::read(Listed::builder().id("111122223333").build()).unwrap_err();
        assert_eq!(error.to_string(), "account 111122223333 came without its state");
        assert!(!error.is_refused());
    }
}
