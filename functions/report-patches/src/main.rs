//! `report-patches` as a Lambda function.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event::<report_patches::ReportPatches>().await
}
