//! What a run is going to do.

use place::Region;
use serde::{Deserialize, Serialize};

use crate::{Request, RunId};

/// What a run is going to do, as it was decided once: the object [`keys::plan`](crate::keys::plan).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// What was asked for.
    pub request: Request,
    /// The ARN of the execution that planned.
    pub execution: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// The version of Signalbox.
    pub version: String,
    /// The Regions of each account, where it has enabled them.
    pub regions: Vec<Region>,
    /// In how many accounts something is to be done.
    pub accounts: usize,
    /// How many accounts were chosen and are left alone; their reasons are in the lines of
    /// [`keys::skipped`](crate::keys::skipped).
    pub skipped: usize,
}

impl Planned {
    /// The run.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.request.run
    }
}
