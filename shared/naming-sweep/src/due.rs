//! That a sweep is due.

use std::collections::BTreeSet;
use std::fmt;

use naming::Name;
use reaction::Error;
use serde_json::Value;

/// It is time to look at all clusters and all our records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The names that may go although so many do.
    pub force: BTreeSet<Name>,
}

impl Due {
    /// Reads a payload; `None` where it does not ask for a sweep.
    ///
    /// # Errors
    /// `Refused` where it asks for one, and cannot be read.
    pub fn of(payload: &Value) -> Result<Option<Self>, Error> {
        let expected = "{\"signalbox\": \"sweep\", \"force\": null}, where `force` may be a list of names";
        let sweep = events::Sweep::of(payload, expected)?;
        Ok(sweep.map(|events::Sweep { force, .. }| Self { force: force.unwrap_or_default() }))
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("all clusters")
    }
}
