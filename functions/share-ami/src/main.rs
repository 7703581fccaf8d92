//! `share-ami` as a Lambda function.

use std::process::ExitCode;

use reaction::Reaction;
use share_ami::ShareAmi;
use sharing_aws::Settings;
use sharing_records::Grants;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event(async |sessions, variables| {
        let grants = Grants::read(variables, &sessions, ShareAmi::NAME)?;
        let reaction = ShareAmi::new(sessions, Settings::read(variables)?, grants);
        reaction.open_connections().await;
        Ok(reaction)
    })
    .await
}
