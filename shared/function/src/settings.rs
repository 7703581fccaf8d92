//! Settings that every function has, from the environment. Read once, in init: a mistake names the variable.

use reaction::settings::{Setting, Unset, Variables};
use reaction::{Error, Mode, Repeat};

/// Whether the function acts.
pub const MODE: Setting = Setting {
    variable: "SIGNALBOX_MODE",
    meaning: "whether the function acts (`apply`) or only reports what it would do (`plan`)",
    unset: Unset::Is("apply"),
    check: |variables| mode(variables).map(drop),
};

/// Where the ledger is.
pub const LEDGER_TABLE: Setting = Setting {
    variable: "SIGNALBOX_LEDGER_TABLE",
    meaning: "the name of the DynamoDB table that keeps the ledger, for each function but those that claim nothing",
    unset: Unset::Refused,
    check: |variables| LEDGER_TABLE.required(variables).map(drop),
};

/// The settings that every function reads: its own, and in which accounts it acts.
pub const SETTINGS: &[&[Setting]] = &[&[LEDGER_TABLE, MODE], aws::MEMBERS];

/// The settings of the entry point itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The DynamoDB table that keeps the ledger: `SIGNALBOX_LEDGER_TABLE`. A function that claims nothing has none.
    pub ledger_table: Option<String>,
    /// Whether to act: `SIGNALBOX_MODE`.
    pub mode: Mode,
}

impl Settings {
    /// Reads the settings of a function that treats repeated occurrences so.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(repeat: Repeat, variables: Variables) -> Result<Self, Error> {
        let claims = repeat != Repeat::Unclaimed;
        let ledger_table = claims.then(|| LEDGER_TABLE.required(variables)).transpose()?;
        Ok(Self { mode: mode(variables)?, ledger_table })
    }
}

fn mode(variables: Variables) -> Result<Mode, Error> {
    match MODE.required(variables)?.as_str() {
        "apply" => Ok(Mode::Apply),
        "plan" => Ok(Mode::Plan),
        other => Err(MODE.malformed(format!("`{other}` is neither `apply` nor `plan`"))),
    }
}
