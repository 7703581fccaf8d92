//! Until when an invocation may work.

use std::time::{Duration, SystemTime};

/// The moment at which the invocation ends, and the clock that it is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: SystemTime,
    now: fn() -> SystemTime,
}

impl Deadline {
    /// A deadline at `at` by the clock `now`.
    #[must_use]
    pub fn new(at: SystemTime, now: fn() -> SystemTime) -> Self {
        Self { at, now }
    }

    /// The time that is left; zero once the deadline has passed.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.at.duration_since((self.now)()).unwrap_or_default()
    }
}
