//! From when on something is wrong, and where it is recorded.

use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};

const SCAN_DAYS: Setting = Setting {
    variable: "SIGNALBOX_PATCH_SCAN_DAYS",
    meaning: "the days after which a scan says nothing any more, 1 to 365",
    unset: Unset::Is("7"),
    check: |variables| days(&SCAN_DAYS, variables).map(drop),
};

const REBOOT_DAYS: Setting = Setting {
    variable: "SIGNALBOX_PATCH_REBOOT_DAYS",
    meaning: "the days for which patches may wait for a reboot, 1 to 365",
    unset: Unset::Is("3"),
    check: |variables| days(&REBOOT_DAYS, variables).map(drop),
};

const TABLE: Setting = Setting {
    variable: "SIGNALBOX_PATCHES_TABLE",
    meaning: "the name of the DynamoDB table that keeps the history of scans",
    unset: Unset::Refused,
    check: |variables| table(variables).map(drop),
};

/// From when on something is wrong: [`Limits::read`].
pub const LIMITS: &[Setting] = &[SCAN_DAYS, REBOOT_DAYS];

/// Where it is recorded: [`table`].
pub const HISTORY: &[Setting] = &[TABLE];

/// Both, in groups.
pub const SETTINGS: &[&[Setting]] = &[LIMITS, HISTORY];

/// From when on something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Days after which a scan says nothing any more.
    pub scan_days: u64,
    /// Days for which patches may wait for a reboot.
    pub reboot_days: u64,
}

impl Limits {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        Ok(Self { scan_days: days(&SCAN_DAYS, variables)?, reboot_days: days(&REBOOT_DAYS, variables)? })
    }
}

fn days(setting: &Setting, variables: Variables) -> Result<u64, Error> {
    let text = setting.required(variables)?;
    let days = text.parse().ok().filter(|it| (1..=365).contains(it));
    days.ok_or_else(|| {
        setting.malformed(format!("`{}` is not a number of days, 1 to 365", place::shortened(&text, 40)))
    })
}

/// The table of the history.
///
/// # Errors
/// `Refused` where it is not set.
pub fn table(variables: Variables) -> Result<String, Error> {
    TABLE.required(variables)
}
