//! `react-org-change` as a Lambda function.

use std::process::ExitCode;

use react_org_change::ReactOrgChange;
use reaction::Reaction;
use sharing_aws::Source;
use sharing_records::Grants;
use sharing_sweep::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event(async |sessions, variables| {
        let source = Source::new(&sessions, sharing_aws::Settings::read(variables)?);
        let settings = Settings::read(variables)?;
        let grants = Grants::read(variables, &sessions, ReactOrgChange::NAME)?;
        Ok(ReactOrgChange::new(sessions, source, settings, grants))
    })
    .await
}
