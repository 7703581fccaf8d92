//! Standard output: the command's data, as text for people or as JSON for programs.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use anyhow::Context;
use comfy_table::{Cell, Row, Table, presets};
use serde::Serialize;

use crate::failure::Failure;

/// How data is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// Findings for code scanning, in SARIF 2.1.0.
    Sarif,
    /// Findings as annotations of GitHub Actions.
    Github,
}

impl Format {
    /// Each by the word that asks for it.
    pub const ALL: [(&str, Self); 4] =
        [("text", Self::Text), ("json", Self::Json), ("sarif", Self::Sarif), ("github", Self::Github)];

    /// Whether findings alone can be written so.
    #[must_use]
    pub fn is_of_findings(self) -> bool {
        matches!(self, Self::Sarif | Self::Github)
    }
}

/// A table with these titles, without lines, from the margin on.
pub fn table(titles: impl IntoIterator<Item = impl Into<Cell>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(Row::from(titles.into_iter().map(Into::into).collect::<Vec<Cell>>()));
    if let Some(first) = table.column_mut(0) {
        first.set_padding((0, 1));
    }
    table
}

/// Writes a value in the format that was asked for.
pub fn print<T: Display + Serialize>(format: Format, value: &T) -> Result<(), Failure> {
    match format {
        Format::Text => write_line(&value.to_string()),
        Format::Json | Format::Sarif | Format::Github => print_json(value),
    }
}

/// Writes a value as JSON.
pub fn print_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    write_line(&serde_json::to_string_pretty(value).map_err(Failure::service)?)
}

/// Writes a value as one line of JSON.
pub fn print_line<T: Serialize>(value: &T) -> Result<(), Failure> {
    write_line(&serde_json::to_string(value).map_err(Failure::service)?)
}

/// Writes text that is the same in each format.
pub fn print_text(text: &str) -> Result<(), Failure> {
    write_line(text)
}

fn write_line(text: &str) -> Result<(), Failure> {
    match writeln!(anstream::stdout(), "{text}") {
        // The reader has read enough, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing to standard output").map_err(Failure::configuration),
    }
}
