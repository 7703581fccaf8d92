//! What is told by the environment.

use aws::{RATES, Rates};
use reaction::Error;
use reaction::interlock::{self, Limits};
use reaction::settings::{Setting, Variables};

/// The settings of a function that gives names: [`Settings::read`]. In groups.
pub const SETTINGS: &[&[Setting]] = &[naming::SETTINGS, interlock::SETTINGS, &[RATES]];

/// How names are given, and how fast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How names are given.
    pub naming: naming::Settings,
    /// How many names one sweep may take away: `SIGNALBOX_MAX_REMOVALS` and `SIGNALBOX_MAX_REMOVED_PERCENT`.
    pub limits: Limits,
    /// How fast a sweep calls AWS: `SIGNALBOX_RATES`.
    pub rates: Rates,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self {
            naming: naming::Settings::read(variables)?,
            limits: Limits::read(variables)?,
            rates: Rates::read(variables)?,
        })
    }
}
