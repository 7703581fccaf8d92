//! What the function is told by its environment.

use function::{Setting, Unset};
use reaction::Error;
use reaction::settings::Variables;

const PREFIX: Setting = Setting {
    variable: "SIGNALBOX_TRIAL_PREFIX",
    meaning: "what the names of the parameters begin with: `/`, parts with `/` between them, and `/` at the end",
    unset: Unset::Is("/signalbox/stopped/"),
    check: |variables| prefix(variables).map(drop),
};

/// The settings of the function.
pub(crate) const SETTINGS: &[Setting] = &[PREFIX];

/// What the names of the parameters begin with.
pub(crate) fn prefix(variables: Variables) -> Result<String, Error> {
    let prefix = PREFIX.required(variables)?;
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"/_.-".contains(&it);
    if prefix.starts_with('/') && prefix.ends_with('/') && prefix.bytes().all(is_plain) {
        return Ok(prefix);
    }
    Err(PREFIX.malformed(format!("`{prefix}` is not parts with `/` before, between and after them")))
}
