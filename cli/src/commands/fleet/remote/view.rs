//! What is shown of runs on AWS.

use std::fmt;

use console::FleetRun;
use fleet_runs::RunId;
use serde::{Serialize, Serializer};

use super::workflow::Listed;
use crate::output;

/// The last executions. Further attempts at a run are rows of their own.
pub(super) struct Runs(pub(super) Vec<Listed>);

#[derive(Serialize)]
pub(super) struct Row<'a> {
    execution: &'a str,
    run: &'a str,
    status: &'a str,
    began: &'a str,
    ended: Option<&'a str>,
}

impl Runs {
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.0.iter().map(|Listed { name, status, began, ended }| {
            let run = name.rsplit_once("--").map_or(name.as_str(), |(run, _)| run);
            Row { execution: name, run, status: status.as_str(), began, ended: ended.as_deref() }
        })
    }
}

impl Row<'_> {
    pub(super) fn shown(&self) -> FleetRun {
        FleetRun {
            execution: self.execution.into(),
            run: self.run.into(),
            status: self.status.into(),
            began: self.began.into(),
            ended: self.ended.map(String::from),
        }
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
        for Row { execution, run, status, began, ended } in self.rows() {
            table.add_row([run, status, began, ended.unwrap_or("-"), execution]);
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
