//! What one repository may take of memory, disk and time.

use std::time::Duration;

use crate::pack::Most;

/// What one repository may take. A server may send anything, so each is checked while it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The size of the largest file that is fetched, in bytes. A forge that can leaves out larger ones.
    pub largest: u64,
    /// How much the server may send at once, in bytes. What is free on the disk bounds it too.
    pub sent: u64,
    /// How many paths a commit may have.
    pub paths: usize,
}

impl Bounds {
    /// What a pack within them may have. Of a commit, each path leads to one file or one folder; text is a tenth of its size when it is
    /// compressed, and what is a hundredth is made to take time.
    pub(crate) fn of_pack(&self) -> Most {
        Most { objects: self.paths.saturating_mul(2).saturating_add(1000), bytes: self.sent.saturating_mul(16) }
    }
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
