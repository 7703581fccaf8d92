//! What a program on the command line says, and how it ends: data on standard output, everything else on standard error, and the exit
//! codes of the AWS CLI.

pub mod failure;
pub mod interruption;
pub mod output;
pub mod progress;

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// The time: the clock of the command line.
#[must_use]
pub fn now() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "programs on the command line have no other clock")]
    SystemTime::now()
}

/// A time in seconds since the epoch, in UTC, as people read it; `-` where it is none that has a date.
#[must_use]
pub fn time(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|it| DateTime::from_secs(it).fmt(Format::DateTime).ok());
    time.unwrap_or_else(|| "-".into())
}
