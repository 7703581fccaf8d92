//! What is known of an image before anything is decided.

use std::collections::BTreeSet;
use std::fmt;
use std::time::SystemTime;

use reaction::AccountId;
use sharing::{Manifest, Mistake, Principal};

/// Everything that the decision needs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: SystemTime,
    /// The desired state, or what is wrong with it.
    pub manifest: Result<Manifest, Mistake>,
    /// Whom a manifest may name; everybody where unset.
    pub allowed_accounts: Option<BTreeSet<AccountId>>,
    /// The image; `None` where EC2 knows none of that id.
    pub image: Option<Image>,
}

/// An image as EC2 describes it.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its name.
    pub name: String,
    /// Whether it belongs to our own account.
    pub is_ours: bool,
    /// Its state, as EC2 spells it.
    pub state: String,
    /// Whether everybody may launch it.
    pub is_public: bool,
    /// Who may launch it, beside everybody, ourselves left out.
    pub launch: BTreeSet<Principal>,
    /// The snapshots that back it.
    pub snapshots: Vec<ImageSnapshot>,
}

/// A snapshot that backs the image.
#[derive(Clone, Debug)]
pub struct ImageSnapshot {
    /// Its id.
    pub id: SnapshotId,
    /// Whether everybody may make volumes of it.
    pub is_public: bool,
    /// Who may make volumes of it, beside everybody, ourselves left out.
    pub accounts: BTreeSet<AccountId>,
    /// What it is encrypted with.
    pub encryption: Encryption,
    /// Accounts that must keep it because another image of ours stands on it.
    pub needed_elsewhere: BTreeSet<AccountId>,
}

/// What a snapshot is encrypted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Nothing.
    None,
    /// The account's AWS-managed key (`aws/ebs`), which no other account can use.
    AwsManaged,
    /// A customer managed key, by its ARN.
    Customer(String),
}

/// An EBS snapshot's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SnapshotId(pub String);

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
