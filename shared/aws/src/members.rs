//! In which accounts we may act, and how the settings and Organizations say so.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::AccountState;
use place::{AccountId, shortened};
use reaction::settings::{Setting, Unset, Variables, any_text, malformed, missing};
use reaction::{Doing, Error};

use crate::assume::Role;
use crate::error::Answer;

const ACCOUNTS: &str = "SIGNALBOX_ACCOUNTS";
const ROLE: &str = "SIGNALBOX_MEMBER_ROLE";
const EXTERNAL_ID: &str = "SIGNALBOX_EXTERNAL_ID";

/// The settings of [`Members::read`].
pub const MEMBERS: &[Setting] = &[
    Setting {
        variable: ACCOUNTS,
        meaning: "the accounts in which the function acts: ids of accounts, organizational units, roots and organizations, separated \
            by commas",
        unset: Unset::Means("its own account only"),
        check: |variables| variables(ACCOUNTS).map_or(Ok(()), |text| Accounts::read(&text).map(drop)),
    },
    Setting {
        variable: ROLE,
        meaning: "the name of the role that the function assumes in other accounts",
        unset: Unset::Means("none: it acts in no other account"),
        check: |variables| Members::read(&|name| variables(name).filter(|_| name != ACCOUNTS)).map(drop),
    },
    Setting {
        variable: EXTERNAL_ID,
        meaning: "the external id that the trust of that role asks for",
        unset: Unset::Means("none"),
        check: any_text,
    },
];

/// How long it is remembered that an account is admitted. One that is not is asked for every time.
const REMEMBERED: Duration = Duration::from_mins(5);

/// The accounts in which we may act, and the role to assume in those that are not our own.
#[derive(Debug, Default)]
pub struct Members {
    accounts: Option<Accounts>,
    role: Option<Role>,
    organizations: OnceLock<Client>,
    admitted: Mutex<HashMap<AccountId, SystemTime>>,
}

/// Accounts by themselves, by their organization, and by a root or unit somewhere above them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Accounts {
    ids: BTreeSet<AccountId>,
    organizations: BTreeSet<String>,
    parents: BTreeSet<String>,
}

impl Members {
    /// Reads `SIGNALBOX_ACCOUNTS` (ids of accounts, organizational units, roots and organizations, with commas between
    /// them; unset: our own account only), `SIGNALBOX_MEMBER_ROLE` and `SIGNALBOX_EXTERNAL_ID`.
    ///
    /// # Errors
    /// `Refused`, naming the variable, where one cannot be read.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        let accounts = variables(ACCOUNTS).map(|text| Accounts::read(&text)).transpose()?;
        let external_id = variables(EXTERNAL_ID);
        if external_id.is_some() && variables(ROLE).is_none() {
            return Err(missing(ROLE, "the name of the role whose trust asks for SIGNALBOX_EXTERNAL_ID"));
        }
        let role = variables(ROLE).map(|name| read_role(name, external_id)).transpose()?;
        Ok(Self { accounts, role, ..Self::default() })
    }

    /// The accounts that are named one by one.
    pub(crate) fn named(&self) -> BTreeSet<AccountId> {
        self.accounts.iter().flat_map(|accounts| accounts.ids.clone()).collect()
    }

    /// Whether the settings admit other accounts than this one.
    pub(crate) fn admit_others(&self, home: &AccountId) -> bool {
        self.accounts.as_ref().is_some_and(|it| it.needs_organizations() || it.ids.iter().any(|id| id != home))
    }

    /// The role to assume in other accounts.
    pub(crate) fn role(&self) -> Option<&Role> {
        self.role.as_ref()
    }

    /// The role to assume in this account.
    ///
    /// # Errors
    /// `Refused` where the settings name none.
    pub(crate) fn role_of(&self, account: &AccountId) -> Result<&Role, Error> {
        self.role().ok_or_else(|| missing(ROLE, &format!("the name of the role to assume in account {account}")))
    }

    /// Whether we may act in an account. Organizations is asked in the name of `config` where the settings need it.
    ///
    /// # Errors
    /// `Refused` where we may not; as of `DescribeAccount` and `ListParents`.
    pub(crate) async fn admit(
        &self,
        account: &AccountId,
        home: &AccountId,
        config: &SdkConfig,
        now: SystemTime,
    ) -> Result<(), Error> {
        let Some(accounts) = &self.accounts else {
            return if account == home { Ok(()) } else { Err(stranger(account, home)) };
        };
        if account != home {
            self.role_of(account)?;
        }
        if accounts.ids.contains(account) || self.is_remembered(account, now) {
            return Ok(());
        }
        let asking = || {
            format!(
                "asking Organizations for account {account} (only the management account and delegated administrators may)"
            )
        };
        let client = self.organizations.get_or_init(|| Client::new(config));
        if !accounts.needs_organizations() || !accounts.have(client, account).await.doing(asking)? {
            return Err(Error::refused(format!(
                "account {account} is not one of {ACCOUNTS}; nothing was touched there"
            )));
        }
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner).insert(account.clone(), now);
        Ok(())
    }

    fn is_remembered(&self, account: &AccountId, now: SystemTime) -> bool {
        let admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        admitted.get(account).is_some_and(|at| now.duration_since(*at).is_ok_and(|age| age < REMEMBERED))
    }
}

impl Accounts {
    fn read(text: &str) -> Result<Self, Error> {
        const EXPECTED: &str = "is no id of an account (111122223333), of a unit (ou-ab12-cd34ef56), of a root (r-ab12) or of an \
                                organization (o-exampleorgid)";
        let mut accounts = Self::default();
        for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            if let Ok(account) = id.parse() {
                accounts.ids.insert(account);
            } else if id.starts_with("o-") {
                accounts.organizations.insert(id.into());
            } else if id.starts_with("ou-") || id.starts_with("r-") {
                accounts.parents.insert(id.into());
            } else {
                return Err(malformed(ACCOUNTS, format!("`{}` {EXPECTED}", shortened(id, 80))));
            }
        }
        if accounts == Self::default() {
            return Err(malformed(ACCOUNTS, "it names no account; leave it unset to act in the function's own only"));
        }
        Ok(accounts)
    }

    fn needs_organizations(&self) -> bool {
        !self.organizations.is_empty() || !self.parents.is_empty()
    }

    /// Whether an account that is in use belongs to one of the organizations, or lies below one of the parents.
    async fn have(&self, client: &Client, account: &AccountId) -> Result<bool, Error> {
        let described = client.describe_account().account_id(account.as_str()).send().await.or_absent()?;
        let Some(described) = described.and_then(|it| it.account) else { return Ok(false) };
        let state = described.state().ok_or_else(|| Error::failed("it came without its state"))?;
        if *state != AccountState::Active {
            return Err(Error::refused(format!("account {account} is {state}; nothing was touched there")));
        }
        // arn:aws:organizations::111122223333:account/o-exampleorgid/222233334444
        let organization = described.arn().and_then(|arn| arn.split('/').nth(1)).unwrap_or_default();
        if self.organizations.contains(organization) {
            return Ok(true);
        }
        let mut child = account.to_string();
        while !self.parents.is_empty() && !child.starts_with("r-") {
            let parents = client.list_parents().child_id(&child).send().await.or_error()?;
            // "Currently, a child can have only a single parent."
            let Some(parent) = parents.parents.unwrap_or_default().into_iter().find_map(|it| it.id) else { break };
            if self.parents.contains(&parent) {
                return Ok(true);
            }
            child = parent;
        }
        Ok(false)
    }
}

fn read_role(name: String, external_id: Option<String>) -> Result<Role, Error> {
    let is_taken = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-/".contains(letter);
    if name.len() > 64 + 512 || !name.chars().all(is_taken) {
        let shown = shortened(&name, 80);
        return Err(malformed(
            ROLE,
            format!("`{shown}` is no name of a role, such as signalbox-share-ami (not its ARN)"),
        ));
    }
    Ok(Role { name, external_id, ..Role::default() })
}

fn stranger(account: &AccountId, home: &AccountId) -> Error {
    Error::refused(format!(
        "account {account} is not ours ({home}): deploy the function there, send it the events of {home} only, or name \
         {account} in {ACCOUNTS}, with {ROLE}"
    ))
}

#[cfg(test)]
mod tests {
    use super::Members;

    fn read(accounts: &str, role: &str, external_id: &str) -> String {
        let set = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        let variables = |name: &str| match name {
            "SIGNALBOX_ACCOUNTS" => set(accounts),
            "SIGNALBOX_MEMBER_ROLE" => set(role),
            "SIGNALBOX_EXTERNAL_ID" => set(external_id),
            _ => None,
        };
        Members::read(&variables).map_or_else(|error| error.to_string(), |_| "read".into())
    }

    #[test]
    fn accounts_units_and_organizations_are_read_and_nothing_else() {
        assert_eq!(read("111122223333, ou-ab12-cd34ef56,r-ab12,o-exampleorgid", "member", "x"), "read");
        assert_eq!(read("", "signalbox/member", ""), "read");
        for (accounts, role, external_id, told) in [
            ("all", "", "", "`all` is no id of an account"),
            (",", "", "", "it names no account"),
            ("", "", "x", "SIGNALBOX_MEMBER_ROLE is not set"),
            ("", "arn:aws:iam::111122223333:role/member", "", "is no name of a role"),
        ] {
            let error = read(accounts, role, external_id);
            assert!(error.contains(told), "{error}");
        }
    }
}
