//! Why a sweep runs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use place::AccountId;
use reaction::Key;
use sharing::Manifest;

/// How late a sweep may be and still be the first one of its day.
const LATE: Duration = Duration::from_mins(10);

/// Why the sweep runs.
#[derive(Clone, Debug)]
pub enum Subject {
    /// The document that may be the manifest has changed.
    Changed {
        /// Where it lies, as `SIGNALBOX_MANIFEST` writes it.
        location: String,
        /// The occurrence.
        key: Key,
    },
    /// It is time to.
    Sweep {
        /// Where the stored plan lies whose removals are admitted.
        force: Option<String>,
    },
    /// An account may have another place in the organization.
    Moved {
        /// Which, as far as the event says; where it is now, Organizations says.
        account: Option<AccountId>,
        /// The occurrence.
        key: Key,
    },
    /// The payload is a manifest: what its entries match is shared as they say.
    Payload(Box<Manifest>),
}

impl Subject {
    /// Whether listings may take the place of questions about each thing: of all sweeps of a day (UTC), which are this time apart, only
    /// the first asks for each, and so does every sweep that has another reason than its time.
    #[must_use]
    pub fn is_quick(&self, now: SystemTime, period: Duration) -> bool {
        const DAY: u64 = 24 * 60 * 60;
        let since_midnight = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() % DAY;
        matches!(self, Self::Sweep { force: None })
            && Duration::from_secs(since_midnight) >= period.saturating_add(LATE)
    }

    /// Names the occurrence.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Self::Changed { key, .. } | Self::Moved { key, .. } => key.clone(),
            Self::Sweep { .. } => Key::new(["sweep"]),
            Self::Payload(manifest) => Key::new(["payload", manifest.version()]),
        }
    }
}
