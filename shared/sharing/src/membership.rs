//! Which accounts an organization or an organizational unit holds, and whom a manifest may name.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use place::{AccountId, Malformed};

use crate::Principal;
use crate::principal::is_id;

/// The accounts of organizations and organizational units, children included, as Organizations answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    accounts: BTreeMap<String, BTreeSet<AccountId>>,
    refused: BTreeMap<String, String>,
}

impl Membership {
    /// Notes that Organizations cannot tell the accounts of an organization or unit, as of one that was removed, and why.
    #[must_use]
    pub fn without(mut self, id: impl Into<String>, why: impl Into<String>) -> Self {
        self.refused.insert(id.into(), why.into());
        self
    }

    /// Why the accounts that the principal stands for can never be told, if so.
    #[must_use]
    pub fn refusal(&self, who: &Principal) -> Option<&str> {
        if !who.is_expanded() {
            return None;
        }
        self.refused.get(*who.organization_ids().last()?).map(String::as_str)
    }

    /// Notes the accounts of an organization (`o-..`) or unit (`ou-..`).
    #[must_use]
    pub fn with(mut self, id: impl Into<String>, accounts: BTreeSet<AccountId>) -> Self {
        self.accounts.insert(id.into(), accounts);
        self
    }

    /// The accounts that the principal stands for; `None` where Organizations was not asked, or it is no account of any.
    #[must_use]
    pub fn accounts(&self, who: &Principal) -> Option<BTreeSet<AccountId>> {
        match who {
            Principal::Account(account) => Some([account.clone()].into()),
            Principal::Stray(_) => None,
            _ => self.accounts.get(*who.organization_ids().last()?).cloned(),
        }
    }

    /// The principals with each organization and unit replaced by its accounts; those that a policy names by a condition
    /// stay as they are.
    ///
    /// # Errors
    /// The organizations and units whose accounts are not known.
    pub fn expand(&self, principals: &BTreeSet<Principal>) -> Result<BTreeSet<Principal>, BTreeSet<Principal>> {
        let (mut expanded, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for who in principals {
            match (who, self.accounts(who)) {
                (Principal::Members(_) | Principal::Stray(_), _) => drop(expanded.insert(who.clone())),
                (_, Some(accounts)) => expanded.extend(accounts.into_iter().map(Principal::Account)),
                (_, None) => drop(unknown.insert(who.clone())),
            }
        }
        if unknown.is_empty() { Ok(expanded) } else { Err(unknown) }
    }
}

/// Whom a manifest may name: `SIGNALBOX_ALLOWED_ACCOUNTS`, ids of accounts, organizations (`o-..`) and organizational
/// units (`ou-..`), separated by commas; or the word `everybody`, which sets no bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    is_everybody: bool,
    accounts: BTreeSet<AccountId>,
    organizations: BTreeSet<String>,
}

impl Allowed {
    /// The word that sets no bound. It has to be said: what is not set bounds nothing by mistake.
    pub const EVERYBODY: &'static str = "everybody";

    /// Whether there is no bound.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        self.is_everybody
    }

    /// What every report repeats of a bound that is none.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let note =
            "the manifest may share with any account: SIGNALBOX_ALLOWED_ACCOUNTS (AllowedAccounts) is `everybody`";
        self.is_everybody.then(|| note.to_owned())
    }

    /// The organizations and units, whose accounts [`Membership`] has to know.
    #[must_use]
    pub fn organizations(&self) -> &BTreeSet<String> {
        &self.organizations
    }

    /// Whether the principal may be named. An organizational unit may where it or its organization is listed: nobody
    /// can tell here below which other units it stands.
    #[must_use]
    pub fn admits(&self, who: &Principal, membership: &Membership) -> bool {
        match who {
            // What no manifest can name is allowed by no word: as a value of RDS, `all` would be every account.
            Principal::Stray(_) => false,
            _ if self.is_everybody => true,
            Principal::Account(account) => {
                let held = self.organizations.iter().filter_map(|id| membership.accounts.get(id));
                self.accounts.contains(account) || held.into_iter().any(|accounts| accounts.contains(account))
            }
            _ => who.organization_ids().into_iter().any(|id| self.organizations.contains(id)),
        }
    }
}

impl FromStr for Allowed {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: &str = "an account id of 12 digits, such as \"111122223333\", or the id of an organization \
            (\"o-exampleorgid\") or organizational unit (\"ou-ab12-cd34ef56\")";
        let is_everybody = text.trim() == Self::EVERYBODY;
        let mut allowed = Self { is_everybody, accounts: BTreeSet::new(), organizations: BTreeSet::new() };
        if is_everybody {
            return Ok(allowed);
        }
        for id in text.split(',').map(str::trim) {
            if let Ok(account) = id.parse() {
                allowed.accounts.insert(account);
            } else if is_id(id, "o-") || is_id(id, "ou-") {
                allowed.organizations.insert(id.into());
            } else {
                return Err(Malformed::new(id, EXPECTED));
            }
        }
        Ok(allowed)
    }
}
