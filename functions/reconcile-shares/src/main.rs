//! `reconcile-shares` as a Lambda function.

use std::process::ExitCode;

use reaction::Reaction;
use reconcile_shares::{ReconcileShares, Settings};
use sharing_aws::Source;
use sharing_records::Grants;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_event(async |sessions, variables| {
        let source = Source::new(&sessions, sharing_aws::Settings::read(variables)?);
        let settings = Settings::read(variables)?;
        let grants = Grants::read(variables, &sessions, ReconcileShares::NAME)?;
        Ok(ReconcileShares::new(sessions, source, settings, grants))
    })
    .await
}
