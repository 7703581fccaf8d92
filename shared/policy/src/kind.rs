//! The types of policies, which differ in what they may say.

use std::fmt;

use serde::Serialize;

use crate::document::{Document, Statement};

/// What a policy is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A user, a group or a role.
    Identity,
    /// A resource, such as a bucket.
    Resource,
    /// A role, and who may assume it.
    Trust,
    /// A node of an organization: the most that its identities may do.
    Scp,
    /// A node of an organization: the most that may be done to its resources.
    Rcp,
}

impl Kind {
    /// The type that the document looks like. A service control policy looks as an identity policy does.
    pub(crate) fn of(document: &Document<'_>) -> Self {
        let has_principal = document.statements.iter().any(Statement::has_principal);
        let has_resource = document.statements.iter().any(|it| !it.resources.is_empty());
        let is_about_roles = |it: &Statement<'_>| {
            !it.actions.is_empty() && it.actions.iter().all(|it| it.value.to_ascii_lowercase().starts_with("sts:"))
        };
        match (has_principal, has_resource) {
            (false, _) => Self::Identity,
            (true, false) if document.statements.iter().all(is_about_roles) => Self::Trust,
            (true, _) => Self::Resource,
        }
    }

    /// Whether a statement of it has a principal.
    pub(crate) fn has_principals(self) -> bool {
        matches!(self, Self::Resource | Self::Trust | Self::Rcp)
    }

    /// The most characters it may have, and what AWS does not count of them.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    /// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
    pub(crate) fn longest(self) -> Longest {
        match self {
            Self::Identity => Longest { characters: 6_144, with_space: false },
            Self::Trust => Longest { characters: 2_048, with_space: false },
            Self::Scp => Longest { characters: 10_240, with_space: true },
            Self::Rcp => Longest { characters: 5_120, with_space: true },
            // The longest of all is a key's; the other services' limits are lower, and the text does not say which it is for.
            Self::Resource => Longest { characters: 32_768, with_space: true },
        }
    }
}

/// How long a policy may be.
pub(crate) struct Longest {
    pub(crate) characters: usize,
    /// Whether white space counts, as it does where a policy is saved by an SDK.
    pub(crate) with_space: bool,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Trust => "trust",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
        })
    }
}
