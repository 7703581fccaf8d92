//! `deploy-lambda` as a Lambda function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_job::<deploy_lambda::DeployLambda, _>(deploy_lambda::answers).await
}
