//! The way from the command line to AWS: which endpoint, which region, whose credentials.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use aws::{Members, Options, Sessions};
use aws_config::SdkConfig;
use aws_sdk_ec2::config::ProvideCredentials;
use clap::Args;
use reaction::settings::Variables;
use terminal::now;

use crate::failure::Failure;
use crate::progress;

/// Which AWS to speak to. The environment is not read here: the SDK knows its order of precedence.
#[derive(Clone, Debug, Args)]
#[command(
    next_help_heading = "AWS, for plan, apply, run, send, history, dns, patches, trace, deadletters, replay, ledger, fleet, mirror, deploy and console"
)]
pub(crate) struct AwsOptions {
    #[arg(long, global = true, value_name = "NAME")]
    #[arg(help = "A profile of ~/.aws/config, whatever keys the environment has [env: AWS_PROFILE]")]
    pub(crate) profile: Option<String>,
    #[arg(long, global = true, value_name = "REGION", help = "The region [env: AWS_REGION]")]
    pub(crate) region: Option<String>,
    #[arg(long, global = true, value_name = "URL")]
    #[arg(help = "One endpoint for every service, in place of AWS's own [env: AWS_ENDPOINT_URL]")]
    pub(crate) endpoint_url: Option<String>,
    /// Certificates to trust in place of the system's, in PEM
    #[arg(long, global = true, env = "AWS_CA_BUNDLE", value_name = "FILE", hide_env_values = true)]
    pub(crate) ca_bundle: Option<PathBuf>,
}

impl AwsOptions {
    /// Whether AWS was chosen.
    pub(crate) fn is_given(&self) -> bool {
        self.profile.is_some() || self.region.is_some() || self.endpoint_url.is_some()
    }
}

/// Sessions as the command line and the environment say. No call is made yet, but credentials are looked for, so that
/// their absence is told before anything else.
pub(crate) async fn connect(options: &AwsOptions) -> Result<Arc<Sessions>, Failure> {
    connect_to(options, Members::default()).await
}

/// The same, with the other accounts in which the settings let us act.
pub(crate) async fn connect_for(options: &AwsOptions, variables: Variables<'_>) -> Result<Arc<Sessions>, Failure> {
    connect_to(options, Members::read(variables).map_err(Failure::configuration)?).await
}

async fn connect_to(options: &AwsOptions, members: Members) -> Result<Arc<Sessions>, Failure> {
    let AwsOptions { profile, region, endpoint_url, ca_bundle } = options.clone();
    let read = |path: PathBuf| fs::read(&path).with_context(|| format!("cannot read --ca-bundle {}", path.display()));
    let roots = ca_bundle.map(read).transpose().map_err(Failure::configuration)?;
    let sessions = Sessions::load(&Options { profile, region, endpoint_url, roots, ..Options::new(now) }).await;
    let sessions = sessions.map_err(Failure::configuration)?;
    find_credentials(sessions.config(), options.profile.as_deref()).await?;
    if let (Some(endpoint), Some(region)) = (sessions.config().endpoint_url(), sessions.config().region()) {
        progress::say(&format!("AWS is {endpoint}, region {region}"));
    }
    Ok(Arc::new(sessions.with_members(members)))
}

async fn find_credentials(config: &SdkConfig, profile: Option<&str>) -> Result<(), Failure> {
    let Some(provider) = config.credentials_provider() else { return Ok(()) };
    let Err(error) = provider.provide_credentials().await else { return Ok(()) };
    let remedy = match profile {
        Some(profile) => format!(
            "the profile {profile} gives none: see ~/.aws/config and ~/.aws/credentials; \
             where it signs in by IAM Identity Center, run `aws sso login --profile {profile}`"
        ),
        None if config.endpoint_url().is_some_and(is_local) => {
            "on a local AWS any will do, and 12 digits choose the account: \
             export AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=test"
                .into()
        }
        None => "give --profile, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into(),
    };
    // The chain of causes in one line, without the SDK's inner structure.
    let why = anyhow::Error::new(error);
    Err(Failure::configuration(format!("no credentials were found; {remedy} ({why:#})")))
}

fn is_local(endpoint: &str) -> bool {
    ["http://127.", "http://localhost", "http://[::1]"].iter().any(|prefix| endpoint.starts_with(prefix))
}
