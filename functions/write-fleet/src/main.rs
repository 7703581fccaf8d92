//! `write-fleet` as a Lambda function.

use std::process::ExitCode;

/// Nothing that lives on lies among what an invocation frees: see decision 129.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_step::<write_fleet::WriteFleet>().await
}
