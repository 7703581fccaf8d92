//! What was read about an event.

use std::collections::BTreeMap;

use patching::{Day, Head, InstanceId, Limits, Place, Scan, Survey};

use crate::Cause;

/// The facts of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facts {
    /// There is nothing to look at, for this reason.
    Nothing(String),
    /// The last scan of one instance, and what was recorded before.
    Scan(Place, Box<Scan>, Head),
    /// Everything of one place.
    Look(Box<Looked>),
}

/// Everything of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The place.
    pub place: Place,
    /// Why it was looked at.
    pub cause: Cause,
    /// What there is.
    pub survey: Survey,
    /// What was recorded of each instance.
    pub heads: BTreeMap<InstanceId, Head>,
    /// What was recorded of the account.
    pub of_account: Head,
    /// The last day that was noted.
    pub last_day: Option<Day>,
    /// From when on something is wrong.
    pub limits: Limits,
}
