//! What is known of EBS snapshots before anything is decided.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use events::ebs::SnapshotId;
use sharing::{Desired, Encryption, Head, Principal, Tags};
use sharing_aws::Holders;

/// Everything that the decision needs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: SystemTime,
    /// The desired state.
    pub desired: Desired,
    /// The snapshots that EC2 knows.
    pub snapshots: BTreeMap<SnapshotId, Snapshot>,
}

/// A snapshot as EC2 describes it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its tag `Name`.
    pub name: Option<String>,
    /// All its tags.
    pub tags: Tags,
    /// Whether it belongs to our own account.
    pub is_ours: bool,
    /// Its state, as EC2 spells it.
    pub state: String,
    /// Who may make volumes of it. Read where an entry matches it.
    pub volumes: Holders,
    /// What it is encrypted with. Read where somebody shall have it.
    pub encryption: Encryption,
    /// Accounts that must keep it because an image of ours stands on it. Read where somebody is to lose it.
    pub needed: BTreeSet<Principal>,
    /// How its record stands.
    pub head: Head,
}
