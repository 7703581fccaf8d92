//! What a reader of the report should know of a resource that is shared: the key, the options, the public. Events and the sweep
//! say it in the same words, which stand here once.

use std::fmt;

use crate::{Encryption, KeyGaps, OptionGroup, Resource};

/// What a reader should know of a resource that is shared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// Every account may use it.
    Public,
    /// It is encrypted with this key of a customer's.
    Key(String),
    /// Its key does not admit these accounts.
    KeyShutsOut {
        /// The key.
        key: String,
        /// The accounts.
        accounts: String,
    },
    /// It is encrypted with this key, and the accounts that the key admits cannot be read.
    KeyUnread(String),
    /// RDS encrypted it with a key that AWS owns. AWS does not document whether another account can restore it, so that RDS
    /// itself decides.
    AwsOwnedKey,
    /// Its option group cannot be read.
    OptionsUnread(String),
}

impl Note {
    /// What is to be said of a resource for what encrypts it.
    #[must_use]
    pub fn of_encryption(encryption: &Encryption) -> Option<Self> {
        match encryption {
            Encryption::Customer(key) => Some(Self::Key(key.clone())),
            Encryption::AwsOwned => Some(Self::AwsOwnedKey),
            Encryption::None | Encryption::AwsManaged | Encryption::Unusable(_) => None,
        }
    }

    /// What is to be said of a key that admits some of the accounts and not others.
    #[must_use]
    pub fn of_gaps(key: &str, gaps: &KeyGaps) -> Option<Self> {
        let key = key.to_owned();
        match gaps {
            KeyGaps::Unknown => Some(Self::KeyUnread(key)),
            KeyGaps::Known(shut_out) if shut_out.is_empty() => None,
            KeyGaps::Known(shut_out) => {
                let accounts = shut_out.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                Some(Self::KeyShutsOut { key, accounts })
            }
        }
    }

    /// What is to be said of an option group against which nothing is known.
    #[must_use]
    pub fn of_options(options: &OptionGroup) -> Option<Self> {
        let OptionGroup::Unread(group) = options else { return None };
        Some(Self::OptionsUnread(group.clone()))
    }

    /// The note about this resource, as a report has it.
    #[must_use]
    pub fn about(&self, resource: &Resource) -> String {
        match self {
            Self::Public => format!("{resource} {self}"),
            _ => format!("{resource}: {self}"),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Public => f.write_str("is public and stays so: everybody may use it"),
            Self::Key(key) => {
                write!(f, "an account that uses it also needs its key {key} (kms:Decrypt, kms:CreateGrant, ..)")
            }
            Self::KeyShutsOut { key, accounts } => write!(
                f,
                "its key {key} does not admit {accounts}, who can copy or restore it only when policy or grants of the key do \
                 (kms:Decrypt, kms:CreateGrant, ..)"
            ),
            Self::KeyUnread(key) => write!(
                f,
                "an account that copies or restores it also needs its key {key} (kms:Decrypt, kms:CreateGrant, ..); the \
                 accounts that the key admits could not be read"
            ),
            Self::AwsOwnedKey => f.write_str(
                "it is encrypted with a key that AWS owns (sse-rds): where RDS does not share it, copy it with a customer managed \
                 key (KmsKeyId), and the copy is shared",
            ),
            Self::OptionsUnread(group) => write!(
                f,
                "whether the option group {group} has persistent options could not be read (rds:DescribeOptionGroups); RDS \
                 shares no snapshot with such options"
            ),
        }
    }
}
