//! An instance, as AWS shows it now.

use crate::{InstanceId, Scan};

/// What EC2 and Systems Manager show of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Its tag `Name`.
    pub name: Option<String>,
    /// Its patch group: by its tags, else by its last scan.
    pub group: Option<String>,
    /// Whether it runs. Of a node outside of EC2, whether its agent answers.
    pub is_running: bool,
    /// When it was launched, in seconds since 1970.
    pub launched: Option<u64>,
    /// What Systems Manager knows of it; `None` where it is not managed.
    pub managed: Option<Managed>,
    /// Its last scan; `None` where it never was scanned.
    pub scan: Option<Scan>,
}

/// A managed instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// Since when, in seconds since 1970.
    pub since: Option<u64>,
    /// Its operating system, such as `Amazon Linux 2023`.
    pub platform: String,
    /// Whether its agent answers.
    pub is_online: bool,
}
