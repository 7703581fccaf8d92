//! Standard output: the command's data, as text for people or as JSON for programs.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;

use crate::failure::Failure;

/// How data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Writes a value, and a line's end.
pub(crate) fn print<T: Display + Serialize>(format: Format, value: &T) -> Result<(), Failure> {
    let text = match format {
        Format::Text => value.to_string(),
        Format::Json => serde_json::to_string_pretty(value).map_err(Failure::service)?,
    };
    match writeln!(anstream::stdout(), "{text}") {
        // Whoever read it has read enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing to standard output").map_err(Failure::configuration),
    }
}
