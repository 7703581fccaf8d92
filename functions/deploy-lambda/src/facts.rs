//! What was read about a job: what forbids its deployment, or how that stands.

use delivery::Record;
use reaction::Finding;

/// The facts of one job.
#[derive(Clone, Debug, PartialEq)]
pub enum Facts {
    /// The artifact cannot be delivered, for these reasons.
    Forbidden(Vec<Finding>),
    /// A deployment that is about to begin.
    New(Record),
    /// A deployment that has begun.
    Begun(Record),
}
