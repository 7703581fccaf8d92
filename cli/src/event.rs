//! An event, from a file or from standard input.

use std::fs;
use std::io::{Read, stdin};
use std::path::Path;

use anyhow::{Context, anyhow};
use serde_json::Value;

use crate::failure::Failure;

/// An event as somebody wrote it down.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its text.
    pub(crate) text: String,
    /// The same, read as JSON.
    pub(crate) value: Value,
}

impl Event {
    /// Reads the event; `-` is standard input.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = read_text(path)?;
        let value = serde_json::from_str(&text)
            .map_err(|error| Failure::usage(anyhow!("{} is not JSON: {error}", name_of(path))))?;
        Ok(Self { text, value })
    }

    /// A text of the envelope, such as its `source`; empty where there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The text of a file; `-` is standard input.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read =
        if path == Path::new("-") { stdin().read_to_string(&mut text).map(|_| text) } else { fs::read_to_string(path) };
    read.with_context(|| format!("cannot read {}", name_of(path))).map_err(Failure::usage)
}

/// What to call a file in messages.
pub(crate) fn name_of(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
}
