//! What is shown of runs on AWS.

use std::fmt;

use console::FleetRun;
use fleet_runs::RunId;
use serde::{Serialize, Serializer};

use super::workflow::Listed;
use crate::output;

/// The last executions. Further attempts at a run are rows of their own.
pub(super) struct Runs(pub(super) Vec<Listed>);

impl Runs {
    pub(super) fn rows(&self) -> impl Iterator<Item = FleetRun> {
        self.0.iter().cloned().map(|Listed { name, status, began, ended }| {
            let run = name.rsplit_once("--").map_or(name.as_str(), |(run, _)| run).to_owned();
            FleetRun { run, status: status.as_str().into(), began, ended, execution: name }
        })
    }
}

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows())
    }
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = output::table(["RUN", "STATUS", "BEGAN", "ENDED", "EXECUTION"]);
        for FleetRun { execution, run, status, began, ended } in self.rows() {
            table.add_row([run, status, began, ended.unwrap_or_else(|| "-".into()), execution]);
        }
        write!(f, "{}", table.trim_fmt())
    }
}

/// A run that was stopped.
#[derive(Serialize)]
pub(super) struct Stopped<'a> {
    pub(super) run: &'a RunId,
    pub(super) resume: String,
}

impl fmt::Display for Stopped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, resume } = self;
        write!(
            f,
            "run {run} is stopped; what works in an account goes on to its own end, and {resume} does what is left"
        )
    }
}
