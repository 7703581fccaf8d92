#![doc = include_str!("../README.md")]

mod subject;
#[cfg(test)]
mod tests;

use events::manifest::{ObjectCreated, ParameterStoreChange};
use function::Trigger;
use reaction::Error;
use serde_json::value::RawValue;

pub use sharing_sweep::{
    Applied, Facts, Forced, Found, Limits, Proposal, Rates, Settings, Step, StoredPlan, Subject, Unread, phase,
};
use sharing_sweep::{Occasion, Sweeping};

/// The function.
pub type ReconcileShares = Sweeping<Whole>;

/// The whole manifest is to be made true.
#[derive(Debug)]
pub enum Whole {}

impl Occasion for Whole {
    const NAME: &'static str = "reconcile-shares";
    const PURPOSE: &'static str =
        "Makes the whole share manifest true: on a schedule, and when the manifest has changed";
    const HEARS: &'static [Trigger] =
        &[Trigger::of::<ObjectCreated>(), Trigger::of::<ParameterStoreChange>(), Trigger::Schedule];

    fn parse(event: &RawValue) -> Result<Option<Subject>, Error> {
        subject::parse(event)
    }
}
