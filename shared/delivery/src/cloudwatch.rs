//! CloudWatch, as far as it judges versions: two operations, in its JSON protocol.
//!
//! Its SDK client compresses requests, for which it needs a second generation of HTTP types in every other client. So these two operations go
//! through the SDK's own way for requests that no client models, with the configuration of the session: its connections, credentials,
//! endpoint and signature.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/making-api-requests.html>

use std::fmt;
use std::time::SystemTime;

use aws::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_types::service_config::ServiceConfigKey;
use place::Partition;
use reaction::{Doing, Error};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The service, as a signature and as the header of an operation name it.
const SERVICE: &str = "monitoring";
const TARGET: &str = "GraniteServiceVersion20100801";
const JSON: &str = "application/x-amz-json-1.0";

/// CloudWatch in the account and Region of a session.
#[derive(Clone, Debug)]
pub struct CloudWatch {
    config: SdkConfig,
    now: fn() -> SystemTime,
}

/// An answer that was not a success.
#[derive(Debug)]
struct Rejected(u16);

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.0)
    }
}

impl std::error::Error for Rejected {}

impl CloudWatch {
    /// `CloudWatch` by this configuration; makes no call.
    #[must_use]
    pub fn new(config: SdkConfig, now: fn() -> SystemTime) -> Self {
        Self { config, now }
    }

    /// Asks for one operation.
    ///
    /// # Errors
    /// `Failed`, with what CloudWatch answered.
    pub async fn ask<T: DeserializeOwned>(&self, operation: &'static str, asked: &Value) -> Result<T, Error> {
        let asking = || format!("asking CloudWatch ({operation})");
        let (status, body) = self.send(operation, asked).await.doing(asking)?;
        if !(200..300).contains(&status) {
            let told: Value = serde_json::from_slice(&body).unwrap_or_default();
            let text = |key: &str| place::shortened(told[key].as_str().unwrap_or_default(), 300);
            let code = text("__type");
            let why =
                format!("AWS answered {status} {}: {}", code.rsplit('#').next().unwrap_or_default(), text("message"));
            return Err(Error::failed(why).context(asking()));
        }
        serde_json::from_slice(&body).map_err(Error::failed).doing(asking)
    }

    async fn send(&self, operation: &'static str, asked: &Value) -> Result<(u16, Vec<u8>), Error> {
        let (url, body) = (self.url()?, asked.to_string());
        let headers = self.headers(operation, &url, &body).await?;
        let client = self.config.http_client().ok_or_else(|| Error::failed("the configuration has no HTTP client"))?;
        let serialize = move |(): ()| {
            let mut request = HttpRequest::new(SdkBody::from(body.as_str()));
            request.set_method("POST")?;
            request.set_uri("/")?;
            for (name, value) in &headers {
                request.headers_mut().try_insert(name.clone(), value.clone())?;
            }
            Ok(request)
        };
        let mut call = Operation::builder().service_name("cloudwatch").operation_name(operation).http_client(client);
        if let Some(timeouts) = self.config.timeout_config() {
            call = call.timeout_config(timeouts.clone());
        }
        if let Some(sleep) = self.config.sleep_impl() {
            call = call.sleep_impl(sleep);
        }
        let call = call.endpoint_url(&url).no_auth().no_retry().serializer(serialize).deserializer(|response| {
            let body = response.body().bytes().map(<[u8]>::to_vec);
            body.map(|body| (response.status().as_u16(), body))
                .ok_or_else(|| OrchestratorError::operation(Rejected(response.status().as_u16())))
        });
        call.build().invoke(()).await.map_err(|error| Error::failed(place::shortened(&told(&error), 300)))
    }

    /// The address: the session's own, where it has one.
    fn url(&self) -> Result<String, Error> {
        let key = ServiceConfigKey::builder().service_id("CloudWatch").env("AWS_ENDPOINT_URL").profile("endpoint_url");
        let key = key.build().map_err(Error::failed)?;
        let chosen = self.config.service_config().and_then(|it| it.load_config(key));
        if let Some(url) = chosen.as_deref().or(self.config.endpoint_url()) {
            return Ok(format!("{}/", url.trim_end_matches('/')));
        }
        let region: place::Region = self.region().parse().map_err(Error::refused)?;
        let suffix = match region.partition() {
            Partition::Aws | Partition::AwsUsGov => "amazonaws.com",
            Partition::AwsCn => "amazonaws.com.cn",
            Partition::AwsEusc => "amazonaws.eu",
        };
        Ok(format!("https://{SERVICE}.{region}.{suffix}/"))
    }

    fn region(&self) -> &str {
        self.config.region().map(AsRef::as_ref).unwrap_or_default()
    }

    /// The headers of a request, its signature among them.
    async fn headers(&self, operation: &str, url: &str, body: &str) -> Result<Vec<(String, String)>, Error> {
        let provider = self.config.credentials_provider();
        let provider = provider.ok_or_else(|| Error::failed("the configuration has no credentials"))?;
        let identity = provider.provide_credentials().await.map_err(Error::failed)?.into();
        let mut headers = vec![
            ("content-type".to_owned(), JSON.to_owned()),
            ("x-amz-target".to_owned(), format!("{TARGET}.{operation}")),
        ];
        let parameters = v4::SigningParams::builder().identity(&identity).region(self.region()).name(SERVICE);
        let parameters = parameters.time((self.now)()).settings(SigningSettings::default()).build();
        let parameters = parameters.map_err(Error::failed)?.into();
        let told = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new("POST", url, told, SignableBody::Bytes(body.as_bytes()));
        let signed = sign(signable.map_err(Error::failed)?, &parameters).map_err(Error::failed)?;
        let (instructions, _) = signed.into_parts();
        headers.extend(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
        Ok(headers)
    }
}

/// An error with its causes in one line. None of them holds a header.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
