//! `share-ami` as a Lambda function.

use std::process::ExitCode;

use permissions::Settings;
use share_ami::ShareAmi;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::on_event(async |sessions, variables| {
        let reaction = ShareAmi::new(sessions, Settings::read(variables)?);
        reaction.open_connections().await;
        Ok(reaction)
    })
    .await
}
