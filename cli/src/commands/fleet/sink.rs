//! Where the entries of a run go: to standard output as they come, or kept for the lists and the table at its end.

use clap::Args;
use fleet::{Entry, Tolerance};
use serde_json::Value;

use super::checkpoint::{self, Known};
use super::view::{Done, Tally};
use super::work::Work;
use crate::failure::Failure;
use crate::output::{self, Format};

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
    pub(super) fn check(self, output: Format) -> Result<(), Failure> {
        if self.table && output != Format::Text {
            return Err(Failure::usage("--table is text, and --output asks for another format; leave one out"));
        }
        Ok(())
    }
}

/// Where the entries of a run go.
pub(super) struct Sink {
    form: Form,
    output: Format,
    operation: Work,
    known: Known,
    tally: Tally,
}

impl Sink {
    /// One with what an earlier run left, of a run in so many accounts.
    pub(super) fn new((form, output): (Form, Format), operation: Work, known: Known, accounts: usize) -> Self {
        Self { form, output, operation, known, tally: Tally::new(accounts) }
    }

    /// Takes an entry.
    pub(super) fn add(&mut self, entry: Entry<Value>) -> Result<(), Failure> {
        self.tally.count(&entry);
        if self.form.lines {
            return output::print_line(&entry);
        }
        checkpoint::note(&mut self.known, entry);
        Ok(())
    }

    /// Writes what was kept, and says whether no more failed than is tolerated and everything was begun.
    pub(super) fn conclude(self, tolerated: Option<Tolerance>) -> Result<bool, Failure> {
        if self.form.lines {
            return Ok(!self.tally.is_bad(tolerated));
        }
        // What an earlier run left counts too, and what was mended does not.
        let tally = self.tally.anew(self.known.values());
        let done = Done::of(self.operation, self.known.into_values());
        if self.form.table {
            output::print_text(&done.table())?;
        } else {
            output::print(self.output, &done)?;
        }
        Ok(!tally.is_bad(tolerated))
    }
}
