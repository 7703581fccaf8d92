//! The function's own settings.

use std::collections::BTreeSet;

use aws::Location;
use reaction::settings::{Variables, malformed, missing};
use reaction::{AccountId, Error};

/// What the function is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the share manifest lies: `SIGNALBOX_MANIFEST`.
    pub manifest: Location,
    /// Whom a manifest may name: `SIGNALBOX_ALLOWED_ACCOUNTS`, ids separated by commas; everybody where unset.
    pub allowed_accounts: Option<BTreeSet<AccountId>>,
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    pub fn read(variables: Variables) -> Result<Self, Error> {
        const MANIFEST: &str = "SIGNALBOX_MANIFEST";
        const ALLOWED: &str = "SIGNALBOX_ALLOWED_ACCOUNTS";
        let manifest = variables(MANIFEST)
            .ok_or_else(|| missing(MANIFEST, "where the share manifest lies: `s3://bucket/key` or `ssm:/name`"))?;
        let ids = |list: String| list.split(',').map(|id| id.trim().parse()).collect();
        Ok(Self {
            manifest: manifest.parse().map_err(|mistake| malformed(MANIFEST, mistake))?,
            allowed_accounts: variables(ALLOWED)
                .map(ids)
                .transpose()
                .map_err(|mistake: reaction::Malformed| malformed(ALLOWED, mistake))?,
        })
    }
}
