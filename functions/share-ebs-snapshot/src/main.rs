//! `share-ebs-snapshot` as a Lambda function.

use std::process::ExitCode;

use reaction::Reaction;
use share_ebs_snapshot::ShareEbsSnapshot;
use sharing_aws::Settings;
use sharing_records::Grants;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event(async |sessions, variables| {
        let grants = Grants::read(variables, &sessions, ShareEbsSnapshot::NAME)?;
        let reaction = ShareEbsSnapshot::new(sessions, Settings::read(variables)?, grants);
        reaction.open_connections().await;
        Ok(reaction)
    })
    .await
}
