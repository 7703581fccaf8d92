//! What the server does and answers when it behaves.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use serde_json::{Value, json};

use super::mischief::answer as json_answer;
use super::{Ask, Asked, Auth, CLIENT_ID, CLIENT_SECRET, Inside, Server};

type Form = BTreeMap<String, String>;

/// Records a request and answers it.
pub(super) async fn answer(server: Server, ask: Ask, headers: HeaderMap, body: Bytes) -> Response {
    let form: Form = form_urlencoded::parse(&body).into_owned().collect();
    let authorization = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
    let (mischief, status, good) = {
        let mut inside = server.state.lock().unwrap();
        let mischief = inside.mischief.get(&ask).cloned();
        inside.record(ask, &form, &authorization);
        let is_done = mischief.as_ref().is_none_or(super::Mischief::is_done);
        let (status, good) = if is_done { inside.obey(ask, &form, &authorization) } else { (200, json!({})) };
        (mischief, status, good)
    };
    match mischief {
        None => json_answer(status, &good.to_string()),
        Some(mischief) => {
            let said = format!("{authorization} {form:?} {}", String::from_utf8_lossy(&body));
            mischief.spoil(good, &said).await
        }
    }
}

impl Inside {
    fn record(&mut self, ask: Ask, form: &Form, authorization: &str) {
        let token = match ask {
            Ask::Token => None,
            Ask::Revoke => form.get(self.manner.revoke_field).cloned(),
            Ask::Verify => authorization.strip_prefix("Bearer ").map(Into::into),
        };
        let was_alive = token.as_ref().is_some_and(|it| self.alive.contains(it));
        let of = |name: &str| form.get(name).cloned();
        self.asked.push(Asked { ask, scope: of("scope"), audience: of("audience"), token, was_alive });
        self.arrival.notify_waiters();
    }

    fn obey(&mut self, ask: Ask, form: &Form, authorization: &str) -> (u16, Value) {
        let is_known = self.is_known(form, authorization);
        match ask {
            Ask::Verify => match authorization.strip_prefix("Bearer ") {
                Some(token) if self.alive.iter().any(|it| it == token) => (200, json!({"statuses": []})),
                _ => (401, json!({"error": "invalid_token"})),
            },
            Ask::Token | Ask::Revoke if !is_known => (401, json!({"error": "invalid_client"})),
            Ask::Token if form.get("grant_type").is_none_or(|it| it != "client_credentials") => {
                (400, json!({"error": "unsupported_grant_type"}))
            }
            Ask::Token => {
                let token = self.mint();
                let (scope, audience) = (form.get("scope"), form.get("audience"));
                let mut answer =
                    json!({"token_type": "Bearer", "access_token": token, "scope": scope, "audience": audience});
                if let Some(seconds) = self.manner.expires_in {
                    answer["expires_in"] = seconds.into();
                }
                (200, answer)
            }
            Ask::Revoke => match form.get(self.manner.revoke_field) {
                None => (400, json!({"error": "invalid_request"})),
                // One that is not known is no mistake: RFC 7009, 2.2.
                Some(token) => {
                    self.alive.retain(|it| it != token);
                    (200, json!({}))
                }
            },
        }
    }

    /// Whether the client is the one that we know, and proves it in the way that is demanded and in no other.
    fn is_known(&self, form: &Form, authorization: &str) -> bool {
        let in_form = (form.get("client_id").map(String::as_str), form.get("client_secret").map(String::as_str));
        match self.manner.auth {
            Auth::Basic => in_form == (None, None) && is_basic(authorization),
            Auth::Body => in_form == (Some(CLIENT_ID), Some(CLIENT_SECRET)) && authorization.is_empty(),
        }
    }
}

/// Both parts are encoded as in a form: RFC 6749, 2.3.1.
fn is_basic(authorization: &str) -> bool {
    let encoded = authorization.strip_prefix("Basic ").unwrap_or_default();
    let decoded = aws_smithy_types::base64::decode(encoded).unwrap_or_default();
    let pair = String::from_utf8(decoded).unwrap_or_default();
    let Some((id, secret)) = pair.split_once(':') else { return false };
    let decoded = |it: &str| form_urlencoded::parse(format!("v={it}").as_bytes()).next().map(|(_, it)| it.into_owned());
    decoded(id).as_deref() == Some(CLIENT_ID) && decoded(secret).as_deref() == Some(CLIENT_SECRET)
}
