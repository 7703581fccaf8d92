//! The principals with which a thing can be shared.

use std::fmt;
use std::str::FromStr;

use place::{AccountId, Arn, Malformed};
use serde::{Deserialize, Serialize};

/// A principal with which a thing is, or shall be, shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Principal {
    /// One account.
    Account(AccountId),
    /// Every account of an organization, by its ARN.
    Organization(String),
    /// Every account of an organizational unit and of those below it, by its ARN.
    OrganizationalUnit(String),
    /// Everybody in an organization, by a policy's condition `aws:PrincipalOrgID`: the organization's id.
    Members(String),
    /// What stands in a statement of ours and no manifest can name: a deleted principal's id (`AIDA..`, `AROA..`), a role,
    /// or the `Sid` of a statement that was altered.
    Stray(String),
}

impl Principal {
    pub(crate) const EXPECTED: &'static str = "an account id of 12 digits, such as \"111122223333\", or the ARN of an organization or \
        organizational unit, such as \"arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56\"";

    /// The principal that is written so in a table, a plan or a report: the inverse of `Display`.
    #[must_use]
    pub fn written(text: &str) -> Self {
        match text.parse() {
            Ok(principal) => principal,
            Err(_) if is_id(text, "o-") => Self::Members(text.into()),
            Err(_) => Self::Stray(text.into()),
        }
    }

    /// The account, where it is one.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account) => Some(account),
            _ => None,
        }
    }

    /// Whether it stands for accounts that Organizations has to name.
    #[must_use]
    pub fn is_expanded(&self) -> bool {
        matches!(self, Self::Organization(_) | Self::OrganizationalUnit(_))
    }

    /// The ids of the organization and of the organizational unit, as far as it names them.
    #[must_use]
    pub fn organization_ids(&self) -> Vec<&str> {
        match self {
            Self::Account(_) | Self::Stray(_) => Vec::new(),
            Self::Members(id) => vec![id],
            Self::Organization(arn) | Self::OrganizationalUnit(arn) => arn.split('/').skip(1).collect(),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Organization(text) | Self::OrganizationalUnit(text) | Self::Members(text) | Self::Stray(text) => {
                f.write_str(text)
            }
        }
    }
}

impl FromStr for Principal {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Ok(account) = text.parse() {
            return Ok(Self::Account(account));
        }
        let malformed = || Malformed::new(text, Self::EXPECTED);
        let is_of_organizations = |it: &Arn<'_>| it.service == "organizations" && it.region.is_empty();
        let arn = Arn::parse(text).filter(is_of_organizations).ok_or_else(malformed)?;
        if !arn.partition.starts_with("aws") || arn.account_id().is_err() {
            return Err(malformed());
        }
        match arn.resource.split('/').collect::<Vec<_>>()[..] {
            ["organization", id] if is_id(id, "o-") => Ok(Self::Organization(text.into())),
            ["ou", organization, id] if is_id(organization, "o-") && is_id(id, "ou-") => {
                Ok(Self::OrganizationalUnit(text.into()))
            }
            _ => Err(malformed()),
        }
    }
}

impl From<String> for Principal {
    fn from(text: String) -> Self {
        Self::written(&text)
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> Self {
        principal.to_string()
    }
}

/// Whether `text` is `prefix` and then lower-case letters, digits and hyphens.
pub(crate) fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
