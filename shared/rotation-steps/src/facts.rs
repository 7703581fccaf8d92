//! What was read, of one step or of every secret that is swept.

use std::collections::BTreeMap;
use std::time::Duration;

use reaction::Error;
use rotation::{Open, Request, Schedule, SecretArn, Turn, VersionId};
use secrecy::SecretString;

use crate::records::{OfSecret, Remembered};

/// What was read.
#[derive(Debug)]
pub enum Facts {
    /// Of one step.
    Step(Box<OfStep>),
    /// Of all secrets that are swept.
    Sweep {
        /// Each of them.
        all: Vec<Swept>,
        /// How long what was current goes on working.
        overlap: Duration,
        /// The time, in seconds since the epoch.
        now: u64,
    },
}

/// What was read of one step of a rotation.
#[derive(Debug)]
pub struct OfStep {
    /// The step.
    pub request: Request,
    /// What is to be done.
    pub turn: Turn,
    /// The values that it may look at.
    pub values: Values,
    /// What is remembered of this rotation.
    pub remembered: Remembered,
    /// What is remembered of the secret.
    pub of_secret: OfSecret,
    /// When the secret is rotated next.
    pub schedule: Schedule,
    /// How long what was current goes on working.
    pub overlap: Duration,
    /// The time, in seconds since the epoch.
    pub now: u64,
}

/// What was read of a secret that is swept.
#[derive(Debug)]
pub struct Swept {
    /// The secret.
    pub secret: SecretArn,
    /// What is remembered of it.
    pub of_secret: OfSecret,
    /// How Secrets Manager says that it stands.
    pub seen: Result<Seen, Error>,
}

/// What Secrets Manager says of a secret that is swept.
#[derive(Debug)]
pub struct Seen {
    /// Whether it is rotated at all.
    pub is_rotated: bool,
    /// When it is rotated next.
    pub schedule: Schedule,
    /// The version that clients get.
    pub current: Option<VersionId>,
    /// The versions that have a credential made here, no label, and no time at which it is to be revoked; and what began it, where
    /// its run could not say that it was kept.
    pub forsaken: BTreeMap<VersionId, Option<Open>>,
}

/// The values that a step may look at.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// What clients get now.
    pub current: Option<SecretString>,
    /// What they got before.
    pub previous: Option<SecretString>,
    /// What they are to get.
    pub pending: Option<SecretString>,
}
