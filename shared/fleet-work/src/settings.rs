//! What the function is told by its environment.

use std::collections::BTreeMap;

use place::Malformed;
use reaction::Error;
use reaction::settings::{Setting, Unset, Variables};

/// Where the plans, lists, results and manifests of runs are.
pub const BUCKET: Setting = Setting {
    variable: "SIGNALBOX_FLEET_BUCKET",
    meaning: "the bucket that keeps the plans and results of runs, in the function's own account",
    unset: Unset::Refused,
    check: |variables| bucket(variables).map(drop),
};

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn bucket(variables: Variables) -> Result<String, Error> {
    let name = BUCKET.required(variables)?;
    let is_taken = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if (3..=63).contains(&name.len()) && name.bytes().all(is_taken) {
        return Ok(name);
    }
    Err(BUCKET
        .malformed(Malformed::new(&name, "the name of a bucket: 3 to 63 small letters, digits, dots and hyphens")))
}

/// The settings with their values, each checked once, so that a mistake is refused when the function is opened.
pub(crate) fn read(settings: &[&[Setting]], variables: Variables) -> Result<BTreeMap<&'static str, String>, Error> {
    let mut known = BTreeMap::new();
    for setting in settings.iter().copied().flatten() {
        known.extend(variables(setting.variable).map(|value| (setting.variable, value)));
    }
    for setting in settings.iter().copied().flatten() {
        (setting.check)(&|name| known.get(name).cloned())?;
    }
    Ok(known)
}
