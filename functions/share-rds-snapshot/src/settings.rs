//! The settings: those of every function that shares, and whether RDS's own snapshots are copied.

use reaction::Error;
use reaction::settings::{Variables, malformed};

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
        Self::with(sharing_aws::Settings::read(variables)?, variables)
    }

    /// Reads the settings of an operator, as [`sharing_aws::Settings::of_command_line`] does.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn of_command_line(variables: Variables) -> Result<Self, Error> {
        Self::with(sharing_aws::Settings::of_command_line(variables)?, variables)
    }

    fn with(sharing: sharing_aws::Settings, variables: Variables) -> Result<Self, Error> {
        const COPY_AUTOMATED: &str = "SIGNALBOX_COPY_AUTOMATED";
        let copies_automated = match variables(COPY_AUTOMATED).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => return Err(malformed(COPY_AUTOMATED, format!("`{other}` is neither `true` nor `false`"))),
        };
        Ok(Self { sharing, copies_automated })
    }
}
