//! `rotate-db-user` as a Lambda function.

use std::process::ExitCode;

use reaction::Reaction;
use rotate_db_user::{DbPassword, RotateDbUser, Settings};
use rotation_steps::Records;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_step(async |sessions, variables| {
        let records = Records::read(variables, &sessions, RotateDbUser::NAME)?;
        let password = DbPassword::new(Settings::read(variables)?, sessions.clone());
        let function = RotateDbUser::new(sessions, records, password);
        function.open_connections().await;
        Ok(function.sweeping(rotation_steps::secrets_in(variables)?))
    })
    .await
}
