//! `emr-dns` as a Lambda function.

use std::process::ExitCode;

use emr_dns::{EmrDns, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event(async |sessions, variables| {
        let settings = Settings::read(variables)?;
        let function = EmrDns::new(sessions, settings);
        function.open_connections().await;
        Ok(function)
    })
    .await
}
