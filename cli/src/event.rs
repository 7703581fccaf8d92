//! An event, from a file or from standard input.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;

use anyhow::Context;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::failure::Failure;

/// An event as it was written down.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its text.
    pub(crate) text: String,
    /// The same, read as JSON.
    pub(crate) value: Value,
}

impl Event {
    /// Reads the event; `-` is standard input.
    pub(crate) async fn read(path: &Path) -> Result<Self, Failure> {
        let text = read_text(path).await?;
        let value = serde_json::from_str(&text).map_err(|error| {
            let error = reaction::byte_order_mark(&text).map_or_else(|| error.to_string(), String::from);
            Failure::usage(format!("{} is not JSON: {error}", name_of(path)))
        })?;
        Ok(Self { text, value })
    }

    /// Whether it is what Secrets Manager asks a function that rotates for.
    pub(crate) fn is_step(&self) -> bool {
        self.value.get("Step").is_some()
    }

    /// A text of the envelope, such as its `source`; empty where there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The text of a file; `-` is standard input.
pub(crate) async fn read_text(path: &Path) -> Result<String, Failure> {
    let read = if path == Path::new("-") { read_stdin().await } else { fs::read_to_string(path) };
    read.with_context(|| format!("cannot read {}", name_of(path))).map_err(Failure::usage)
}

/// Reads in a thread that is not waited for, since reading cannot be given up, and Ctrl-C has to end it.
async fn read_stdin() -> io::Result<String> {
    let (done, text) = oneshot::channel();
    thread::spawn(move || {
        // The other end is gone when the command was interrupted.
        let _ = done.send(io::read_to_string(io::stdin()));
    });
    text.await.unwrap_or_else(|_| Err(io::ErrorKind::UnexpectedEof.into()))
}

/// What to call a file in messages.
pub(crate) fn name_of(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
}
