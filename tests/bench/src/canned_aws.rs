//! An AWS on loopback, which answers as `canned.rs` and the like say.
//!
//! EC2 and STS speak the query protocol (an `Action` in the form, XML back), DynamoDB, KMS and Systems Manager name the
//! operation in `x-amz-target`, S3 and Route 53 are plain HTTP. Whatever is not known is refused, so that nothing is measured by accident.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use hyper::{Method, Request};
use tokio_rustls::TlsAcceptor;

use crate::canned::Canned;
use crate::clock;
use crate::http::{Answer, Answers, Server, serve};
use crate::{many_functions, one_cluster, one_push};

/// The services, as `AWS_ENDPOINT_URL_<SERVICE>` names them. Each has a port of its own, as each has a host of its own at
/// AWS, so that connections are shared no more than they are there.
pub const SERVICES: [&str; 15] = [
    "CODEPIPELINE",
    "DYNAMODB",
    "EC2",
    "EMR",
    "IAM",
    "KMS",
    "LAMBDA",
    "ORGANIZATIONS",
    "RDS",
    "ROUTE_53",
    "S3",
    "SECRETS_MANAGER",
    "SQS",
    "SSM",
    "STS",
];

/// The canned AWS of one process.
pub struct CannedAws {
    servers: Vec<(&'static str, Server)>,
    scheme: &'static str,
    calls: Arc<Mutex<Vec<String>>>,
}

impl CannedAws {
    /// Starts it, with `latency` before every answer, and with TLS when there is an acceptor.
    pub async fn start(tls: Option<TlsAcceptor>, latency: Duration, canned: Arc<dyn Canned>) -> Result<Self> {
        let calls = Arc::<Mutex<Vec<String>>>::default();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = Listener { calls: calls.clone(), latency, canned };
        let mut servers = Vec::new();
        for service in SERVICES {
            servers.push((service, serve(tls.clone(), listener.clone()).await?));
        }
        Ok(Self { servers, scheme, calls })
    }

    /// The services with their URLs.
    pub fn urls(&self) -> Vec<(&'static str, String)> {
        let url = |server: &Server| format!("{}://{}", self.scheme, server.address);
        self.servers.iter().map(|(service, server)| (*service, url(server))).collect()
    }

    /// The operations called since the last time this was asked, in their order of arrival.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Clone)]
struct Listener {
    calls: Arc<Mutex<Vec<String>>>,
    latency: Duration,
    canned: Arc<dyn Canned>,
}

impl Answers for Listener {
    async fn answer(&self, request: Request<Bytes>) -> Answer {
        let operation = operation(&request);
        let answer = self.canned.answer(&operation, &request);
        // What a forge is asked is not AWS's.
        if !request.uri().path().starts_with(one_push::FORGE) {
            self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(operation);
        }
        if !self.latency.is_zero() {
            clock::pass(self.latency).await;
        }
        answer
    }
}

/// Names the operation that a request asks for.
fn operation(request: &Request<Bytes>) -> String {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    if let Some((_, operation)) = target.and_then(|target| target.split_once('.')) {
        return operation.to_owned();
    }
    if let Some(path) = request.uri().path().strip_prefix(one_cluster::ROUTE_53) {
        return one_cluster::operation(request.method(), path);
    }
    if many_functions::PATHS.iter().any(|it| request.uri().path().starts_with(it)) {
        return many_functions::operation(request.method(), request.uri().path());
    }
    let query = request.uri().query().unwrap_or_default();
    if request.method() == Method::POST && !query.starts_with("delete") {
        let form = String::from_utf8_lossy(request.body());
        let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
        return action.unwrap_or("a form without an action").to_owned();
    }
    let name = match (request.method().as_str(), request.uri().path()) {
        (_, "/") => "Knock",
        ("PUT", _) => "PutObject",
        ("HEAD", _) => "HeadObject",
        ("DELETE", _) => "DeleteObject",
        ("POST", _) => "DeleteObjects",
        _ if query.contains("list-type=2") => "ListObjectsV2",
        _ => "GetObject",
    };
    name.to_owned()
}
