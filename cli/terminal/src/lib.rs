//! What a program on the command line says, and how it ends: data on standard output, everything else on standard error, and the exit
//! codes of the AWS CLI.

pub mod failure;
pub mod interruption;
pub mod output;
pub mod progress;

use std::time::SystemTime;

/// The time: the clock of the command line.
#[must_use]
pub fn now() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "programs on the command line have no other clock")]
    SystemTime::now()
}
