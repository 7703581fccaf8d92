//! How much traffic the new version has at a time.

use crate::Traffic;

/// Seconds of a minute.
pub(crate) const MINUTE: u64 = 60;

impl Traffic {
    /// The percentage of the traffic that the new version has so many seconds after its first part.
    #[must_use]
    pub(crate) fn percent_after(self, seconds: u64) -> u64 {
        match self {
            Self::AllAtOnce => 100,
            Self::Canary { percent, minutes } => {
                if seconds < minutes * MINUTE {
                    percent
                } else {
                    100
                }
            }
            Self::Linear { percent, minutes } => {
                let steps = seconds / (minutes * MINUTE).max(1) + 1;
                (percent * steps).min(100)
            }
        }
    }

    /// How many minutes pass from the first part of the traffic until the new version has all of it.
    #[must_use]
    pub(crate) fn minutes(self) -> u64 {
        match self {
            Self::AllAtOnce => 0,
            Self::Canary { minutes, .. } => minutes,
            Self::Linear { percent, minutes } => (100_u64.div_ceil(percent.max(1)) - 1) * minutes,
        }
    }
}

/// A percentage as the weight of an alias.
#[expect(clippy::cast_precision_loss, reason = "at most 100")]
pub(crate) fn weight_of(percent: u64) -> f64 {
    percent as f64 / 100.0
}

/// The weight of an alias as a percentage.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a weight is 0.0 to 1.0")]
pub(crate) fn percent_of(weight: f64) -> u64 {
    (weight.clamp(0.0, 1.0) * 100.0).round() as u64
}
