#![doc = include_str!("../README.md")]

mod subject;
#[cfg(test)]
mod tests;

use reaction::Error;
use serde_json::value::RawValue;

pub use sharing_sweep::{
    Applied, Facts, Forced, Found, Limits, Proposal, Rates, Settings, Step, StoredPlan, Subject, Unread, turn,
};
use sharing_sweep::{Occasion, Sweeping};

/// The function.
pub type ReconcileShares = Sweeping<Whole>;

/// The whole manifest is to be made true.
#[derive(Debug)]
pub enum Whole {}

impl Occasion for Whole {
    const NAME: &'static str = "reconcile-shares";

    fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
        subject::parse(event)
    }
}
