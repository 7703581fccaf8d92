//! `share-ami` as a Lambda function.

use std::process::ExitCode;

use grants::Grants;
use permissions::Settings;
use reaction::Reaction;
use share_ami::ShareAmi;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::on_event(async |sessions, variables| {
        let grants = Grants::read(variables, &sessions, ShareAmi::NAME)?;
        let reaction = ShareAmi::new(sessions, Settings::read(variables)?, grants);
        reaction.open_connections().await;
        Ok(reaction)
    })
    .await
}
