//! `share-ebs-snapshot` as a Lambda function.

use std::process::ExitCode;

use permissions::Settings;
use share_ebs_snapshot::ShareEbsSnapshot;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::on_event(async |sessions, variables| {
        let reaction = ShareEbsSnapshot::new(sessions, Settings::read(variables)?);
        reaction.open_connections().await;
        Ok(reaction)
    })
    .await
}
