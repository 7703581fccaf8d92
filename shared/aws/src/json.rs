//! Requests in AWS's JSON protocol, for services of which one or two operations are needed.
//!
//! A client of the SDK is compiled as a whole: that of Systems Manager takes half a minute, and that of CloudWatch brings a second
//! generation of HTTP types into all others. So these requests go the SDK's own way for what no client models. It consists of the parts
//! that the clients consist of, and takes the same configuration: connections, credentials, endpoint, attempts and timeouts.
//! <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>

#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;

use aws_config::SdkConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{
    DisableClockSkewCorrection, ServiceClockSkewClassifier, ServiceClockSkewInterceptor,
};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::interceptors::MutateRequestInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{SharedRuntimePlugin, StaticRuntimePlugin};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use aws_types::service_config::ServiceConfigKey;
use place::Partition;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::open_only;
use crate::traced::bare;

/// The API of a service, as AWS names it.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    /// Its id, after which the setting of its endpoint is named.
    pub id: &'static str,
    /// The SDK's name of it, which the user agent has.
    pub agent: &'static str,
    /// What its signatures, and the hosts of its endpoints, name it.
    pub name: &'static str,
    /// What goes before an operation's name in `X-Amz-Target`.
    pub target: &'static str,
    /// The version of the protocol: `1.0` or `1.1`.
    pub version: &'static str,
    /// Whether the dual-stack endpoints of GovCloud have other names where they are FIPS's. Without dual stack none have.
    pub has_fips_names_in_govcloud: bool,
}

/// A service in the account and Region of a configuration.
#[derive(Clone, Debug)]
pub struct Json {
    api: Api,
    config: SdkConfig,
    plugin: SharedRuntimePlugin,
}

/// What a service answered in place of a success.
#[derive(Debug)]
pub struct Rejected(ErrorMetadata);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Rejected {}

impl ProvideErrorMetadata for Rejected {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl Json {
    /// The service by this configuration; makes no call.
    #[must_use]
    pub fn new(config: SdkConfig, api: Api) -> Self {
        let plugin = SharedRuntimePlugin::new(plugin(&config, api));
        Self { api, config, plugin }
    }

    /// Asks for one operation.
    ///
    /// # Errors
    /// As a client of the SDK's.
    pub async fn ask<T>(&self, operation: &'static str, asked: &Value) -> Result<T, SdkError<Rejected, HttpResponse>>
    where
        T: DeserializeOwned + fmt::Debug + Send + Sync + 'static,
    {
        let url = self.url().map_err(SdkError::construction_failure)?;
        let call = self.call(operation, &url).deserializer(read).build();
        call.invoke(asked.to_string()).await
    }

    /// Opens the connection that [`Json::ask`] will use.
    pub async fn open_connection(&self) {
        let Ok(url) = self.url() else { return };
        let call = self.call("", &url).interceptor(MutateRequestInterceptor::new(open_only)).deserializer(|_| Ok(()));
        let call: Operation<String, (), Rejected> = call.build();
        drop(call.invoke(String::new()).await);
    }

    fn call(&self, operation: &'static str, url: &str) -> OperationBuilder<String> {
        let retries = self.config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let api = self.api;
        let call = Operation::builder().service_name(api.id).operation_name(operation).endpoint_url(url);
        let call = call.standard_retry(&retries).runtime_plugin(self.plugin.clone());
        call.serializer(move |body| write(api, operation, body))
    }

    /// The address: the configuration's own, where it has one.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html>
    fn url(&self) -> Result<String, BoxError> {
        let config = &self.config;
        let key = ServiceConfigKey::builder().service_id(self.api.id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        let key = key.build()?;
        let is_chosen_here = config.get_origin("endpoint_url").is_client_config();
        let of_settings = config.service_config().filter(|_| !is_chosen_here).and_then(|it| it.load_config(key));
        if let Some(url) = of_settings.as_deref().or(config.endpoint_url()) {
            return Ok(url.trim_end_matches('/').to_owned());
        }
        let region = config.region().map(AsRef::as_ref).unwrap_or_default().parse()?;
        let (is_fips, is_dual_stack) = (config.use_fips() == Some(true), config.use_dual_stack() == Some(true));
        Ok(endpoint(self.api, &region, is_fips, is_dual_stack))
    }
}

/// A service's endpoint in a Region.
/// <https://docs.aws.amazon.com/general/latest/gr/ssm.html>, <https://docs.aws.amazon.com/general/latest/gr/cw_region.html>
fn endpoint(api: Api, region: &place::Region, is_fips: bool, is_dual_stack: bool) -> String {
    let partition = region.partition();
    let suffix = match (partition, is_dual_stack) {
        (Partition::Aws | Partition::AwsUsGov, false) => "amazonaws.com",
        (Partition::Aws | Partition::AwsUsGov, true) => "api.aws",
        (Partition::AwsCn, false) => "amazonaws.com.cn",
        (Partition::AwsCn, true) => "api.amazonwebservices.com.cn",
        (Partition::AwsEusc, false) => "amazonaws.eu",
        (Partition::AwsEusc, true) => "api.amazonwebservices.eu",
    };
    let has_fips_names = partition != Partition::AwsUsGov || is_dual_stack && api.has_fips_names_in_govcloud;
    let fips = if is_fips && has_fips_names { "-fips" } else { "" };
    format!("https://{}{fips}.{region}.{suffix}", api.name)
}

/// What a client of the SDK takes from a configuration.
fn plugin(config: &SdkConfig, api: Api) -> StaticRuntimePlugin {
    StaticRuntimePlugin::new().with_config(settings(config, api).freeze()).with_runtime_components(parts(config))
}

fn settings(config: &SdkConfig, api: Api) -> Layer {
    let mut layer = Layer::new("json");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig {
        region: config.region().cloned().map(SigningRegion::from),
        name: Some(SigningName::from_static(api.name)),
        ..SigV4OperationSigningConfig::default()
    });
    layer.store_put(ApiMetadata::new(api.agent, env!("CARGO_PKG_VERSION")));
    // An answer may hold what is encrypted there: the SDK logs none.
    layer.store_put(SensitiveOutput);
    if let Some(region) = config.region() {
        layer.store_put(RetryPartition::new(format!("{}-{region}", api.agent)));
        layer.store_put(region.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        layer.store_put(timeouts.clone());
    }
    if let Some(is_disabled) = config.disable_clock_skew_correction() {
        layer.store_put(DisableClockSkewCorrection::from(is_disabled));
    }
    layer
}

fn parts(config: &SdkConfig) -> RuntimeComponentsBuilder {
    let mut parts = RuntimeComponentsBuilder::new("json")
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_http_client(config.http_client())
        .with_sleep_impl(config.sleep_impl())
        .with_time_source(config.time_source())
        .with_interceptor(ServiceClockSkewInterceptor::new())
        .with_interceptor(RequestInfoInterceptor::new())
        .with_interceptor(UserAgentInterceptor::new())
        .with_interceptor(InvocationIdInterceptor::new())
        .with_interceptor(RecursionDetectionInterceptor::new())
        .with_retry_classifier(AwsErrorCodeClassifier::<Rejected>::new())
        .with_retry_classifier(HttpStatusCodeClassifier::default())
        .with_retry_classifier(ServiceClockSkewClassifier::<Rejected>::new())
        .with_retry_classifier(TransientErrorClassifier::<Rejected>::new());
    if let Some(cache) = config.identity_cache() {
        parts.set_identity_cache(Some(cache));
    }
    if let Some(credentials) = config.credentials_provider() {
        parts.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    }
    parts
}

fn write(api: Api, operation: &str, body: String) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.try_insert("content-type", format!("application/x-amz-json-{}", api.version))?;
    headers.try_insert("x-amz-target", format!("{}.{operation}", api.target))?;
    Ok(request)
}

fn read<T: DeserializeOwned>(response: &HttpResponse) -> Result<T, OrchestratorError<Rejected>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        let header = response.headers().get("x-amzn-errortype");
        return Err(OrchestratorError::operation(rejected(response.status().as_u16(), header, body)));
    }
    // AWS has done what was asked: it is not asked for again.
    serde_json::from_slice(body).map_err(OrchestratorError::other)
}

/// What an error's header or body says: `com.amazonaws.ssm#ParameterNotFound:http://internal`, say, of which the middle is the code.
fn rejected(status: u16, header: Option<&str>, body: &[u8]) -> Rejected {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |keys: [&str; 2]| keys.into_iter().find_map(|key| told[key].as_str());
    let code = header.or_else(|| text(["__type", "code"])).map(bare);
    let message =
        text(["message", "Message"]).map_or_else(|| format!("status {status}, without a message"), String::from);
    let mut metadata = ErrorMetadata::builder().message(message);
    if let Some(code) = code {
        metadata = metadata.code(code);
    }
    Rejected(metadata.build())
}
