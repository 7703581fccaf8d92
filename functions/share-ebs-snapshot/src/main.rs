//! `share-ebs-snapshot` as a Lambda function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event::<share_ebs_snapshot::ShareEbsSnapshot>().await
}
