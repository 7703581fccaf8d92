//! What Organizations says of accounts.

use std::collections::{BTreeMap, BTreeSet};

use place::AccountId;
use serde::{Deserialize, Serialize};

use crate::Target;

/// An account; of one that no organization told about, the id alone is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Account {
    /// The 12 digits.
    pub id: AccountId,
    /// Its ARN in the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The address of its root user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its state in the organization, such as `ACTIVE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl Account {
    /// The state of an account in which something can be done.
    pub const ACTIVE: &'static str = "ACTIVE";

    /// An account of which nothing is known.
    #[must_use]
    pub fn unknown(id: AccountId) -> Self {
        Self { id, arn: None, email: None, name: None, status: None }
    }

    /// Whether something can be done in it, as far as is known.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status.as_deref().is_none_or(|status| status == Self::ACTIVE)
    }
}

/// What was read of an organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organization {
    /// All its accounts.
    pub accounts: BTreeMap<AccountId, Account>,
    /// The accounts for which each target that is not an account stands.
    pub members: BTreeMap<Target, BTreeSet<AccountId>>,
}
