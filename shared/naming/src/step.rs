//! One effect.

use std::fmt;

use crate::change::Batch;

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Route 53 makes all of these changes, or none.
    Change(Batch),
    /// A cluster cannot have the name that it asks for. Nothing is asked of AWS.
    CannotName {
        /// The cluster and its name.
        what: String,
        /// Why not.
        why: String,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(batch) => batch.fmt(f),
            Self::CannotName { what, .. } => write!(f, "name {what}"),
        }
    }
}
