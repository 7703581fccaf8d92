//! What is known of an image before anything is decided.

use std::collections::BTreeSet;
use std::time::SystemTime;

use sharing::{Desired, Encryption, Head, Principal, Tags};
use sharing_aws::Holders;

/// Everything that the decision needs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time before anything was read.
    pub now: SystemTime,
    /// The desired state.
    pub desired: Desired,
    /// The image; `None` where EC2 knows none of that id.
    pub image: Option<Image>,
}

/// An image as EC2 describes it.
#[derive(Clone, Debug)]
pub struct Image {
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Tags,
    /// Whether it belongs to our own account.
    pub is_ours: bool,
    /// Its state, as EC2 spells it.
    pub state: String,
    /// Who may launch it.
    pub launch: Holders,
    /// How its record stands.
    pub head: Head,
    /// The snapshots that back it.
    pub snapshots: Vec<ImageSnapshot>,
}

/// A snapshot that backs the image.
#[derive(Clone, Debug)]
pub struct ImageSnapshot {
    /// Its id.
    pub id: String,
    /// Who may make volumes of it.
    pub volumes: Holders,
    /// What it is encrypted with.
    pub encryption: Encryption,
    /// Accounts that must keep it because another image of ours stands on it.
    pub needed_elsewhere: BTreeSet<Principal>,
    /// How its record stands.
    pub head: Head,
}
