//! What the function is told by its environment, beside what every function that shares is told.

use std::time::Duration;

use aws::{RATES, Rates};
use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};

const REMOVALS: Setting = Setting {
    variable: "SIGNALBOX_MAX_REMOVALS",
    meaning: "how many shares one sweep may take away without being forced",
    unset: Unset::Is("25"),
    check: |variables| number(&REMOVALS, variables).map(drop),
};
const PERCENT: Setting = Setting {
    variable: "SIGNALBOX_MAX_REMOVED_PERCENT",
    meaning: "the percentage of the shares that one sweep may take away without being forced, where there are ten or more",
    unset: Unset::Is("30"),
    check: |variables| percent(variables).map(drop),
};
const PERIOD: Setting = Setting {
    variable: "SIGNALBOX_SWEEP_PERIOD",
    meaning: "the minutes between two sweeps: a thing that is older, and not shared, counts as no missed event",
    unset: Unset::Is("1440"),
    check: |variables| number(&PERIOD, variables).map(drop),
};

/// The settings of a sweep: [`Settings::read`].
pub const SETTINGS: &[Setting] = &[REMOVALS, PERCENT, PERIOD, RATES];

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
    /// Shares: `SIGNALBOX_MAX_REMOVALS`, 25 by default.
    pub removals: usize,
    /// Percent of the shares of what the entries match, where there are at least ten: `SIGNALBOX_MAX_REMOVED_PERCENT`,
    /// 30 by default.
    pub percent: usize,
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
        let (rates, percent) = (Rates::read(variables)?, percent(variables)?);
        let minutes = number(&PERIOD, variables)?;
        let limits = Limits {
            removals: number(&REMOVALS, variables)?,
            percent,
            period: Duration::from_secs(60 * u64::try_from(minutes).unwrap_or(u64::MAX / 60)),
        };
        Ok(Self { limits, rates })
    }
}

fn percent(variables: Variables) -> Result<usize, Error> {
    match number(&PERCENT, variables)? {
        percent @ 0..=100 => Ok(percent),
        percent => Err(PERCENT.malformed(format!("`{percent}` is more than 100"))),
    }
}

fn number(setting: &Setting, variables: Variables) -> Result<usize, Error> {
    let text = setting.required(variables)?;
    text.parse().map_err(|_| setting.malformed(format!("`{text}` is not a whole number")))
}

#[cfg(test)]
mod tests {
    use reaction::interlock;

    use super::Settings;

    #[test]
    fn limits_that_are_not_set_are_those_of_every_sweep() {
        let limits = Settings::read(&|_| None).unwrap().limits;
        assert_eq!(
            interlock::Limits { removals: limits.removals, percent: limits.percent },
            interlock::Limits::default()
        );
    }
}
