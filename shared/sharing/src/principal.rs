//! With whom a thing can be shared.

use std::fmt;
use std::str::FromStr;

use reaction::{AccountId, Malformed};

/// Somebody that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    /// One account.
    Account(AccountId),
    /// Every account of an organization, by its ARN.
    Organization(String),
    /// Every account of an organizational unit and of those below it, by its ARN.
    OrganizationalUnit(String),
}

impl Principal {
    pub(crate) const EXPECTED: &'static str = "an account id of 12 digits, such as \"111122223333\", or the ARN of an organization or \
        organizational unit, such as \"arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56\"";

    /// The account, where it is one.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account) => Some(account),
            Self::Organization(_) | Self::OrganizationalUnit(_) => None,
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Organization(arn) | Self::OrganizationalUnit(arn) => f.write_str(arn),
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
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "organizations", "", account, resource] = parts[..] else {
            return Err(malformed());
        };
        if !partition.starts_with("aws") || account.parse::<AccountId>().is_err() {
            return Err(malformed());
        }
        match resource.split('/').collect::<Vec<_>>()[..] {
            ["organization", id] if is_id(id, "o-") => Ok(Self::Organization(text.into())),
            ["ou", organization, id] if is_id(organization, "o-") && is_id(id, "ou-") => {
                Ok(Self::OrganizationalUnit(text.into()))
            }
            _ => Err(malformed()),
        }
    }
}

/// Whether `text` is `prefix` and then lower-case letters, digits and hyphens.
fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
