//! Whether a caller may make a call: ministack's own IAM engine says it, whichever server plays the service.
//!
//! Sessions of roles are judged: those of deployed functions, and those that `AssumeRole` has made (`callers.rs`). Entering a role is
//! judged for every caller, by the trust of the role. What a call means to IAM stands in `iam_mends.py`, and what holds for a
//! caller in `iam_callers.py`.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use serde_json::{Value, json};

use crate::callers::Caller;
use crate::calls::Call;
use crate::fault_kind::FaultKind;
use crate::forwarding::ask;
use crate::operations::Protocol;
use crate::refusals::Refusal;
use crate::supervisor::Servers;

/// Where `iam_mends.py` answers.
const PATH: &str = "/_local/authorize";

/// What the engine says of each call that `asked` names: null where it is allowed, else IAM's message.
pub(crate) async fn ask_engine(servers: &Servers, mut asked: Value) -> Result<Vec<Value>> {
    // Organizations is moto's, and what is asked on the way to a verdict is no call of an account.
    asked["organizations"] = json!(format!("http://{}/", servers.moto));
    let mut request = Request::new(Full::new(Bytes::from(asked.to_string())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = PATH.parse()?;
    request.headers_mut().insert("host", servers.ministack.to_string().parse()?);
    let answer = ask(servers.ministack, request).await?;
    let status = answer.status();
    let answer = answer.into_body().collect().await?.to_bytes();
    ensure!(status.is_success(), "the IAM engine failed ({status}); its log says why");
    serde_json::from_slice(&answer).with_context(|| format!("the IAM engine: {}", String::from_utf8_lossy(&answer)))
}

/// What IAM answers where the caller may not make this call.
pub(crate) async fn refusal(
    servers: &Servers,
    caller: &Caller,
    call: &Call,
    body: &[u8],
    protocol: &Protocol,
) -> Result<Option<Refusal>> {
    let is_entering = call.service == "sts" && call.operation == "AssumeRole";
    match caller {
        Caller::Unknown => return Ok(Refusal::of(&unknown(protocol), &call.service, protocol)),
        Caller::Account { .. } if !is_entering => return Ok(None),
        Caller::Account { .. } | Caller::Session(_) => {}
    }
    let asked = json!({"caller": caller, "calls": [call.told(&String::from_utf8_lossy(body))]});
    let denial = ask_engine(servers, asked).await?.pop().and_then(|it| it.as_str().map(String::from));
    let refusal = Refusal::of(&FaultKind::AccessDenied, &call.service, protocol);
    Ok(denial.zip(refusal).map(|(message, refusal)| Refusal { message, ..refusal }))
}

/// What each protocol's services say of a key that they do not know.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html>
fn unknown(protocol: &Protocol) -> FaultKind {
    const INVALID: &str = "The security token included in the request is invalid.";
    let (status, code, message) = match protocol {
        Protocol::Ec2Query => (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
        Protocol::S3 => {
            (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        }
        Protocol::Query | Protocol::RestXml => (403, "InvalidClientTokenId", INVALID),
        Protocol::Json(_) | Protocol::RestJson | Protocol::Cbor => (400, "UnrecognizedClientException", INVALID),
    };
    FaultKind::Error { status, code: code.to_owned(), message: message.to_owned() }
}
