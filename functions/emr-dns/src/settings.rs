//! What the function is told by its environment.

use aws::{RATES, Rates};
use function::Setting;
use reaction::Error;
use reaction::settings::Variables;

/// The settings of the function: [`Settings::read`].
pub(crate) const SETTINGS: &[&[Setting]] = &[naming::SETTINGS, &[RATES]];

/// The function's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How names are given.
    pub naming: naming::Settings,
    /// How fast a sweep calls AWS: `SIGNALBOX_RATES`.
    pub rates: Rates,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self { naming: naming::Settings::read(variables)?, rates: Rates::read(variables)? })
    }
}
