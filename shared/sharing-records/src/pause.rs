//! Waiting between two attempts.

use std::time::Duration;

/// Waits before the next attempt.
#[expect(
    clippy::disallowed_methods,
    reason = "DynamoDB asks for it, and says so in an answer that the SDK does not retry"
)]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
