//! The one SDK configuration: as a function has it, and as the command line has it.

use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_types::retry::RetrySpec;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::http;
use crate::traced::Calls;

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
    /// What lets the SDK's pauses and timeouts elapse.
    pub sleep: SharedAsyncSleep,
}

impl Options {
    /// The environment's settings, the usual patience, this clock, and tokio's timers.
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
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
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

impl Patience {
    /// Retry behaviour 2.1 (`AWS_NEW_RETRIES_2026`): what is no throttling is tried again sooner.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
    fn retries(self) -> RetryConfig {
        let spec = RetrySpec::v2_1();
        let soon = spec.non_throttling_initial_backoff().min(self.backoff);
        RetryConfig::standard()
            .with_max_attempts(self.attempts)
            .with_initial_backoff(self.backoff)
            .with_retry_spec(spec.with_non_throttling_initial_backoff(soon))
    }

    fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation)
            .build()
    }
}

/// The configuration of a deployed function: what Lambda puts into its environment, and nothing else. Reading shared
/// files, asking metadata services and assuming roles stay out of its binary and its cold start. Its calls are noted where there are
/// `calls`.
pub(crate) fn of_function(
    variables: fn(&str) -> Option<String>,
    roots: Option<&[u8]>,
    calls: Option<&Calls>,
) -> SdkConfig {
    let patience = Patience::default();
    let is_set = |name| variables(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(variables("AWS_REGION").map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .service_config(EndpointVariables(variables))
        .use_fips(is_set("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_set("AWS_USE_DUALSTACK_ENDPOINT"))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SystemTimeSource::new())
        // The timeouts bound each call, and `Document` the one body that streams.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(patience.retries())
        .timeout_config(patience.timeouts());
    let (connector, identities) = (http::connector(roots, patience.connect), IdentityCache::lazy().build());
    let (connector, identities) = match calls {
        Some(calls) => (calls.http(connector), calls.identities(identities, None)),
        None => (connector, identities),
    };
    config.http_client(http::client(connector)).identity_cache(identities).build()
}

/// `AWS_ENDPOINT_URL_<SERVICE>`, and `AWS_ENDPOINT_URL` where that is not set.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
#[derive(Debug)]
struct EndpointVariables(fn(&str) -> Option<String>);

impl LoadServiceConfig for EndpointVariables {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        (self.0)(&format!("{}_{service}", key.env())).or_else(|| (self.0)(key.env()))
    }
}

/// The configuration of the command line: profiles, shared files and every way to credentials that the AWS CLI knows.
pub(crate) async fn load(options: &Options) -> SdkConfig {
    let patience = options.patience;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http::client(http::connector(options.roots.as_deref(), patience.connect)))
        .sleep_impl(options.sleep.clone())
        .retry_config(patience.retries())
        .timeout_config(patience.timeouts());
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

#[cfg(test)]
mod tests {
    use super::{Calls, EndpointVariables, LoadServiceConfig, ServiceConfigKey, of_function};
    use crate::traced::DAEMON_ADDRESS;

    fn variables(name: &str) -> Option<String> {
        match name {
            "AWS_ENDPOINT_URL" => Some("http://127.0.0.1:1".into()),
            "AWS_ENDPOINT_URL_DYNAMODB" => Some("http://127.0.0.1:2".into()),
            _ => None,
        }
    }

    #[test]
    fn calls_are_noted_only_where_a_daemon_waits_for_traces() {
        let untraced = Calls::if_traced(|_| None);
        assert!(untraced.is_none());
        let traced = Calls::if_traced(|name| (name == DAEMON_ADDRESS).then(|| "127.0.0.1:2000".into()));
        let made = |calls: Option<&Calls>| {
            let config = of_function(|name| (name == "AWS_REGION").then(|| "eu-west-1".into()), None, calls);
            format!("{:?} {:?}", config.identity_cache(), config.http_client())
        };
        assert!(!made(untraced.as_ref()).contains("Identities"), "{}", made(None));
        assert!(made(traced.as_ref()).contains("Identities"), "{}", made(traced.as_ref()));
    }

    #[test]
    fn a_services_own_endpoint_goes_before_the_one_for_all() {
        let endpoint = |service| {
            let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
            EndpointVariables(variables).load_config(key.build().unwrap())
        };
        assert_eq!(endpoint("DynamoDB").as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!(endpoint("EC2").as_deref(), Some("http://127.0.0.1:1"));
    }
}
