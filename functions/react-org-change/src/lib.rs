#![doc = include_str!("../README.md")]

mod subject;
#[cfg(test)]
mod tests;

use events::organizations::{OrganizationsCall, OrganizationsResult};
use function::Trigger;
use reaction::Error;
use serde_json::value::RawValue;
use sharing_sweep::{Occasion, Subject, Sweeping};

/// The function.
pub type ReactOrgChange = Sweeping<OrgChange>;

/// An account may have another place in the organization.
#[derive(Debug)]
pub enum OrgChange {}

impl Occasion for OrgChange {
    const NAME: &'static str = "react-org-change";
    const PURPOSE: &'static str =
        "Makes true again what organizational units have, when an account comes, moves or leaves";
    const HEARS: &'static [Trigger] = &[Trigger::of::<OrganizationsCall>(), Trigger::of::<OrganizationsResult>()];

    fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
        subject::parse(event)
    }
}
