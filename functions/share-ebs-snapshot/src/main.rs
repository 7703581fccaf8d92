//! `share-ebs-snapshot` as a Lambda function.

use std::process::ExitCode;

/// Each call allocates hundreds of times: see decision 122.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event::<share_ebs_snapshot::ShareEbsSnapshot>().await
}
