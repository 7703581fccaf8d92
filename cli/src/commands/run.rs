//! `signalbox run`: what a function does about an event, done from here.

use super::{conclude, plan};
use crate::arguments::{AwsOptions, RunArguments};
use crate::failure::Failure;
use crate::given::Given;
use crate::output::Format;

/// Acts, and prints the report.
pub(super) async fn run(aws: &AwsOptions, asked: &RunArguments, given: &Given, output: Format) -> Result<(), Failure> {
    conclude(output, &plan::attempt(aws, &asked.occurrence, given, Some(&asked.ledger_table)).await?)
}
