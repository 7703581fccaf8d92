//! `check-policy` as a Lambda function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_job::<check_policy::CheckPolicy, _>(check_policy::answers).await
}
