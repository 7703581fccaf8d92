//! `rotate-bearer-token` as a Lambda function.

use std::process::ExitCode;

use reaction::Reaction;
use rotate_bearer_token::settings::Settings;
use rotate_bearer_token::{BearerToken, RotateBearerToken};
use rotation_steps::{Bindings, Records};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::on_step(async |sessions, variables| {
        let records = Records::read(variables, &sessions, RotateBearerToken::NAME)?;
        let settings = Settings::read(variables)?;
        let token = BearerToken::new(settings, BearerToken::swept(variables)?, Bindings::read(variables)?)?;
        let function = RotateBearerToken::new(sessions, records, token);
        function.open_connections().await;
        Ok(function)
    })
    .await
}
