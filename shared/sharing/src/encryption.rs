//! What a resource is encrypted with, as far as it decides whether another account can use it.

use std::collections::BTreeSet;

use place::AccountId;

/// What a resource is encrypted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Nothing.
    None,
    /// The account's AWS-managed key (`aws/ebs`, `aws/rds`), which no other account can use.
    AwsManaged,
    /// A key that AWS owns, and that no account has: RDS's `sse-rds`.
    AwsOwned,
    /// A customer managed key, by its ARN.
    Customer(String),
    /// A key that no account can use, with its name, why, and what to do.
    Unusable(String),
}

/// The accounts that a key does not admit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyGaps {
    /// These accounts; none where it admits all of them.
    Known(BTreeSet<AccountId>),
    /// It cannot be known: our role may not read the key's policy or grants, or the key is another account's.
    Unknown,
}

/// What the option group of a database snapshot says of sharing it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OptionGroup {
    /// Nothing against it.
    #[default]
    Shareable,
    /// It has these options, which are persistent or permanent.
    Fixed {
        /// The option group.
        group: String,
        /// The options.
        options: Vec<String>,
    },
    /// It may not be read.
    Unread(String),
}
