//! How many instances stand how, now and over the days.

use serde::{Deserialize, Serialize};

use crate::{DAY, Limits, Status, Survey, status};

/// How many instances of one account and Region stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// All of them.
    pub instances: u64,
    /// With nothing left to do, by a recent scan.
    pub compliant: u64,
    /// With something to do.
    pub non_compliant: u64,
    /// Of which no recent scan says anything.
    pub unknown: u64,
    /// Critical patches that are not in effect, over all instances.
    pub critical: u64,
    /// Security patches that are not in effect.
    pub security: u64,
    /// Patches that could not be installed.
    pub failed: u64,
    /// Instances that wait for a reboot.
    pub pending_reboot: u64,
}

impl Summary {
    /// Counts what was seen. An instance whose scan is old counts as unknown, and its patches do not count.
    #[must_use]
    pub fn of(survey: &Survey, limits: &Limits) -> Self {
        let mut summary = Self::default();
        for instance in &survey.instances {
            summary.instances += 1;
            let known = match status(instance, survey.now, limits) {
                Status::Unknown(_) => {
                    summary.unknown += 1;
                    continue;
                }
                Status::Compliant => &mut summary.compliant,
                Status::NonCompliant => &mut summary.non_compliant,
            };
            *known += 1;
            let Some(scan) = &instance.scan else { continue };
            summary.critical += u64::from(scan.counts.critical);
            summary.security += u64::from(scan.counts.security);
            summary.failed += u64::from(scan.counts.failed);
            summary.pending_reboot += u64::from(scan.counts.pending_reboot > 0);
        }
        summary
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            instances: self.instances + other.instances,
            compliant: self.compliant + other.compliant,
            non_compliant: self.non_compliant + other.non_compliant,
            unknown: self.unknown + other.unknown,
            critical: self.critical + other.critical,
            security: self.security + other.security,
            failed: self.failed + other.failed,
            pending_reboot: self.pending_reboot + other.pending_reboot,
        }
    }

    /// Instances that are not known to be compliant, in percent of all.
    #[must_use]
    pub fn open_percent(&self) -> u32 {
        let open = (self.non_compliant + self.unknown) * 100;
        u32::try_from(open.div_ceil(self.instances.max(1))).unwrap_or(u32::MAX)
    }
}

/// How it stood on one day, as it was last seen on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// When it was seen, in seconds since 1970.
    pub at: u64,
    /// How it stood.
    #[serde(flatten)]
    pub summary: Summary,
}

impl Day {
    /// The first second of its day.
    #[must_use]
    pub fn midnight(&self) -> u64 {
        self.at - self.at % DAY
    }
}

/// A line of bars, the highest for the highest number; empty where there are no numbers.
#[must_use]
pub fn sparkline(numbers: &[u32]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = numbers.iter().copied().max().unwrap_or_default().max(1);
    let bar = |it: &u32| {
        let step = usize::try_from(u64::from(*it) * 7 / u64::from(highest)).unwrap_or_default();
        // What is not nothing is never drawn as nothing.
        BARS[step.max(usize::from(*it > 0)).min(7)]
    };
    numbers.iter().map(bar).collect()
}
