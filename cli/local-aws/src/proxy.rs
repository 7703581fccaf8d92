//! The endpoint: takes a request in, records it, lets it meet a fault, and passes it on to the server that
//! plays its service.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::USER_AGENT;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::access_analyzer;
use crate::authorization;
use crate::callers::AccessKeys;
use crate::calls::{Call, CallLog, Place};
use crate::control;
use crate::credentials::{self, Credential};
use crate::fault_kind::FaultKind;
use crate::faults::{FaultBook, Silences};
use crate::forwarding::{Answer, ask, rewrite};
use crate::gates::Gates;
use crate::operations::{Asked, Protocol};
use crate::pipelines::{self, Pipelines};
use crate::refusals::Refusal;
use crate::routes::{ACCESS_ANALYZER, CODEPIPELINE, Server, server_of};
use crate::secrets_manager::Vault;
use crate::supervisor::Servers;

/// Everything that the endpoint knows.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) servers: Servers,
    pub(crate) calls: CallLog,
    pub(crate) faults: FaultBook,
    pub(crate) gates: Arc<Gates>,
    pub(crate) silences: Silences,
    pub(crate) access_keys: AccessKeys,
    pub(crate) secrets: Vault,
    pub(crate) pipelines: Arc<Pipelines>,
    pub(crate) last_words: Arc<Mutex<Option<String>>>,
}

/// Serves connections until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, proxy: Arc<Proxy>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let proxy = Arc::clone(&proxy);
        tokio::spawn(async move {
            let service = service_fn(move |request| Arc::clone(&proxy).handle(request));
            // A connection that ends in an error is either the client's doing or a fault that was ordered.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Proxy {
    async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        if let Some(path) = parts.uri.path().strip_prefix(control::PREFIX) {
            return Ok(control::answer(&self.calls, &self.faults, &parts, path, &body));
        }
        let credential = credentials::read(&parts.headers, parts.uri.query().unwrap_or_default());
        let (mut call, protocol) = self.describe(&parts, &body, credential.unwrap_or_default());
        call.fault = self.faults.meet(&call, &body);
        let place = self.calls.record(call.clone());
        self.gates.pass(&call).await;
        match &call.fault {
            None => match self.refusal_of_iam(&call, &body, &protocol).await? {
                Some(refusal) => {
                    self.calls.answer(&place, refusal.status);
                    Ok(refusal.answer(&protocol))
                }
                None => self.pass_on(parts, body, &call, &place).await,
            },
            Some(FaultKind::Timeout) => {
                self.silences.of(&call.account).notify_waiters();
                std::future::pending().await
            }
            Some(FaultKind::Reset) => {
                self.pass_on(parts, body, &call, &place).await?;
                anyhow::bail!("the connection is dropped, as ordered")
            }
            Some(FaultKind::Lost) => {
                self.calls.answer(&place, StatusCode::OK.as_u16());
                let nothing = if matches!(protocol, Protocol::Json(_) | Protocol::RestJson) { "{}" } else { "" };
                Ok(Response::new(Full::new(Bytes::from_static(nothing.as_bytes()))))
            }
            Some(kind) => {
                let refusal = Refusal::of(kind, &call.service, &protocol).context("a fault without an answer")?;
                self.calls.answer(&place, refusal.status);
                Ok(refusal.answer(&protocol))
            }
        }
    }

    /// What IAM says where the caller may not make the call.
    async fn refusal_of_iam(&self, call: &Call, body: &[u8], protocol: &Protocol) -> Result<Option<Refusal>> {
        let caller = self.access_keys.caller(&call.access_key);
        authorization::refusal(&self.servers, &caller, call, body, protocol).await
    }

    fn describe(&self, parts: &Parts, body: &[u8], credential: Credential) -> (Call, Protocol) {
        let asked = Asked {
            service: &credential.service,
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            body,
        };
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let expected_owner = parts.headers.get("x-amz-expected-bucket-owner").and_then(|value| value.to_str().ok());
        let (protocol, operation) = (asked.protocol(), asked.operation());
        let call = Call {
            account: self.access_keys.caller(&credential.access_key).account().to_owned(),
            operation,
            status: None,
            fault: None,
            expected_owner: expected_owner.map(String::from),
            user_agent: user_agent.unwrap_or_default().to_owned(),
            path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            body: Call::text_of(&credential.service, body),
            region: credential.region,
            service: credential.service,
            access_key: credential.access_key,
        };
        (call, protocol)
    }

    async fn pass_on(&self, parts: Parts, body: Bytes, call: &Call, place: &Place) -> Answer {
        let server = server_of(&call.service);
        let address = match server {
            Server::Ministack => self.servers.ministack,
            Server::Moto => self.servers.moto,
            Server::Ourselves => {
                let answer = match call.service.as_str() {
                    CODEPIPELINE => self.answer_of_pipelines(call, &body).await?,
                    ACCESS_ANALYZER => access_analyzer::answer(call, &body),
                    _ => self.secrets.answer(call, &body),
                };
                self.calls.answer(place, answer.status().as_u16());
                return Ok(answer);
            }
        };
        let request = rewrite(parts, body.clone(), call, server)?;
        let answer = match ask(address, request).await {
            Ok(answer) => answer,
            Err(why) => self.explain(server, &why),
        };
        self.calls.answer(place, answer.status().as_u16());
        if let Some((bucket, key)) = call.object_written().filter(|_| answer.status().is_success()) {
            pipelines::carry_out(&self.pipelines, self.pipelines.poll(&bucket, &key));
        }
        if matches!(call.service.as_str(), "sts" | "iam") {
            let said = answer.body().clone().collect().await?.to_bytes();
            self.access_keys.learn(call, &String::from_utf8_lossy(&body), &String::from_utf8_lossy(&said));
        }
        Ok(answer)
    }

    async fn answer_of_pipelines(&self, call: &Call, body: &[u8]) -> Answer {
        let is_declared = matches!(call.operation.as_str(), "CreatePipeline" | "UpdatePipeline");
        if is_declared && let Some(refusal) = pipelines::role_refused(&self.servers, call, body).await? {
            return Ok(Refusal::answer_of(Err(refusal)));
        }
        let outcome = self.pipelines.answer(call, body);
        Ok(Refusal::answer_of(outcome.map(|(answer, work)| {
            pipelines::carry_out(&self.pipelines, work);
            answer
        })))
    }

    /// 502 with what is known, as a failing test shows the body of an answer that it cannot read.
    fn explain(&self, server: Server, why: &anyhow::Error) -> Response<Full<Bytes>> {
        let last_words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = format!("{server:?} did not answer: {why:#}\n{}", last_words.unwrap_or_default());
        let mut answer = Response::new(Full::new(Bytes::from(text)));
        *answer.status_mut() = StatusCode::BAD_GATEWAY;
        answer
    }
}
