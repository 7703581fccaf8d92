//! The kinds of faults.

use serde::{Deserialize, Serialize};

/// What happens to a request that meets a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// The service's own throttling error, in its own spelling and status.
    Throttle,
    /// The service's own throttling error for what a bucket of tokens has none for: it takes `burst` requests at once, and
    /// gains `per_minute` after that. Of these [`Fault::times`](crate::Fault::times) is the most that are throttled.
    Quota {
        /// How many requests it takes at once.
        burst: u32,
        /// How many tokens it gains in a minute.
        per_minute: u32,
    },
    /// The service's own internal error, with HTTP status 500.
    ServerError,
    /// The service's own way to deny a permission.
    AccessDenied,
    /// No answer, until the client hangs up; nothing takes effect.
    Timeout,
    /// The request takes effect, but the connection is dropped before the answer.
    Reset,
    /// The answer of a write that was taken, and nothing takes effect: as if another writer wrote at the same time.
    Lost,
    /// Any other error, in the shape of the request's protocol.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error code that an SDK reads.
        code: String,
        /// The message beside it.
        message: String,
    },
    /// S3's refusal of a policy with a principal that does not exist, which it names beside its message.
    BadPrincipal {
        /// The principal, as the policy writes it.
        principal: String,
    },
    /// Route 53's refusal of a change batch in its other shape: an element of the error's name around its messages, in which
    /// not every SDK finds a code. The shape that all other errors have is [`FaultKind::Error`]'s.
    InvalidBatch {
        /// What is wrong with the batch.
        message: String,
    },
}
