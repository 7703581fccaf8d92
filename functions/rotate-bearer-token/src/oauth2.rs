//! What is asked of the OAuth2 server: a token (RFC 6749, client credentials), its revocation (RFC 7009), and a proof that it
//! works (RFC 6750). No error has a secret value in it, also where the server sends one back.

mod answer;
mod client;

pub use client::{Client, Limits};

use answer::{Call, Undone};
use form_urlencoded::byte_serialize;
use reaction::Error;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::master::Master;
use crate::settings::{ClientAuth, REVOKE_URL, TOKEN_URL, VERIFY_URL};

/// A token that the server gave.
#[derive(Clone)]
pub struct Token {
    /// The token itself.
    pub access_token: SecretString,
    /// `bearer`, in the case in which the server writes it.
    pub token_type: String,
    /// In how many seconds the server lets it end, where it says so.
    pub expires_in: Option<u64>,
}

/// Why there is no token to take, and what the server may have made all the same.
pub struct Unminted {
    /// Why.
    pub error: Error,
    /// What may work now.
    pub left: Left,
}

/// What an answer that gave no token to take has left at the server.
pub enum Left {
    /// Nothing.
    Nothing,
    /// Nobody knows.
    Unknown,
    /// This, which is no token that we could use.
    Token(SecretString),
}

impl From<Undone> for Unminted {
    fn from(Undone { error, may_be_done }: Undone) -> Self {
        Self { error, left: if may_be_done { Left::Unknown } else { Left::Nothing } }
    }
}

/// Asks for a token. What a server of style `single` gives may be the one that it gave before.
///
/// # Errors
/// `Refused` where the server does not give one, or answers with something else; `Failed` where it may yet.
pub async fn mint(client: &Client, master: &Master) -> Result<Token, Error> {
    try_mint(client, master).await.map_err(|unminted| unminted.error)
}

/// Asks for a token, and tells what may have been made where none came.
///
/// # Errors
/// As of [`mint`].
pub async fn try_mint(client: &Client, master: &Master) -> Result<Token, Unminted> {
    let settings = &client.settings;
    let call = Call {
        doing: format!("asking {} for a token", settings.token),
        url: TOKEN_URL,
        check: "the master secret, OAUTH2_TOKEN_URL, OAUTH2_CLIENT_AUTH, OAUTH2_SCOPE and OAUTH2_AUDIENCE",
        unknown: "; whether it made a token is not known",
        limits: &client.limits,
    };
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(settings.scope.as_deref().map(|it| ("scope", it)));
    form.extend(settings.audience.as_deref().map(|it| ("audience", it)));
    let http = client.http().map_err(|error| Unminted { error, left: Left::Nothing })?;
    let request = http.post(settings.token.url()).header("accept", "application/json");
    let answer = call.send(as_client(request, form, settings.client_auth, master)).await?;
    let answer = call.object(&answer)?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    let token = text("access_token").filter(|it| is_sendable(it)).map(SecretString::from);
    // Who says that there is no token has made none, unless one stands beside it.
    if let Some(error) = call.denial(&answer) {
        return Err(Unminted { error, left: token.map_or(Left::Nothing, Left::Token) });
    }
    let Some(token_type) = text("token_type").filter(|it| it.eq_ignore_ascii_case("bearer")) else {
        let what = "`token_type` of the answer is not `bearer`; the token was not taken";
        let left = token.map_or(Left::Unknown, Left::Token);
        return Err(Unminted { error: call.refused(what, TOKEN_URL), left });
    };
    let Some(access_token) = token else {
        let what = "`access_token` of the answer is not there, empty, or nothing that a header carries";
        return Err(Unminted { error: call.refused(what, TOKEN_URL), left: Left::Unknown });
    };
    let expires_in = answer.get("expires_in").and_then(Value::as_u64);
    Ok(Token { access_token, token_type: token_type.into(), expires_in })
}

/// Has the server forget a token. One that it does not know is no error (RFC 7009).
///
/// # Errors
/// `Refused` where there is no address for it, or the server does not do it; `Failed` where it may yet.
pub async fn revoke(client: &Client, master: &Master, token: &SecretString) -> Result<(), Error> {
    let Some(revocation) = &client.settings.revocation else {
        return Err(reaction::settings::missing(REVOKE_URL, "the address that revokes tokens"));
    };
    let call = Call {
        doing: format!("revoking a token at {}", revocation.endpoint),
        url: REVOKE_URL,
        check: "the master secret, OAUTH2_REVOKE_URL, OAUTH2_REVOKE_FIELD and OAUTH2_CLIENT_AUTH",
        unknown: "; whether the token still works is not known",
        limits: &client.limits,
    };
    let form = vec![(revocation.field, token.expose_secret())];
    let request = client.http()?.post(revocation.endpoint.url());
    let answer = call.send(as_client(request, form, client.settings.client_auth, master)).await?;
    // The status says it all, but a page to log in at has a good one too, and so have the errors of some servers.
    if answer.trim_ascii_start().starts_with(b"<") {
        return Err(call.is_page());
    }
    call.object(&answer).ok().and_then(|it| call.denial(&it)).map_or(Ok(()), Err)
}

/// Proves that a token works: the server takes it, and answers with what it is asked for.
///
/// # Errors
/// `Refused` where the server does not take it, or answers with something else; `Failed` where it may yet.
pub async fn verify(client: &Client, token: &SecretString) -> Result<(), Error> {
    let verification = &client.settings.verification;
    let call = Call {
        doing: format!("proving a token at {}", verification.endpoint),
        url: VERIFY_URL,
        check: "that the token may read OAUTH2_VERIFY_URL",
        unknown: "",
        limits: &client.limits,
    };
    if !is_sendable(token.expose_secret()) {
        return Err(
            call.refused("the token is empty, or nothing that a header carries", "`access_token` in the secret")
        );
    }
    let request = client.http()?.get(verification.endpoint.url()).header("accept", "application/json");
    let answer = call.send(request.bearer_auth(token.expose_secret())).await?;
    match &verification.key {
        None if answer.trim_ascii_start().starts_with(b"<") => Err(call.is_page()),
        None => call.object(&answer).ok().and_then(|it| call.denial(&it)).map_or(Ok(()), Err),
        Some(key) => {
            let answer = call.object(&answer)?;
            if answer.contains_key(key) {
                return Ok(());
            }
            let check = "OAUTH2_VERIFY_URL and OAUTH2_VERIFY_KEY";
            let missing = || call.refused(format!("the answer has no key `{key}`"), check);
            Err(call.denial(&answer).unwrap_or_else(missing))
        }
    }
}

/// A form with the client's credentials: in the header, each encoded as in a form (RFC 6749, 2.3.1), or in the form.
fn as_client<'a>(
    request: RequestBuilder,
    mut form: Vec<(&'a str, &'a str)>,
    auth: ClientAuth,
    master: &'a Master,
) -> RequestBuilder {
    let (id, secret) = (master.id.expose_secret(), master.secret.expose_secret());
    match auth {
        ClientAuth::Basic => {
            let encoded = |it: &str| byte_serialize(it.as_bytes()).collect::<String>();
            request.basic_auth(encoded(id), Some(encoded(secret))).form(&form)
        }
        ClientAuth::Body => {
            form.extend([("client_id", id), ("client_secret", secret)]);
            request.form(&form)
        }
    }
}

fn is_sendable(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|it| it.is_ascii_graphic())
}
