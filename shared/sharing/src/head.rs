//! How the record of a thing stands: the end of its audit chain, and what an interrupted run left open.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::Principal;

/// The end of a thing's audit chain. Without tables, and before the first change, it is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the chain's last item, from 1; 0 where there is none.
    pub seq: u64,
    /// The hash of that item, in hexadecimal digits; empty where there is none.
    pub hash: String,
    /// The change that was begun and not settled.
    pub pending: Option<Pending>,
}

/// A change that was begun: recorded before its effect, and not yet after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Who was to gain.
    pub add: BTreeSet<Principal>,
    /// Who was to lose.
    pub remove: BTreeSet<Principal>,
    /// Until when its run may be at work on it, in milliseconds since the epoch. Later, the next run finishes it.
    pub until: u64,
}

impl Head {
    /// Whether another run may be at work on the thing.
    #[must_use]
    pub fn is_busy(&self, now: SystemTime) -> bool {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        self.pending.as_ref().is_some_and(|pending| u128::from(pending.until) > now)
    }
}
