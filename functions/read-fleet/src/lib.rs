#![doc = include_str!("../README.md")]

use fleet_work::{BUCKET, Power, Worker};
use function::Setting;

/// The function.
pub type ReadFleet = Worker<Reads>;

/// Operations that read.
#[derive(Debug)]
pub enum Reads {}

impl Power for Reads {
    const NAME: &'static str = "read-fleet";
    const PURPOSE: &'static str =
        "Reads in every account of an organization, in a workflow that Step Functions operates";
    const WRITES: bool = false;
    const SETTINGS: &'static [&'static [Setting]] = &[&[BUCKET]];
}
