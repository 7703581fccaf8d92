//! `signalbox run`: what a function does about an event, done from here.

use clap::Args;
use reaction::Mode;

use super::{conclude, plan};
use crate::connection::AwsOptions;
use crate::failure::Failure;
use crate::given::Given;
use crate::output::Format;

/// What is to be done about an event.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) occurrence: plan::Occurrence,
    /// The DynamoDB table that keeps the ledger
    #[arg(long, env = "SIGNALBOX_LEDGER_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-ledger")]
    ledger_table: String,
}

/// Acts, and prints the report.
pub(super) async fn run(aws: &AwsOptions, asked: &RunArguments, given: &Given, output: Format) -> Result<(), Failure> {
    conclude(output, &plan::attempt(aws, &asked.occurrence, given, Mode::Apply).await?)
}
