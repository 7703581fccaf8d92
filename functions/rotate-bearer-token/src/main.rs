//! `rotate-bearer-token` as a Lambda function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_step::<rotate_bearer_token::RotateBearerToken>().await
}
