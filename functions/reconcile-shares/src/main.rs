//! `reconcile-shares` as a Lambda function.

use std::process::ExitCode;

use grants::Grants;
use permissions::Source;
use reaction::Reaction;
use reconcile_shares::{ReconcileShares, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    runtime::on_event(async |sessions, variables| {
        let source = Source::new(&sessions, permissions::Settings::read(variables)?);
        let settings = Settings::read(variables)?;
        let grants = Grants::read(variables, &sessions, ReconcileShares::NAME)?;
        Ok(ReconcileShares::new(sessions, source, settings, grants))
    })
    .await
}
