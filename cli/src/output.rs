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

/// Writes a value in the format that was asked for.
pub(crate) fn print<T: Display + Serialize>(format: Format, value: &T) -> Result<(), Failure> {
    match format {
        Format::Text => write_line(&value.to_string()),
        Format::Json => print_json(value),
    }
}

/// Writes a value as JSON.
pub(crate) fn print_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    write_line(&serde_json::to_string_pretty(value).map_err(Failure::service)?)
}

fn write_line(text: &str) -> Result<(), Failure> {
    match writeln!(anstream::stdout(), "{text}") {
        // Whoever read it has read enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing to standard output").map_err(Failure::configuration),
    }
}
