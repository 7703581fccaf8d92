//! The settings: those of every function that shares, and whether RDS's own snapshots are copied.

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};

/// What the function is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What every function that shares is told.
    pub sharing: sharing_aws::Settings,
    /// Whether an automated snapshot that the manifest names is copied, so that the copy can be shared:
    /// `SIGNALBOX_COPY_AUTOMATED`; no where unset.
    pub copies_automated: bool,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self { sharing: sharing_aws::Settings::read(variables)?, copies_automated: copies_automated(variables)? })
    }
}

const COPY_AUTOMATED: Setting = Setting {
    variable: "SIGNALBOX_COPY_AUTOMATED",
    meaning: "whether a snapshot that RDS made for itself is copied, so that the copy can be shared: `true` or `false`",
    unset: Unset::Is("false"),
    check: |variables| copies_automated(variables).map(drop),
};

/// The settings of the function beside those of everything that shares.
pub(crate) const SETTINGS: &[Setting] = &[COPY_AUTOMATED];

fn copies_automated(variables: Variables) -> Result<bool, Error> {
    match COPY_AUTOMATED.required(variables)?.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(COPY_AUTOMATED.malformed(format!("`{other}` is neither `true` nor `false`"))),
    }
}
