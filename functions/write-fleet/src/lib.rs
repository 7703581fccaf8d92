#![doc = include_str!("../README.md")]

use aws::RATES;
use fleet_work::{BUCKET, Power, Worker};
use function::Setting;
use operations::EXACT_NAMES_ACCOUNT;
use reaction::interlock;

/// The function.
pub type WriteFleet = Worker<Writes>;

/// Operations that write.
#[derive(Debug)]
pub enum Writes {}

impl Power for Writes {
    const NAME: &'static str = "write-fleet";
    const PURPOSE: &'static str =
        "Writes in every account of an organization, in a workflow that Step Functions operates";
    const WRITES: bool = true;
    const SETTINGS: &'static [&'static [Setting]] = &[
        sharing_aws::SETTINGS,
        sharing_records::SETTINGS,
        interlock::SETTINGS,
        sharing_sweep::SETTINGS,
        naming::SETTINGS,
        &[RATES],
        &[EXACT_NAMES_ACCOUNT],
        &[BUCKET],
    ];
}
