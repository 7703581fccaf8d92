//! How the server misbehaves on demand.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::Response;
use futures_util::stream;
use serde_json::json;

use super::CLIENT_SECRET;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// No answer ever comes.
    Stall,
    /// This status, with an answer that quotes the whole request; a code of RFC 6749 for a client's mistake.
    Status(u16),
    /// Status 200, and an error of this code, with a text that quotes the whole request.
    Error(&'static str),
    /// Status 200, an error, and a token all the same.
    ErrorAndToken,
    /// A token of another type.
    WrongType,
    /// A page to log in at, with status 200.
    Html,
    /// An answer of 10 MB, good but for its size, whose length is not told ahead.
    Large,
    /// A redirect to this address.
    Redirect(String),
    /// What is asked is done, and the answer is lost.
    LostAnswer,
}

impl Mischief {
    /// Whether the server does what it is asked before it answers as it does.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::ErrorAndToken | Self::WrongType | Self::Large | Self::LostAnswer)
    }

    /// The answer, from the one that would be good, and what the request said.
    pub(super) async fn spoil(self, mut good: serde_json::Value, said: &str) -> Response {
        match self {
            Self::Stall => std::future::pending().await,
            Self::Status(status) => answer(status, &refusal(status, said)),
            Self::Error(code) => answer(200, &json!({"error": code, "error_description": said}).to_string()),
            Self::ErrorAndToken => {
                good["error"] = "invalid_scope".into();
                answer(200, &good.to_string())
            }
            Self::WrongType => {
                good["token_type"] = "mac".into();
                answer(200, &good.to_string())
            }
            Self::Html => {
                let page = Body::from(format!("\n<!doctype html><title>Log in</title>{said}"));
                Response::builder().header(CONTENT_TYPE, "text/html").body(page).unwrap()
            }
            Self::Large => {
                let padded = format!("{}{}", " ".repeat(10 * 1024 * 1024), good);
                let chunks: Vec<_> = padded
                    .as_bytes()
                    .chunks(64 * 1024)
                    .map(|it| Ok::<_, io::Error>(Bytes::copy_from_slice(it)))
                    .collect();
                Response::new(Body::from_stream(stream::iter(chunks)))
            }
            Self::Redirect(to) => Response::builder().status(307).header(LOCATION, to).body(Body::empty()).unwrap(),
            Self::LostAnswer => {
                let broken = stream::iter([Err::<Bytes, _>(io::Error::other("the answer is lost"))]);
                Response::new(Body::from_stream(broken))
            }
        }
    }
}

/// What a refusal says: a registered code, or what no client may show.
fn refusal(status: u16, said: &str) -> String {
    let code = match status {
        400 => "invalid_request",
        401 => "invalid_client",
        _ => CLIENT_SECRET,
    };
    json!({"error": code, "error_description": said, "error_uri": format!("https://example.com/?{said}")}).to_string()
}

/// A JSON answer.
pub(super) fn answer(status: u16, body: &str) -> Response {
    let builder = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    builder.body(Body::from(body.to_owned())).unwrap()
}
