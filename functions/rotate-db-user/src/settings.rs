//! What the function is told by its environment.

use reaction::Error;
use reaction::settings::{Variables, malformed};
use rotation_steps::{Bindings, Passwords};

use crate::engine::Trust;

/// The function's settings.
#[derive(Clone)]
pub struct Settings {
    /// How passwords are made, by the variables of AWS's own functions.
    pub passwords: Passwords,
    /// Which master each secret is bound to: `SIGNALBOX_MASTERS`.
    pub masters: Bindings,
    /// Whose certificates a database may show: `SIGNALBOX_CA_BUNDLE`, a file of PEM; unset, those that the system trusts.
    pub trust: Trust,
    /// What proves that a login works: `SIGNALBOX_PROBE_SQL`, `SELECT 1` by default.
    pub probe: String,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        const BUNDLE: &str = "SIGNALBOX_CA_BUNDLE";
        let trust = match variables(BUNDLE) {
            None => Trust::System,
            Some(path) => {
                let pem = std::fs::read(&path).map_err(|error| malformed(BUNDLE, format!("{path}: {error}")))?;
                Trust::Bundle(pem)
            }
        };
        let probe = variables("SIGNALBOX_PROBE_SQL").unwrap_or_else(|| "SELECT 1".into());
        let (passwords, masters) = (Passwords::read(variables)?, Bindings::read(variables)?);
        Ok(Self { passwords, masters, trust, probe })
    }
}
