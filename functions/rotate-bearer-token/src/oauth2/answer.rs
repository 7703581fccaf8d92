//! One request and its answer, and what is said of a bad one: what was being done where, and what to check. Of the answer's text
//! only an error code that is registered is shown.

use reaction::Error;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Map, Value};

use super::client::{Limits, last_cause};

/// Error codes that say nothing but what they say.
/// <https://www.iana.org/assignments/oauth-parameters/oauth-parameters.xhtml#extensions-error>
const CODES: [&str; 14] = [
    "access_denied",
    "insufficient_scope",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "invalid_token",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
];

/// The code that an error is, where it is a registered one.
fn registered(error: &Value) -> Option<&'static str> {
    CODES.into_iter().find(|code| error.as_str() == Some(code))
}

/// What went wrong, and whether the server may have done all the same what it was asked.
pub(super) struct Undone {
    pub(super) error: Error,
    pub(super) may_be_done: bool,
}

impl From<Undone> for Error {
    fn from(undone: Undone) -> Self {
        undone.error
    }
}

impl Undone {
    fn maybe(error: Error) -> Self {
        Self { error, may_be_done: true }
    }

    fn certainly(error: Error) -> Self {
        Self { error, may_be_done: false }
    }
}

/// A request, and what is to be said when it goes wrong.
pub(super) struct Call<'a> {
    /// What is being done, and where.
    pub(super) doing: String,
    /// The variable of the address.
    pub(super) url: &'static str,
    /// What to check when the server refuses.
    pub(super) check: &'static str,
    /// What is not known where the answer is lost.
    pub(super) unknown: &'static str,
    pub(super) limits: &'a Limits,
}

impl Call<'_> {
    /// Sends a request, and gives the body of a good answer.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, Undone> {
        let answer = request.send().await.map_err(|error| self.lost(&error))?;
        let status = answer.status();
        if status.is_redirection() {
            let what = format!("it answered {} to somewhere else, and is not followed", status.as_u16());
            return Err(Undone::certainly(self.refused(what, self.url)));
        }
        let body = self.read(answer).await;
        if status.is_success() { body } else { Err(self.bad(status, &body.unwrap_or_default())) }
    }

    /// The JSON object that an answer is.
    pub(super) fn object(&self, body: &[u8]) -> Result<Map<String, Value>, Undone> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Ok(object),
            _ if body.trim_ascii_start().starts_with(b"<") => Err(Undone::maybe(self.is_page())),
            _ => {
                let what = format!("the answer is no JSON object{}", self.unknown);
                Err(Undone::maybe(self.refused(what, self.url)))
            }
        }
    }

    /// What is said of an answer that says, with a good status, that nothing was done. Some servers write all their errors so.
    pub(super) fn denial(&self, answer: &Map<String, Value>) -> Option<Error> {
        const LATER: [&str; 2] = ["server_error", "temporarily_unavailable"];
        let error = answer.get("error").filter(|it| it.is_object() || it.as_str().is_some_and(|it| !it.is_empty()))?;
        let Some(code) = registered(error) else {
            let what = "it answered 200 with an `error` that has no registered code, and so is not shown";
            return Some(self.refused(what, self.check));
        };
        let what = format!("it answered 200 with the error {code}");
        Some(if LATER.contains(&code) { self.again(what) } else { self.refused(what, self.check) })
    }

    pub(super) fn is_page(&self) -> Error {
        self.refused(format!("the answer is a page of HTML or XML{}", self.unknown), self.url)
    }

    /// Something that stays so until somebody changes it.
    pub(super) fn refused(&self, what: impl std::fmt::Display, check: &str) -> Error {
        Error::refused(format!("{}: {what}: check {check}", self.doing))
    }

    fn failed(&self, what: impl std::fmt::Display) -> Error {
        self.again(format!("{what}{}", self.unknown))
    }

    fn again(&self, what: impl std::fmt::Display) -> Error {
        Error::failed(format!("{}: {what}: it is tried again, look at the server if this goes on", self.doing))
    }

    async fn read(&self, mut answer: Response) -> Result<Vec<u8>, Undone> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.lost(&error))? {
            if body.len() + chunk.len() > self.limits.answer {
                let what = format!("the answer has more than {} bytes{}", self.limits.answer, self.unknown);
                return Err(Undone::maybe(self.refused(what, self.url)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn lost(&self, error: &reqwest::Error) -> Undone {
        let Limits { connect, whole, .. } = self.limits;
        let Self { doing, url, .. } = self;
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => {
                let said = format!("{doing}: no connection within {connect:?}: check {url} and the network");
                Undone::certainly(Error::failed(said))
            }
            (true, false) => {
                let cause = last_cause(error);
                let said = format!("{doing}: no connection ({cause}): check {url}, the network, and whom TLS trusts");
                Undone::certainly(Error::failed(said))
            }
            (false, true) => Undone::maybe(self.failed(format!("no answer within {whole:?}"))),
            (false, false) => Undone::maybe(self.failed(format!("the answer was lost ({})", last_cause(error)))),
        }
    }

    fn bad(&self, status: StatusCode, body: &[u8]) -> Undone {
        let answer = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let code = registered(&answer["error"]).map(|it| format!(" ({it})")).unwrap_or_default();
        let what = format!("it answered {}{code}", status.as_u16());
        let is_final = status.is_client_error()
            && status != StatusCode::REQUEST_TIMEOUT
            && status != StatusCode::TOO_MANY_REQUESTS;
        if is_final { Undone::certainly(self.refused(what, self.check)) } else { Undone::maybe(self.failed(what)) }
    }
}
