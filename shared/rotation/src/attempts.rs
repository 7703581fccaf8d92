//! How often a server may refuse one credential before Signalbox stops asking.

use serde::{Deserialize, Serialize};

/// How often one version was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempts(pub u32);

impl Attempts {
    /// How often a server may refuse a credential. Secrets Manager tries each step several times, and Lambda's caller too;
    /// a server that locks accounts does so after some ten mistakes.
    pub const MOST: u32 = 5;

    /// Whether the credential is not to be tried any more: the pending label goes, so that the next rotation can begin.
    #[must_use]
    pub fn are_spent(self) -> bool {
        self.0 >= Self::MOST
    }
}
