//! Calls to this endpoint in the name of a role: of the pipeline's, or of the action's, which the pipeline's role enters.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

use super::execution::Work;
use super::{Pipelines, now};
use crate::authorization::ask_engine;
use crate::credentials::{self, Credential};
use crate::forwarding::ask;
use crate::supervisor::Servers;

/// How `CodePipeline` calls itself.
const CODEPIPELINE: &str = "codepipeline.amazonaws.com";

/// Why a run of an action failed: a code and a message.
pub(super) type Failed = (String, String);

/// A session of a role, by which calls are signed.
pub(super) struct Session {
    pub(super) access_key: String,
    pub(super) secret: String,
    pub(super) token: String,
}

/// One call to the endpoint.
pub(super) struct Asked<'a> {
    pub(super) service: &'a str,
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: &'a [(&'static str, &'a str)],
    pub(super) body: Bytes,
}

/// What IAM says where the role does not let `CodePipeline` in.
pub(super) async fn denial(
    servers: &Servers,
    (account, region): (&str, &str),
    pipeline: &str,
    role: &str,
) -> anyhow::Result<Option<String>> {
    let arn = format!("arn:aws:codepipeline:{region}:{account}:{pipeline}");
    let context = json!({"aws:SourceAccount": account, "aws:SourceArn": arn});
    let call = json!({
        "account": account, "region": region, "action": "sts:AssumeRole", "resource": role, "context": context,
    });
    let asked = json!({"caller": {"account": account, "service": CODEPIPELINE}, "calls": [call]});
    Ok(ask_engine(servers, asked).await?.pop().and_then(|it| it.as_str().map(String::from)))
}

/// The session in whose name an action is done: of its own role, which the pipeline's role enters, or of the pipeline's.
pub(super) async fn session(pipelines: &Pipelines, work: &Work) -> Result<Session, Failed> {
    let (turn, role) = (&work.turn, &work.declared.role_arn);
    let denied = denial(&pipelines.servers, (&turn.account, &turn.region), &turn.pipeline, role).await;
    if let Some(why) = denied.map_err(|why| unanswered(&why))? {
        return Err(("PermissionError".into(), why));
    }
    let name = role.rsplit('/').next().unwrap_or_default();
    let [secret, token] = ["secret", "token"].map(String::from);
    let own = Session { access_key: format!("ASIA{}-{name}", turn.account), secret, token };
    let Some(role) = &work.action.role_arn else { return Ok(own) };
    // CodePipeline names its sessions by the time.
    let name = format!("{:.0}", now() * 1_000.0);
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("RoleArn", role),
            ("RoleSessionName", &name),
        ])
        .finish();
    let headers = [(CONTENT_TYPE_NAME, "application/x-www-form-urlencoded")];
    let asked =
        Asked { service: "sts", method: Method::POST, target: "/".into(), headers: &headers, body: form.into() };
    let (_, answer) = send(pipelines, work, &own, asked, &format!("entering {role}")).await?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let [access_key, secret, token] =
        ["AccessKeyId", "SecretAccessKey", "SessionToken"].map(|it| element(&text, it).unwrap_or_default());
    Ok(Session { access_key, secret, token })
}

pub(super) const CONTENT_TYPE_NAME: &str = "content-type";

/// One call in the name of a session: the headers and the body of an answer that is no error.
pub(super) async fn send(
    pipelines: &Pipelines,
    work: &Work,
    session: &Session,
    asked: Asked<'_>,
    doing: &str,
) -> Result<(HeaderMap, Bytes), Failed> {
    let answer = async {
        let answer = ask(pipelines.endpoint, request(pipelines, work, session, asked)?).await?;
        let (parts, body) = answer.into_parts();
        anyhow::Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    };
    let (parts, body) = answer.await.map_err(|why| unanswered(&why))?.into_parts();
    if parts.status.is_success() {
        return Ok((parts.headers, body));
    }
    let code = match parts.status.as_u16() {
        401 | 403 => "PermissionError",
        404 => "ConfigurationError",
        429 | 500.. => "SystemUnavailable",
        _ => "JobFailed",
    };
    Err((code.into(), format!("{doing}: {}", said(&String::from_utf8_lossy(&body)))))
}

fn request(
    pipelines: &Pipelines,
    work: &Work,
    session: &Session,
    asked: Asked<'_>,
) -> anyhow::Result<Request<Full<Bytes>>> {
    let mut request = Request::new(Full::new(asked.body.clone()));
    *request.method_mut() = asked.method;
    *request.uri_mut() = asked.target.parse()?;
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_str(&pipelines.endpoint.to_string())?);
    headers.insert(USER_AGENT, HeaderValue::from_static(CODEPIPELINE));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(asked.body.len()));
    for (name, value) in asked.headers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
    }
    let (region, service) = (work.turn.region.clone(), asked.service.to_owned());
    credentials::sign_as(&session.access_key, &Credential { region, service, ..Credential::default() }, headers);
    Ok(request)
}

/// The code and the message of an error, in XML or JSON.
fn said(body: &str) -> String {
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    let of_json = ["message", "Message"].into_iter().find_map(|it| json[it].as_str()).map(String::from);
    let of_xml = || Some(format!("{}: {}", element(body, "Code")?, element(body, "Message")?));
    of_json.or_else(of_xml).unwrap_or_else(|| body.to_owned())
}

pub(super) fn unanswered(why: &anyhow::Error) -> Failed {
    ("SystemUnavailable".into(), format!("the local AWS did not answer: {why:#}"))
}

pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once("</").map(|(text, _)| text.trim().to_owned())
}

/// As it stands in a path.
pub(super) fn encoded(text: &str) -> String {
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"-._~/".contains(&it);
    text.bytes().map(|it| if is_plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") }).collect()
}
