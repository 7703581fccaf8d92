//! `react-org-change` as a Lambda function.

use std::process::ExitCode;

use grants::Grants;
use permissions::Source;
use react_org_change::ReactOrgChange;
use reaction::Reaction;
use sweep::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::on_event(async |sessions, variables| {
        let source = Source::new(&sessions, permissions::Settings::read(variables)?);
        let settings = Settings::read(variables)?;
        let grants = Grants::read(variables, &sessions, ReactOrgChange::NAME)?;
        Ok(ReactOrgChange::new(sessions, source, settings, grants))
    })
    .await
}
