//! What one repository may take of memory, disk and time.

use std::time::Duration;

/// What one repository may take. A server may send anything, so each is checked while it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The size of the largest file that is fetched, in bytes. It is held in memory whole. The forge leaves out larger ones.
    pub largest: u64,
    /// How much the server may send at once, in bytes. What is free on the disk bounds it too.
    pub sent: u64,
    /// How many paths a commit may have.
    pub paths: usize,
}

/// How long a server may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a connection, with all that proves who is who.
    pub connect: Duration,
    /// Until the server sends something again.
    pub silence: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { largest: 32 * 1024 * 1024, sent: 2 * 1024 * 1024 * 1024, paths: 200_000 }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), silence: Duration::from_secs(30) }
    }
}
