//! Ctrl-C and its like.

use std::cell::Cell;
use std::pin::pin;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;
use crate::progress;

/// What a shell adds to a signal's number.
const BY_SIGNAL: u8 = 128;

/// Runs a command to its end or to an interruption, and gives the exit code. What the command has started ends with it.
pub async fn end(run: impl Future<Output = Result<(), Failure>>, farewell: Option<String>) -> ExitCode {
    let done = tokio::select! {
        done = run => done,
        failure = wait(farewell) => Err(failure),
    };
    exit_code(done)
}

/// Waits for work that ends early once `is_stopped` is set, such as between two items. A first interruption says `farewell` and sets it;
/// the failure that it is comes back beside what the work came to.
///
/// # Errors
/// The second interruption, which gives the work up.
pub async fn let_end<T>(
    work: impl Future<Output = T>,
    is_stopped: &Cell<bool>,
    farewell: &str,
) -> Result<(T, Option<Failure>), Failure> {
    let (mut work, mut interrupted) = (pin!(work), None);
    let mut interruption = pin!(wait(Some(farewell.to_owned())));
    loop {
        tokio::select! {
            done = &mut work => return Ok((done, interrupted)),
            failure = &mut interruption => {
                if is_stopped.replace(true) {
                    return Err(failure);
                }
                interrupted = Some(failure);
                interruption.set(wait(None));
            }
        }
    }
}

/// The exit code of what a command came to; a failure is told.
#[must_use]
pub fn exit_code(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}

/// Waits for Ctrl-C, SIGTERM or the terminal's end, says `farewell`, and gives the failure that ends the program.
pub async fn wait(farewell: Option<String>) -> Failure {
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
