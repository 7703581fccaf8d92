//! Ctrl-C and its like.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;
use crate::progress;

/// What a shell adds to a signal's number.
const BY_SIGNAL: u8 = 128;

/// Waits for Ctrl-C, SIGTERM or the terminal's end, says `farewell`, and gives the failure that ends the program.
pub(crate) async fn wait(farewell: Option<String>) -> Failure {
    let number = tokio::select! {
        () = next(SignalKind::interrupt()) => 2,
        () = next(SignalKind::terminate()) => 15,
        () = next(SignalKind::hangup()) => 1,
    };
    if let Some(farewell) = farewell {
        progress::say(&farewell);
    }
    Failure::interrupted(BY_SIGNAL + number)
}

/// Never comes where the signal cannot be listened to, and the signal then ends the program by itself.
async fn next(kind: SignalKind) {
    let arrived = match signal(kind) {
        Ok(mut signals) => Signal::recv(&mut signals).await,
        Err(_) => None,
    };
    if arrived.is_none() {
        std::future::pending::<()>().await;
    }
}
