//! `read-fleet` as a Lambda function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_step::<read_fleet::ReadFleet>().await
}
