//! Where the entries of a run go: to standard output as they come, or kept for the lists and the table at its end.

use fleet::{Entry, Tolerance};
use serde_json::Value;

use super::arguments::Form;
use super::checkpoint::{self, Known};
use super::view::{Done, Tally};
use super::work::Work;
use crate::failure::Failure;
use crate::output::{self, Format};

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

    /// Tells in how many accounts the run is, where that is known later.
    pub(super) fn is_of(&mut self, accounts: usize) {
        self.tally.accounts = accounts;
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
