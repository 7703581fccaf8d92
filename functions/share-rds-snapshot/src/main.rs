//! `share-rds-snapshot` as a Lambda function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event::<share_rds_snapshot::ShareRdsSnapshot>().await
}
