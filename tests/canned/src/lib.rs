//! Answers in AWS's place, for what no emulator sends: pages that do not end, and transactions that meet others. The client is the
//! SDK's, which signs and repeats as ever, and reads what is written here as AWS would write it.

use std::fmt;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// The status of an answer, and its body.
pub type Answer = (u16, String);

/// How to speak to an AWS that answers each request by `answer`, which is given the operation's name and the request's body. The
/// parameters of EC2's requests are given as an object of texts.
pub fn config(answer: impl Fn(&str, &Value) -> Answer + Send + Sync + 'static) -> SdkConfig {
    let connector = SharedHttpConnector::new(Canned(answer));
    let credentials = Credentials::new("111122223333", "test", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build()
}

struct Canned<F>(F);

impl<F> fmt::Debug for Canned<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canned")
    }
}

impl<F: Fn(&str, &Value) -> Answer + Send + Sync> HttpConnector for Canned<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (operation, body) = asked(&request);
        let (status, text) = (self.0)(&operation, &body);
        let status = status.try_into().expect("a status of HTTP");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(text))))
    }
}

/// The operation's name, and what is asked of it: as JSON where a header names the operation, and otherwise as a form.
fn asked(request: &HttpRequest) -> (String, Value) {
    let body = request.body().bytes().expect("no request is a stream");
    if let Some(target) = request.headers().get("x-amz-target") {
        let operation = target.rsplit('.').next().unwrap_or_default();
        return (operation.into(), serde_json::from_slice(body).expect("the body is JSON"));
    }
    let form = form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), Value::from(value)));
    let form = Value::Object(form.collect());
    (form["Action"].as_str().expect("an action").into(), form)
}
