//! `share-rds-snapshot` as a Lambda function.

use std::process::ExitCode;

use reaction::Reaction;
use share_rds_snapshot::{Settings, ShareRdsSnapshot};
use sharing_records::Grants;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event(async |sessions, variables| {
        let grants = Grants::read(variables, &sessions, ShareRdsSnapshot::NAME)?;
        let reaction = ShareRdsSnapshot::new(sessions, Settings::read(variables)?, grants);
        reaction.open_connections().await;
        Ok(reaction)
    })
    .await
}
