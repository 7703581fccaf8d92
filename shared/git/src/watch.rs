//! What watches over one conversation with a server: how much it may send, how long it may be silent, whether the caller
//! still waits, and what went wrong in our own words. gix reads and writes blocking, on a thread of its own.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reaction::Error;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::bounds::Patience;

/// How much a server may send of references and greetings, in bytes.
pub(crate) const GREETING: u64 = 64 * 1024 * 1024;

/// What watches over one conversation.
#[derive(Clone)]
pub(crate) struct Watch(Arc<Inside>);

struct Inside {
    remote: String,
    patience: Patience,
    runtime: Handle,
    left: AtomicU64,
    is_over: AtomicBool,
    over: Notify,
    fault: Mutex<Option<Error>>,
}

/// Ends the conversation when the caller waits no longer.
pub(crate) struct Ending(Watch);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.0.is_over.store(true, Ordering::Relaxed);
        self.0.0.over.notify_one();
    }
}

impl Watch {
    /// Over a conversation with this server, in the runtime of the caller.
    pub(crate) fn over(remote: &str, patience: &Patience) -> Self {
        Self(Arc::new(Inside {
            remote: remote.into(),
            patience: patience.clone(),
            runtime: Handle::current(),
            left: AtomicU64::new(GREETING),
            is_over: AtomicBool::new(false),
            over: Notify::new(),
            fault: Mutex::new(None),
        }))
    }

    pub(crate) fn ending(&self) -> Ending {
        Ending(self.clone())
    }

    /// What gix asks now and then.
    pub(crate) fn is_over(&self) -> &AtomicBool {
        &self.0.is_over
    }

    /// Where the conversation leads, for messages.
    pub(crate) fn remote(&self) -> &str {
        &self.0.remote
    }

    /// From now on the server may send so many bytes.
    pub(crate) fn allow(&self, bytes: u64) {
        self.0.left.store(bytes, Ordering::Relaxed);
    }

    /// How much the server may still send.
    pub(crate) fn left(&self) -> u64 {
        self.0.left.load(Ordering::Relaxed)
    }

    /// Counts what the server sent.
    pub(crate) fn count(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let counted = self.0.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        counted.map(drop).map_err(|_| {
            self.0.left.store(0, Ordering::Relaxed);
            io::Error::other(TooMuch)
        })
    }

    /// Waits for what a future gives, as long as the server may be silent.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> io::Result<T> {
        let silence = self.0.patience.silence;
        let waited = self.0.runtime.block_on(async {
            tokio::select! {
                () = self.0.over.notified() => None,
                done = tokio::time::timeout(silence, future) => Some(done),
            }
        });
        match waited {
            Some(Ok(done)) => Ok(done),
            Some(Err(_)) => Err(self.fail(Error::failed(format!(
                "reading from {}: the server sent nothing for {} s; check that it is up",
                self.0.remote,
                silence.as_secs()
            )))),
            None => Err(io::Error::other("the caller waits no longer")),
        }
    }

    /// Keeps what went wrong in our own words, and gives what gix passes on. The first one counts.
    pub(crate) fn fail(&self, error: Error) -> io::Error {
        let shown = error.to_string();
        self.0.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        io::Error::other(shown)
    }

    /// What went wrong, in our own words where we know better than gix.
    pub(crate) fn explain(&self, doing: &str, error: &dyn std::error::Error) -> Error {
        self.fault().unwrap_or_else(|| Error::failed(format!("{doing} {}: {}; try again", self.0.remote, chain(error))))
    }

    /// What went wrong in our own words, if something did.
    pub(crate) fn fault(&self) -> Option<Error> {
        self.0.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The server sent more than it may.
#[derive(Debug)]
pub(crate) struct TooMuch;

impl std::fmt::Display for TooMuch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the server sends more than it may")
    }
}

impl std::error::Error for TooMuch {}

/// An error with its causes, shortened: a server wrote some of it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    place::shortened(&text.replace('\n', " "), 400)
}
