//! A plan that an operator looked at and kept: what `signalbox plan --out` writes, `signalbox apply` carries out, and a forced
//! sweep is admitted by.

use std::collections::BTreeSet;

use place::AccountId;
use reaction::Error;
use serde::{Deserialize, Serialize};
use sharing::{Principal, Resource, Share, digest};

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

    /// The plan as a file holds it, so that the SHA-256 of the file ([`sharing::digest`]) names it.
    ///
    /// # Errors
    /// `Failed` where it cannot be written as JSON.
    pub fn text(&self) -> Result<String, Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(Error::failed)
    }

    /// Refuses a plan that was made for another account than `home`, or for another manifest than the one of `version`: what
    /// was looked at then is not what is there now.
    ///
    /// # Errors
    /// `Refused`, see above; the message goes on after the plan's name.
    pub fn check_fits(&self, home: &AccountId, version: &str) -> Result<(), Error> {
        const AGAIN: &str = "make it again (`signalbox plan --manifest .. --out plan.json`), and look at it";
        let Self { account, manifest, .. } = self;
        if account != home {
            return Err(Error::refused(format!("is for account {account}, and this is {home}; {AGAIN}")));
        }
        if manifest != version {
            return Err(Error::refused(format!(
                "was made for version {manifest} of the manifest, which is now {version}; nothing was changed; {AGAIN}"
            )));
        }
        Ok(())
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

/// The stored plan that a sweep is forced by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forced {
    /// Which it is: where it lies, and the SHA-256 of its text.
    pub name: String,
    /// What it takes away, which the sweep may.
    pub removals: BTreeSet<(Resource, Principal)>,
}

impl Forced {
    /// The plan of this text.
    pub(crate) fn of(plan: &StoredPlan, location: &str, text: &str) -> Self {
        Self { name: format!("{location} (SHA-256 {})", digest(text)), removals: plan.removals() }
    }
}
