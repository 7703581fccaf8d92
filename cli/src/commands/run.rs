//! `signalbox run`: what a function does about an event, done from here.

use reaction::Mode;

use super::{conclude, plan};
use crate::arguments::{AwsOptions, Occurrence};
use crate::failure::Failure;
use crate::given::Given;
use crate::output::Format;

/// Acts, and prints the report.
pub(super) async fn run(
    aws: &AwsOptions,
    occurrence: &Occurrence,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    conclude(output, &plan::attempt(aws, occurrence, given, Mode::Apply).await?)
}
