#![doc = include_str!("../README.md")]

mod subject;
#[cfg(test)]
mod tests;

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

    fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
        subject::parse(event)
    }
}
