//! What the function is told by its environment, beside what every function that shares is told.

use std::time::Duration;

use aws::Rates;
use reaction::settings::{Variables, malformed};
use reaction::{Error, interlock};

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
        const A_DAY: usize = 24 * 60;
        let (rates, default) = (Rates::read(variables)?, interlock::Limits::default());
        let percent = number(variables, "SIGNALBOX_MAX_REMOVED_PERCENT", default.percent)?;
        if percent > 100 {
            return Err(malformed("SIGNALBOX_MAX_REMOVED_PERCENT", format!("`{percent}` is more than 100")));
        }
        let minutes = number(variables, "SIGNALBOX_SWEEP_PERIOD", A_DAY)?;
        let limits = Limits {
            removals: number(variables, "SIGNALBOX_MAX_REMOVALS", default.removals)?,
            percent,
            period: Duration::from_secs(60 * u64::try_from(minutes).unwrap_or(u64::MAX / 60)),
        };
        Ok(Self { limits, rates })
    }
}

fn number(variables: Variables, name: &str, default: usize) -> Result<usize, Error> {
    let Some(text) = variables(name) else { return Ok(default) };
    text.parse().map_err(|_| malformed(name, format!("`{text}` is not a whole number")))
}
