//! What is known of a database snapshot before anything is decided.

use std::time::SystemTime;

use sharing::{Desired, Encryption, Head, KeyGaps, OptionGroup, Tags};
use sharing_aws::Holders;

/// Everything that the decision needs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: SystemTime,
    /// The desired state.
    pub desired: Desired,
    /// Whether automated snapshots are copied.
    pub copies_automated: bool,
    /// The snapshot; `None` where RDS knows none of that name.
    pub snapshot: Option<Snapshot>,
}

/// A snapshot as RDS describes it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The database's name, as RDS wrote it into the snapshot.
    pub database: String,
    /// The database's engine, as RDS spells it.
    pub engine: String,
    /// Its state, as RDS spells it.
    pub status: String,
    /// Whether somebody made it. What RDS and AWS Backup make for themselves cannot be shared.
    pub is_manual: bool,
    /// Its tags.
    pub tags: Tags,
    /// Who may restore it.
    pub holders: Holders,
    /// What it is encrypted with.
    pub encryption: Encryption,
    /// What its option group says of sharing it.
    pub options: OptionGroup,
    /// Whom its key does not admit, of those who shall have it.
    pub gaps: KeyGaps,
    /// What stands under the name that its copy would have.
    pub copy: Option<Namesake>,
    /// How its record stands.
    pub head: Head,
}

/// A snapshot under the name of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namesake {
    /// Of which snapshot it is our copy, as its tag says. Any identity that may tag snapshots can write that.
    pub copy_of: Option<String>,
    /// The name of its database, as RDS wrote it.
    pub database: String,
}
