//! What the ledger will write about an occurrence, ahead of the step that may write it in its stead.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the ledger will write once the only step of a plan has gone well, or once work is left to another run. A step whose own last
/// write goes to the same database may make both in one transaction: then neither is there without the other, and one round trip is
/// saved.
pub struct Settlement {
    write: Box<dyn Any + Send + Sync>,
    is_made: AtomicBool,
}

impl Settlement {
    /// The settlement by this write, whose type the ledger and the step agree on.
    #[must_use]
    pub fn new(write: impl Any + Send + Sync) -> Self {
        Self { write: Box::new(write), is_made: AtomicBool::new(false) }
    }

    /// The write, where it is of this type.
    #[must_use]
    pub fn write<W: Any>(&self) -> Option<&W> {
        self.write.downcast_ref()
    }

    /// Notes that the write was made.
    pub fn made(&self) {
        self.is_made.store(true, Ordering::Release);
    }

    /// Whether the write was made.
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.is_made.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settlement").field("is_made", &self.is_made()).finish_non_exhaustive()
    }
}
