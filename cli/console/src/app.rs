//! What every page is answered with.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::Console;

/// The console, and how many pages may still become live.
pub(crate) struct App {
    pub(crate) console: Console,
    pub(crate) live: Arc<Semaphore>,
}
