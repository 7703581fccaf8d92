//! The way from the command line to AWS: which endpoint, which region, whose credentials.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::anyhow;
use aws::{Options, Sessions};
use aws_config::SdkConfig;
use aws_sdk_ec2::config::ProvideCredentials;
use aws_sdk_ec2::error::DisplayErrorContext;

use crate::arguments::AwsOptions;
use crate::failure::Failure;
use crate::progress;

/// Sessions as the command line and the environment say. No call is made yet, but credentials are looked for, so that
/// their absence is told before anything else.
pub(crate) async fn connect(options: &AwsOptions) -> Result<Arc<Sessions>, Failure> {
    let AwsOptions { profile, region, endpoint_url } = options.clone();
    let sessions = Sessions::load(&Options { profile, region, endpoint_url, ..Options::new(now) }).await;
    let sessions = sessions.map_err(Failure::configuration)?;
    find_credentials(sessions.config()).await?;
    if let (Some(endpoint), Some(region)) = (sessions.config().endpoint_url(), sessions.config().region()) {
        progress::say(&format!("AWS is {endpoint}, region {region}"));
    }
    Ok(Arc::new(sessions))
}

/// The time.
pub(crate) fn now() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "the clock of the desk")]
    SystemTime::now()
}

async fn find_credentials(config: &SdkConfig) -> Result<(), Failure> {
    let why = match config.credentials_provider() {
        Some(provider) => match provider.provide_credentials().await {
            Ok(_) => return Ok(()),
            Err(error) => DisplayErrorContext(error).to_string(),
        },
        None => "there is no provider of credentials".into(),
    };
    let remedy = if config.endpoint_url().is_some_and(is_local) {
        "on a local AWS any will do, and 12 digits choose the account: \
         export AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=test"
    } else {
        "give --profile, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \
         `aws sso login` renews those of IAM Identity Center"
    };
    Err(Failure::configuration(anyhow!("no credentials were found; {remedy} ({why})")))
}

fn is_local(endpoint: &str) -> bool {
    ["http://127.", "http://localhost", "http://[::1]"].iter().any(|prefix| endpoint.starts_with(prefix))
}
