//! What is going on, on standard error: a spinner on a terminal, lines elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows what is going on until it is dropped.
pub struct Progress {
    spinner: Option<ProgressBar>,
}

impl Progress {
    /// Shows nothing yet.
    #[must_use]
    pub fn start() -> Self {
        let spinner = stderr().is_terminal().then(|| {
            let spinner = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        Self { spinner }
    }

    /// Says what is done next.
    pub fn next(&self, doing: impl Into<String>) {
        let doing = doing.into();
        match &self.spinner {
            Some(spinner) => spinner.set_message(doing),
            None => say(&doing),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

/// A line on standard error.
pub fn say(line: &str) {
    // Where standard error is closed, no one is there to be told.
    let _ = writeln!(anstream::stderr(), "{line}");
}
