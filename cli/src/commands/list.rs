//! `signalbox list`: the functions, one line each.

use std::fmt;

use serde::Serialize;
use suite::FUNCTIONS;

use crate::failure::Failure;
use crate::output::{self, Format};

/// A line of the list.
#[derive(Serialize)]
struct Line {
    name: &'static str,
    triggers: Vec<String>,
    purpose: &'static str,
}

#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<Line>);

/// Prints every function with its triggers.
pub(super) fn list(output: Format) -> Result<(), Failure> {
    let lines = FUNCTIONS.iter().map(|function| {
        let triggers = function.hears.iter().map(ToString::to_string);
        Line { name: function.name, triggers: triggers.collect(), purpose: function.purpose }
    });
    output::print(output, &List(lines.collect()))
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = output::table(["FUNCTION", "TRIGGERS", "WHAT IT DOES"]);
        for line in &self.0 {
            table.add_row([line.name, &line.triggers.join(", "), line.purpose]);
        }
        f.write_str(&table.trim_fmt())
    }
}
