//! What the function is told by its environment, beside what every function that shares is told.

use std::time::Duration;

use aws::Rates;
use reaction::settings::{Setting, Unset, Variables};
use reaction::{Error, interlock};

const PERIOD: Setting = Setting {
    variable: "SIGNALBOX_SWEEP_PERIOD",
    meaning: "the minutes between two sweeps: a thing that is older, and not shared, counts as no missed event; of each day (UTC), the first sweep asks who has each image and snapshot",
    unset: Unset::Is("1440"),
    check: |variables| period(variables).map(drop),
};

/// The settings of a sweep of shares, beside the limits and the pace of every sweep: [`Settings::read`].
pub const SETTINGS: &[Setting] = &[PERIOD];

/// The function's settings.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How much one sweep may take away.
    pub limits: Limits,
    /// How fast AWS is called.
    pub rates: Rates,
}

/// How much one sweep may take away without being forced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Shares, and percent of the shares of what the entries match.
    pub removed: interlock::Limits,
    /// How long ago a thing may have been made whose event is counted as missed: `SIGNALBOX_SWEEP_PERIOD` in minutes, the
    /// time between two sweeps, a day by default.
    pub period: Duration,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        let limits = Limits { removed: interlock::Limits::read(variables)?, period: period(variables)? };
        Ok(Self { limits, rates: Rates::read(variables)? })
    }
}

fn period(variables: Variables) -> Result<Duration, Error> {
    let text = PERIOD.required(variables)?;
    let minutes: u64 = text.parse().map_err(|_| PERIOD.malformed(format!("`{text}` is not a whole number")))?;
    Ok(Duration::from_secs(minutes.saturating_mul(60)))
}
