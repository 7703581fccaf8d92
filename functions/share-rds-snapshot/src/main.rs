//! `share-rds-snapshot` as a Lambda function.

use std::process::ExitCode;

use share_rds_snapshot::{Settings, ShareRdsSnapshot};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::on_event(async |sessions, variables| {
        let reaction = ShareRdsSnapshot::new(sessions, Settings::read(variables)?);
        reaction.open_connections().await;
        Ok(reaction)
    })
    .await
}
