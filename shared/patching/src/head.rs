//! What is known of an instance from before.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Scan;

/// How many numbers the trend of an instance has.
const TREND: usize = 20;

/// What is known of an instance, or of the account as a whole, from before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Head {
    /// The time of its newest scan.
    pub at: Option<u64>,
    /// The problems that this scan found.
    pub problems: BTreeSet<String>,
    /// Since when patches wait for a reboot.
    pub pending_since: Option<u64>,
    /// How many patches were open at each of the last scans, the newest last.
    pub trend: Vec<u32>,
    /// What was reported of it, and still holds.
    pub told: BTreeSet<String>,
    /// How often that changed.
    pub round: u64,
}

impl Head {
    /// The head once this scan is recorded.
    #[must_use]
    pub fn after(&self, scan: &Scan) -> Self {
        let skipped = (self.trend.len() + 1).saturating_sub(TREND);
        let trend = self.trend.iter().copied().chain([scan.counts.open()]).skip(skipped).collect();
        Self {
            at: Some(scan.at),
            problems: scan.problems.clone().unwrap_or_default(),
            pending_since: pending_since(scan, self),
            trend,
            told: self.told.clone(),
            round: self.round,
        }
    }
}

/// Since when patches wait for a reboot, if some do. Each installation without a reboot moves the time that Systems Manager tells, so
/// that what was recorded first counts.
#[must_use]
pub fn pending_since(scan: &Scan, head: &Head) -> Option<u64> {
    let since = || head.pending_since.or(scan.without_reboot).unwrap_or(scan.at);
    (scan.counts.pending_reboot > 0).then(since)
}
