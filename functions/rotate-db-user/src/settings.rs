//! What the function is told by its environment.

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables, any_text};
use rotation_steps::{Bindings, CA_BUNDLE, Passwords};

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
        let (trust, probe) = (trust(variables)?, PROBE.required(variables)?);
        let (passwords, masters) = (Passwords::read(variables)?, Bindings::read(variables)?);
        Ok(Self { passwords, masters, trust, probe })
    }
}

const PROBE: Setting = Setting {
    variable: "SIGNALBOX_PROBE_SQL",
    meaning: "the statement that proves that a login works",
    unset: Unset::Is("SELECT 1"),
    check: any_text,
};

/// The settings of the function beside those of every function that rotates.
pub(crate) const SETTINGS: &[Setting] = &[CA_BUNDLE, PROBE];

fn trust(variables: Variables) -> Result<Trust, Error> {
    let Some(path) = CA_BUNDLE.value(variables) else { return Ok(Trust::System) };
    let pem = std::fs::read(&path).map_err(|error| CA_BUNDLE.malformed(format!("{path}: {error}")))?;
    Ok(Trust::Bundle(pem))
}
