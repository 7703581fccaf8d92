//! With which accounts shares may be made. A setting that was forgotten must not mean every account: a command that acts refuses
//! to, and one that only plans says so in its report.

use reaction::settings::Variables;
use sharing::Allowed;

use crate::failure::Failure;
use crate::given::Given;

const VARIABLE: &str = "SIGNALBOX_ALLOWED_ACCOUNTS";

/// Refuses to act where what runs shares, and is not told with which accounts it may.
pub(crate) fn require(given: &Given, variables: Variables<'_>) -> Result<(), Failure> {
    if !given.was_read(VARIABLE) || variables(VARIABLE).is_some() {
        return Ok(());
    }
    Err(Failure::usage(
        "nothing was changed: no setting says with which accounts things may be shared; give --allowed-accounts (or set \
         SIGNALBOX_ALLOWED_ACCOUNTS) with ids of accounts, organizations and organizational units, separated by commas, or with \
         the word `everybody`",
    ))
}

/// What each report repeats where nothing bounds the accounts; nothing of what does not share.
pub(crate) fn note(given: &Given, variables: Variables<'_>) -> Option<String> {
    if !given.was_read(VARIABLE) {
        return None;
    }
    match variables(VARIABLE) {
        // What cannot be read is refused elsewhere.
        Some(text) => text.parse::<Allowed>().ok()?.note(),
        None => Some(
            "the manifest may share with any account: --allowed-accounts (SIGNALBOX_ALLOWED_ACCOUNTS) is not given, and is needed \
             to carry this out"
                .into(),
        ),
    }
}
