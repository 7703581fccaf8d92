//! Why a sweep runs.

use place::AccountId;
use reaction::Key;
use sharing::Manifest;

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
