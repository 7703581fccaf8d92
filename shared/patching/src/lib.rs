//! How instances are patched: what Systems Manager shows of each, what that means, what is wrong, and what was recorded before.
//!
//! Systems Manager keeps the last scan of an instance alone, and shows it however old it is. So everything here goes by the time of the
//! scan, and what no recent scan says is unknown, never compliant.

mod head;
mod history;
mod id;
mod instance;
mod read;
mod scan;
mod seen;
mod settings;
mod status;
mod summary;
mod survey;
#[cfg(test)]
mod tests;
mod trouble;
mod window;

pub use head::{Head, pending_since};
pub use history::{History, Place};
pub use id::InstanceId;
pub use instance::{Instance, Managed};
pub use read::Reader;
pub use scan::{Counts, Scan};
pub use seen::Seen;
pub use settings::{HISTORY, LIMITS, Limits, SETTINGS, table};
pub use status::{Status, Why, status};
pub use summary::{Day, Summary, sparkline};
pub use survey::{Found, Survey, find};
pub use trouble::{Troubles, of_account, of_instance};
pub use window::{Aim, Window};

/// The seconds of a day.
pub const DAY: u64 = 24 * 60 * 60;

/// A time in seconds since 1970 as text, such as `2026-11-28T22:00:00Z`.
#[must_use]
pub fn clock(at: u64) -> String {
    let at = i64::try_from(at).ok().and_then(|it| chrono::DateTime::from_timestamp(it, 0));
    at.map_or_else(|| "a time without a date".into(), |it| it.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// So many of a thing, in words.
#[must_use]
pub fn so_many(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
