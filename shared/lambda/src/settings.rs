//! Settings that every function has, from the environment. Read once, in init: a mistake names the variable.

use reaction::settings::{Variables, malformed, missing};
use reaction::{Error, Mode};

/// The settings of the edge itself.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) ledger_table: String,
    pub(crate) mode: Mode,
}

impl Settings {
    pub(crate) fn read(variables: Variables) -> Result<Self, Error> {
        let mode = match variables("SIGNALBOX_MODE").as_deref() {
            None | Some("apply") => Mode::Apply,
            Some("plan") => Mode::Plan,
            Some(other) => return Err(malformed("SIGNALBOX_MODE", format!("`{other}` is neither `apply` nor `plan`"))),
        };
        let ledger_table = variables("SIGNALBOX_LEDGER_TABLE")
            .ok_or_else(|| missing("SIGNALBOX_LEDGER_TABLE", "the name of the DynamoDB table that keeps the ledger"))?;
        Ok(Self { ledger_table, mode })
    }
}

/// Reads this program's own environment.
pub(crate) fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place where a function reads its environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
