//! What must be granted and what must be revoked.

use std::collections::BTreeSet;
use std::fmt;

/// The difference between what is desired and what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<T> {
    /// Desired and not there yet.
    pub add: BTreeSet<T>,
    /// There and not desired.
    pub remove: BTreeSet<T>,
}

impl<T: Ord + Clone> Difference<T> {
    /// The difference that makes `current` into `desired`.
    #[must_use]
    pub fn between(desired: &BTreeSet<T>, current: &BTreeSet<T>) -> Self {
        Self { add: desired - current, remove: current - desired }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

impl<T: fmt::Display> fmt::Display for Difference<T> {
    /// ` +who` and ` -who`, each with a blank before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for who in &self.add {
            write!(f, " +{who}")?;
        }
        for who in &self.remove {
            write!(f, " -{who}")?;
        }
        Ok(())
    }
}
