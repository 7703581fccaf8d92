//! How results are written.

use clap::Args;

use crate::failure::Failure;
use crate::output::Format;

/// How results are written.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Form {
    /// Write each result as a line of JSON as it comes, and nothing at the end: memory then does not grow with them
    #[arg(long, help_heading = "Results")]
    pub(crate) lines: bool,
    /// Show a table: a row for each line that is told of an account and region
    #[arg(long, conflicts_with = "lines", help_heading = "Results")]
    pub(crate) table: bool,
}

impl Form {
    /// Refuses a table in another format than text.
    pub(in crate::commands::fleet) fn check(self, output: Format) -> Result<(), Failure> {
        if self.table && output != Format::Text {
            return Err(Failure::usage("--table is text, and --output asks for another format; leave one out"));
        }
        Ok(())
    }
}
