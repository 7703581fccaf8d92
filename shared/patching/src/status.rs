//! What the last scan of an instance means now.

use std::fmt;

use serde::Serialize;

use crate::{DAY, Instance, Limits};

/// Whether an instance has what its baseline approves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A recent scan found nothing left to do.
    Compliant,
    /// A recent scan found something to do.
    NonCompliant,
    /// No recent scan says.
    Unknown(Why),
}

/// Why it is not known whether an instance is compliant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Systems Manager does not manage it.
    NotManaged,
    /// It never was scanned.
    NeverScanned,
    /// Its last scan is so many days old.
    Old(u64),
}

impl Status {
    /// The status in one word, as the command line and reports write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Compliant => "compliant",
            Self::NonCompliant => "non-compliant",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Unknown(Why::NotManaged) => f.write_str(": not managed"),
            Self::Unknown(Why::NeverScanned) => f.write_str(": never scanned"),
            Self::Unknown(Why::Old(days)) => write!(f, ": last scan {days} days ago"),
            Self::Compliant | Self::NonCompliant => Ok(()),
        }
    }
}

/// Decides how an instance stands at a time. Whatever is not known to be compliant is not compliant.
#[must_use]
pub fn status(instance: &Instance, now: u64, limits: &Limits) -> Status {
    if instance.managed.is_none() {
        return Status::Unknown(Why::NotManaged);
    }
    let Some(scan) = &instance.scan else { return Status::Unknown(Why::NeverScanned) };
    let age = now.saturating_sub(scan.at) / DAY;
    if age > limits.scan_days {
        Status::Unknown(Why::Old(age))
    } else if scan.counts.is_compliant() {
        Status::Compliant
    } else {
        Status::NonCompliant
    }
}
