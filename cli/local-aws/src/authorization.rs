//! Whether a role may make a call: ministack's own IAM engine says it, whichever server plays the service.
//!
//! A deployed function's access key says whose role it is (`ASIA111122223333-NAME`), so that the function may do here what its
//! role allows, as at AWS. What a call means to IAM stands in `iam_mends.py`.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use serde_json::{Value, json};

use crate::calls::Call;
use crate::proxy::ask;

/// Where `iam_mends.py` answers.
const PATH: &str = "/_local/authorize";

/// What the engine says of each call that `asked` names: null where it is allowed, else IAM's message.
pub(crate) async fn ask_engine(ministack: SocketAddr, asked: &Value) -> Result<Vec<Value>> {
    let mut request = Request::new(Full::new(Bytes::from(asked.to_string())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = PATH.parse()?;
    request.headers_mut().insert("host", ministack.to_string().parse()?);
    let answer = ask(ministack, request).await?.into_body().collect().await?.to_bytes();
    serde_json::from_slice(&answer).with_context(|| format!("the IAM engine: {}", String::from_utf8_lossy(&answer)))
}

/// A call as the engine is told of it, with its whole body.
pub(crate) fn told(call: &Call, body: &str) -> Value {
    let Call { account, region, service, operation, path, .. } = call;
    json!({
        "account": account, "region": region, "service": service, "operation": operation, "path": path, "body": body,
    })
}

/// Why the role may not make this call, if it may not.
pub(crate) async fn denial(ministack: SocketAddr, role: &str, call: &Call, body: &[u8]) -> Result<Option<String>> {
    let asked = json!({"role": role, "calls": [told(call, &String::from_utf8_lossy(body))]});
    Ok(ask_engine(ministack, &asked).await?.pop().and_then(|it| it.as_str().map(String::from)))
}
