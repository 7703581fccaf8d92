//! A plan that somebody looked at and kept: what `signalbox plan --out` writes, `signalbox apply` carries out, and a forced
//! sweep is admitted by.

use std::collections::BTreeSet;

use reaction::{AccountId, Error};
use serde::{Deserialize, Serialize};
use sharing::{Principal, Resource, Share};

/// A plan as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredPlan {
    /// The form of this file; 1.
    pub version: u32,
    /// The account whose things it is about.
    pub account: AccountId,
    /// The manifest's version.
    pub manifest: String,
    /// The steps; each change holds before and after.
    pub steps: Vec<Share>,
}

impl StoredPlan {
    /// The form that this version writes and reads.
    pub const VERSION: u32 = 1;

    /// Reads a plan's text.
    ///
    /// # Errors
    /// `Refused` where it is no plan, or one of another form; the message goes on after the plan's name.
    pub fn read(text: &str) -> Result<Self, Error> {
        let plan: Self = serde_json::from_str(text)
            .map_err(|error| Error::refused(format!("is no plan that `signalbox plan --out` wrote: {error}")))?;
        if plan.version == Self::VERSION {
            Ok(plan)
        } else {
            Err(Error::refused(format!("is a plan of version {}; make it anew", plan.version)))
        }
    }

    /// Everything that it takes away.
    #[must_use]
    pub fn removals(&self) -> BTreeSet<(Resource, Principal)> {
        let changes = self.steps.iter().flat_map(|step| &step.changes);
        let lost = |change: &sharing::Change| {
            let resource = change.resource.clone();
            change.difference().remove.into_iter().map(move |who| (resource.clone(), who)).collect::<Vec<_>>()
        };
        changes.flat_map(lost).collect()
    }
}
