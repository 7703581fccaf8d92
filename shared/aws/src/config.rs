//! The one SDK configuration.

use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};

use crate::http;

/// What a caller may choose; everything else is as the environment says (`AWS_REGION`, credentials,
/// `AWS_ENDPOINT_URL*`, `AWS_CA_BUNDLE`, ..).
#[derive(Clone, Debug)]
pub struct Options {
    /// A named profile of the shared configuration files; keys in the environment do not stand before its own.
    pub profile: Option<String>,
    /// The region, where not the environment's.
    pub region: Option<String>,
    /// One endpoint for every service.
    pub endpoint_url: Option<String>,
    /// Fixed credentials, in place of the usual chain.
    pub credentials: Option<Credentials>,
    /// How long to wait and how often to try.
    pub patience: Patience,
    /// PEM certificates to trust in place of the defaults.
    pub roots: Option<Vec<u8>>,
    /// The clock.
    pub now: fn() -> SystemTime,
}

impl Options {
    /// The environment's settings, the usual patience, and this clock.
    #[must_use]
    pub fn new(now: fn() -> SystemTime) -> Self {
        Self {
            profile: None,
            region: None,
            endpoint_url: None,
            credentials: None,
            patience: Patience::default(),
            roots: None,
            now,
        }
    }
}

/// How long to wait for AWS and how often to try: the SDK's standard mode, bounded so that a call with all its
/// attempts ends well within an invocation.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Attempts per call, the first included.
    pub attempts: u32,
    /// The first pause between attempts, which doubles.
    pub backoff: Duration,
    /// Until a connection stands.
    pub connect: Duration,
    /// For one attempt.
    pub attempt: Duration,
    /// For a call with all its attempts.
    pub operation: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 4,
            backoff: Duration::from_secs(1),
            connect: Duration::from_millis(1500),
            attempt: Duration::from_secs(5),
            operation: Duration::from_secs(20),
        }
    }
}

pub(crate) async fn load(options: &Options) -> SdkConfig {
    let Patience { attempts, backoff, connect, attempt, operation } = options.patience;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http::client(options.roots.as_deref(), connect))
        .retry_config(RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(backoff))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(connect)
                .operation_attempt_timeout(attempt)
                .operation_timeout(operation)
                .build(),
        );
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(credentials) = &options.credentials {
        loader = loader.credentials_provider(credentials.clone());
    }
    let config = loader.load().await;
    match &options.profile {
        Some(profile) => act_as(profile, config),
        None => config,
    }
}

/// The same with the credentials of a profile that was asked for by its name. The default chain would take keys in
/// the environment first, and so act in another account than the one that was named.
fn act_as(profile: &str, config: SdkConfig) -> SdkConfig {
    let mut provider = ProviderConfig::without_region().with_region(config.region().cloned());
    if let Some(client) = config.http_client() {
        provider = provider.with_http_client(client);
    }
    let provider = ProfileFileCredentialsProvider::builder().configure(&provider).profile_name(profile).build();
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}
