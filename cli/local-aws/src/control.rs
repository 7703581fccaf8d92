//! The endpoint's own paths, for processes other than this one: what was called, and which faults to meet.
//!
//! - `GET /_local/calls?account=111111111111`: the calls of an account, oldest first, as JSON
//! - `POST /_local/faults`: injects the fault in the body, e.g.
//!   `{"account": "111111111111", "operation": "DescribeImages", "kind": "Throttle"}`
//! - `DELETE /_local/faults?account=111111111111`: forgets the faults of an account

use bytes::Bytes;
use http_body_util::Full;
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};

use crate::calls::CallLog;
use crate::faults::FaultBook;

/// What these paths begin with.
pub(crate) const PREFIX: &str = "/_local/";

/// Answers a request whose path is `PREFIX` and then `path`.
pub(crate) fn answer(log: &CallLog, book: &FaultBook, parts: &Parts, path: &str, body: &[u8]) -> Response<Full<Bytes>> {
    let query = parts.uri.query().unwrap_or_default();
    let account = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "account");
    match (parts.method.as_str(), path, account) {
        ("GET", "calls", Some((_, account))) => match serde_json::to_string(&log.since(&account, 0)) {
            Ok(calls) => say(StatusCode::OK, calls),
            Err(why) => say(StatusCode::INTERNAL_SERVER_ERROR, why.to_string()),
        },
        ("POST", "faults", _) => match serde_json::from_slice(body) {
            Ok(fault) => {
                book.inject(fault);
                say(StatusCode::NO_CONTENT, String::new())
            }
            Err(why) => say(StatusCode::BAD_REQUEST, format!("the body is not a fault: {why}")),
        },
        ("DELETE", "faults", Some((_, account))) => {
            book.clear(&account);
            say(StatusCode::NO_CONTENT, String::new())
        }
        _ => say(
            StatusCode::NOT_FOUND,
            "there are GET calls?account=, POST faults and DELETE faults?account=\n".to_owned(),
        ),
    }
}

fn say(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer
}
