//! Why a command did not succeed, and the exit code that says so to scripts. The codes are the AWS CLI's.
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-returncodes.html>

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// The command line, or a file that it names, is wrong.
pub const USAGE: u8 = 252;
/// There is something to do.
const DIFFERENCES: u8 = 2;
const CONFIGURATION: u8 = 253;
const SERVICE: u8 = 254;

/// A command that did not succeed.
#[derive(Debug)]
#[must_use = "a failure that is not told is lost"]
pub struct Failure {
    code: u8,
    message: Option<String>,
}

impl Failure {
    /// The command line, or a file that it names, is wrong.
    pub fn usage(error: impl Display) -> Self {
        Self { code: USAGE, message: Some(format!("{error:#}")) }
    }

    /// The surroundings are wrong: settings, credentials, the manifest, something that is not installed.
    pub fn configuration(error: impl Display) -> Self {
        Self { code: CONFIGURATION, message: Some(format!("{error:#}")) }
    }

    /// A configuration error that standard output shows already.
    pub fn shown_configuration() -> Self {
        Self { code: CONFIGURATION, message: None }
    }

    /// AWS did not do what it was asked to.
    pub fn service(error: impl Display) -> Self {
        Self { code: SERVICE, message: Some(format!("{error:#}")) }
    }

    /// A service error that standard output shows already, as a report does.
    pub fn shown_service() -> Self {
        Self { code: SERVICE, message: None }
    }

    /// Not an error: what was compared differs, and standard output shows how.
    pub fn differences() -> Self {
        Self { code: DIFFERENCES, message: None }
    }

    /// A signal ended the command; the code is the shell's.
    pub fn interrupted(code: u8) -> Self {
        Self { code, message: None }
    }

    /// Says on standard error what went wrong, and gives the exit code.
    #[must_use]
    pub fn tell(self) -> ExitCode {
        if let Some(message) = self.message {
            let red: Style = AnsiColor::Red.on_default().bold();
            // Where standard error is closed, the exit code is left.
            let _ = writeln!(anstream::stderr(), "{red}error:{red:#} {message}");
        }
        ExitCode::from(self.code)
    }
}
