//! The client of `rotate-bearer-token` against the server: what it asks, and what it says of each misbehaviour.

use std::time::Duration;

use expect_test::{Expect, expect};
use reaction::Error;
use rotate_bearer_token::Master;
use rotate_bearer_token::oauth2::{Client, Limits, Token, mint, revoke, verify};
use rotate_bearer_token::settings::Settings;
use secrecy::{ExposeSecret, SecretString};

use super::{Ask, Asked, Auth, CLIENT_ID, CLIENT_SECRET, Manner, Mischief, Server, Style};

/// Settings for a server, with these variables in addition.
pub(super) fn settings(server: &Server, more: &[(&str, &str)]) -> Settings {
    let known = [
        ("OAUTH2_TOKEN_URL", server.token_url()),
        ("OAUTH2_REVOKE_URL", server.revoke_url()),
        ("OAUTH2_VERIFY_URL", server.verify_url()),
        ("OAUTH2_VERIFY_KEY", "statuses".into()),
    ];
    let given = |name: &str| more.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
    let of = |name: &str| given(name).or_else(|| known.iter().find(|(it, _)| *it == name).map(|(_, it)| it.clone()));
    Settings::read(&|name| of(name).filter(|it| !it.is_empty())).unwrap()
}

/// A client for a server.
pub(super) fn client(server: &Server, more: &[(&str, &str)]) -> Client {
    Client::new(settings(server, more)).unwrap()
}

/// One that does not wait as long as a function does.
pub(super) fn impatient(server: &Server) -> Client {
    let limits = Limits { whole: Duration::from_millis(300), ..Limits::default() };
    Client::with_limits(settings(server, &[]), limits).unwrap()
}

/// The master secret that the server knows.
pub(super) fn master() -> Master {
    Master { id: CLIENT_ID.into(), secret: CLIENT_SECRET.into() }
}

async fn minted(client: &Client) -> SecretString {
    let Token { access_token, .. } = mint(client, &master()).await.unwrap();
    access_token
}

/// The kind and the text of an error, without the port.
fn told<T>(server: &Server, outcome: Result<T, Error>) -> String {
    let error = outcome.err().expect("it went wrong");
    let kind = if error.is_refused() { "Refused" } else { "Failed" };
    format!("{kind}: {}\n", error.to_string().replace(&server.base, "http://server"))
}

/// What is said of a misbehaviour at each of the three addresses.
async fn of(server: &Server, client: &Client, mischief: Mischief) -> String {
    let token = SecretString::from(server.mint());
    for ask in [Ask::Token, Ask::Revoke, Ask::Verify] {
        server.misbehave(ask, mischief.clone());
    }
    let minting = told(server, mint(client, &master()).await);
    let revoking = told(server, revoke(client, &master(), &token).await);
    minting + &revoking + &told(server, verify(client, &token).await)
}

async fn check(mischief: Mischief, expected: Expect) {
    let server = Server::start(Manner::default()).await;
    expected.assert_eq(&of(&server, &client(&server, &[]), mischief).await);
}

#[tokio::test]
async fn a_token_is_made_proved_and_revoked() {
    let server = Server::start(Manner::default()).await;
    let client = client(&server, &[("OAUTH2_SCOPE", "read write"), ("OAUTH2_AUDIENCE", "https://example.com/a?b&c")]);
    let token = minted(&client).await;
    let second = minted(&client).await;
    assert_eq!(server.alive(), [token.expose_secret(), second.expose_secret()]);
    verify(&client, &token).await.unwrap();
    revoke(&client, &master(), &token).await.unwrap();
    assert_eq!(server.alive(), [second.expose_secret()]);
    revoke(&client, &master(), &token).await.expect("a token that the server does not know is no error");
    verify(&client, &second).await.unwrap();
    let asked = server.asked();
    let (scope, audience) = (asked[0].scope.as_deref(), asked[0].audience.as_deref());
    assert_eq!((scope, audience), (Some("read write"), Some("https://example.com/a?b&c")));
    let lives: Vec<_> = asked.iter().map(|Asked { ask, was_alive, .. }| (*ask, *was_alive)).collect();
    let (made, used, gone) = ((Ask::Token, false), (Ask::Verify, true), (Ask::Revoke, false));
    assert_eq!(lives, [made, made, used, (Ask::Revoke, true), gone, used]);
}

#[tokio::test]
async fn a_server_that_knows_one_token_gives_it_until_it_is_revoked() {
    let manner = Manner { style: Style::Single, auth: Auth::Body, revoke_field: "access_token", ..Manner::default() };
    let server = Server::start(manner).await;
    let more = [("OAUTH2_STYLE", "single"), ("OAUTH2_CLIENT_AUTH", "body"), ("OAUTH2_REVOKE_FIELD", "access_token")];
    let client = client(&server, &more);
    let first = minted(&client).await;
    assert_eq!(minted(&client).await.expose_secret(), first.expose_secret());
    revoke(&client, &master(), &first).await.unwrap();
    let second = minted(&client).await;
    assert_ne!(second.expose_secret(), first.expose_secret());
    server.forget(second.expose_secret());
    assert!(verify(&client, &second).await.is_err());
    let dead = told(&server, verify(&client, &first).await);
    expect![[r#"
        Refused: proving a token at http://server/search: it answered 401 (invalid_token): check that the token may read OAUTH2_VERIFY_URL
    "#]].assert_eq(&dead);
}

#[tokio::test]
async fn a_client_that_proves_itself_otherwise_than_demanded_is_refused() {
    let server = Server::start(Manner { auth: Auth::Body, ..Manner::default() }).await;
    let refused = told(&server, mint(&client(&server, &[]), &master()).await);
    expect![[r#"
        Refused: asking http://server/oauth2/token for a token: it answered 401 (invalid_client): check the master secret, OAUTH2_TOKEN_URL, OAUTH2_CLIENT_AUTH, OAUTH2_SCOPE and OAUTH2_AUDIENCE
    "#]].assert_eq(&refused);
    let server = Server::start(Manner::default()).await;
    let refused = told(&server, mint(&client(&server, &[("OAUTH2_CLIENT_AUTH", "body")]), &master()).await);
    expect![[r#"
        Refused: asking http://server/oauth2/token for a token: it answered 401 (invalid_client): check the master secret, OAUTH2_TOKEN_URL, OAUTH2_CLIENT_AUTH, OAUTH2_SCOPE and OAUTH2_AUDIENCE
    "#]].assert_eq(&refused);
    assert!(server.alive().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    let server = Server::start(Manner::default()).await;
    let said = of(&server, &impatient(&server), Mischief::Stall).await;
    expect![[r#"
        Failed: asking http://server/oauth2/token for a token: no answer within 300ms; whether it made a token is not known: it is tried again, look at the server if this goes on
        Failed: revoking a token at http://server/oauth2/revoke: no answer within 300ms; whether the token still works is not known: it is tried again, look at the server if this goes on
        Failed: proving a token at http://server/search: no answer within 300ms: it is tried again, look at the server if this goes on
    "#]].assert_eq(&said);
}

#[tokio::test]
async fn what_the_server_refuses_is_refused_with_its_code() {
    check(Mischief::Status(400), expect![[r#"
        Refused: asking http://server/oauth2/token for a token: it answered 400 (invalid_request): check the master secret, OAUTH2_TOKEN_URL, OAUTH2_CLIENT_AUTH, OAUTH2_SCOPE and OAUTH2_AUDIENCE
        Refused: revoking a token at http://server/oauth2/revoke: it answered 400 (invalid_request): check the master secret, OAUTH2_REVOKE_URL, OAUTH2_REVOKE_FIELD and OAUTH2_CLIENT_AUTH
        Refused: proving a token at http://server/search: it answered 400 (invalid_request): check that the token may read OAUTH2_VERIFY_URL
    "#]]).await;
    check(Mischief::Status(401), expect![[r#"
        Refused: asking http://server/oauth2/token for a token: it answered 401 (invalid_client): check the master secret, OAUTH2_TOKEN_URL, OAUTH2_CLIENT_AUTH, OAUTH2_SCOPE and OAUTH2_AUDIENCE
        Refused: revoking a token at http://server/oauth2/revoke: it answered 401 (invalid_client): check the master secret, OAUTH2_REVOKE_URL, OAUTH2_REVOKE_FIELD and OAUTH2_CLIENT_AUTH
        Refused: proving a token at http://server/search: it answered 401 (invalid_client): check that the token may read OAUTH2_VERIFY_URL
    "#]]).await;
    check(Mischief::Status(404), expect![[r#"
        Refused: asking http://server/oauth2/token for a token: it answered 404: check the master secret, OAUTH2_TOKEN_URL, OAUTH2_CLIENT_AUTH, OAUTH2_SCOPE and OAUTH2_AUDIENCE
        Refused: revoking a token at http://server/oauth2/revoke: it answered 404: check the master secret, OAUTH2_REVOKE_URL, OAUTH2_REVOKE_FIELD and OAUTH2_CLIENT_AUTH
        Refused: proving a token at http://server/search: it answered 404: check that the token may read OAUTH2_VERIFY_URL
    "#]]).await;
}

#[tokio::test]
async fn a_server_that_is_ill_or_busy_is_asked_again() {
    check(Mischief::Status(408), expect![[r#"
        Failed: asking http://server/oauth2/token for a token: it answered 408; whether it made a token is not known: it is tried again, look at the server if this goes on
        Failed: revoking a token at http://server/oauth2/revoke: it answered 408; whether the token still works is not known: it is tried again, look at the server if this goes on
        Failed: proving a token at http://server/search: it answered 408: it is tried again, look at the server if this goes on
    "#]]).await;
    check(Mischief::Status(429), expect![[r#"
        Failed: asking http://server/oauth2/token for a token: it answered 429; whether it made a token is not known: it is tried again, look at the server if this goes on
        Failed: revoking a token at http://server/oauth2/revoke: it answered 429; whether the token still works is not known: it is tried again, look at the server if this goes on
        Failed: proving a token at http://server/search: it answered 429: it is tried again, look at the server if this goes on
    "#]]).await;
    check(Mischief::Status(500), expect![[r#"
        Failed: asking http://server/oauth2/token for a token: it answered 500; whether it made a token is not known: it is tried again, look at the server if this goes on
        Failed: revoking a token at http://server/oauth2/revoke: it answered 500; whether the token still works is not known: it is tried again, look at the server if this goes on
        Failed: proving a token at http://server/search: it answered 500: it is tried again, look at the server if this goes on
    "#]]).await;
}

#[tokio::test]
async fn a_token_of_another_type_is_not_taken() {
    let server = Server::start(Manner::default()).await;
    server.misbehave(Ask::Token, Mischief::WrongType);
    let said = told(&server, mint(&client(&server, &[]), &master()).await);
    expect![[r#"
        Refused: asking http://server/oauth2/token for a token: `token_type` of the answer is not `bearer`; the token was not taken: check OAUTH2_TOKEN_URL
    "#]].assert_eq(&said);
}

#[tokio::test]
async fn an_error_with_a_good_status_is_one_and_only_a_registered_code_is_shown() {
    check(Mischief::Error("invalid_scope"), expect![[r#"
        Refused: asking http://server/oauth2/token for a token: it answered 200 with the error invalid_scope: check the master secret, OAUTH2_TOKEN_URL, OAUTH2_CLIENT_AUTH, OAUTH2_SCOPE and OAUTH2_AUDIENCE
        Refused: revoking a token at http://server/oauth2/revoke: it answered 200 with the error invalid_scope: check the master secret, OAUTH2_REVOKE_URL, OAUTH2_REVOKE_FIELD and OAUTH2_CLIENT_AUTH
        Refused: proving a token at http://server/search: it answered 200 with the error invalid_scope: check that the token may read OAUTH2_VERIFY_URL
    "#]]).await;
    check(Mischief::Error("temporarily_unavailable"), expect![[r#"
        Failed: asking http://server/oauth2/token for a token: it answered 200 with the error temporarily_unavailable: it is tried again, look at the server if this goes on
        Failed: revoking a token at http://server/oauth2/revoke: it answered 200 with the error temporarily_unavailable: it is tried again, look at the server if this goes on
        Failed: proving a token at http://server/search: it answered 200 with the error temporarily_unavailable: it is tried again, look at the server if this goes on
    "#]]).await;
    check(Mischief::Error(CLIENT_SECRET), expect![[r#"
        Refused: asking http://server/oauth2/token for a token: it answered 200 with an `error` that has no registered code, and so is not shown: check the master secret, OAUTH2_TOKEN_URL, OAUTH2_CLIENT_AUTH, OAUTH2_SCOPE and OAUTH2_AUDIENCE
        Refused: revoking a token at http://server/oauth2/revoke: it answered 200 with an `error` that has no registered code, and so is not shown: check the master secret, OAUTH2_REVOKE_URL, OAUTH2_REVOKE_FIELD and OAUTH2_CLIENT_AUTH
        Refused: proving a token at http://server/search: it answered 200 with an `error` that has no registered code, and so is not shown: check that the token may read OAUTH2_VERIFY_URL
    "#]]).await;
    let server = Server::start(Manner::default()).await;
    let client = client(&server, &[("OAUTH2_VERIFY_KEY", "")]);
    server.misbehave(Ask::Verify, Mischief::Error("invalid_token"));
    let said = told(&server, verify(&client, &server.mint().into()).await);
    expect![[r#"
        Refused: proving a token at http://server/search: it answered 200 with the error invalid_token: check that the token may read OAUTH2_VERIFY_URL
    "#]].assert_eq(&said);
}

#[tokio::test]
async fn a_page_is_no_answer() {
    check(Mischief::Html, expect![[r#"
        Refused: asking http://server/oauth2/token for a token: the answer is a page of HTML or XML; whether it made a token is not known: check OAUTH2_TOKEN_URL
        Refused: revoking a token at http://server/oauth2/revoke: the answer is a page of HTML or XML; whether the token still works is not known: check OAUTH2_REVOKE_URL
        Refused: proving a token at http://server/search: the answer is a page of HTML or XML: check OAUTH2_VERIFY_URL
    "#]]).await;
}

#[tokio::test]
async fn of_ten_megabytes_one_is_read() {
    check(Mischief::Large, expect![[r#"
        Refused: asking http://server/oauth2/token for a token: the answer has more than 1048576 bytes; whether it made a token is not known: check OAUTH2_TOKEN_URL
        Refused: revoking a token at http://server/oauth2/revoke: the answer has more than 1048576 bytes; whether the token still works is not known: check OAUTH2_REVOKE_URL
        Refused: proving a token at http://server/search: the answer has more than 1048576 bytes: check OAUTH2_VERIFY_URL
    "#]]).await;
}

#[tokio::test]
async fn a_lost_answer_says_that_a_token_may_be_alive() {
    let server = Server::start(Manner::default()).await;
    let client = client(&server, &[]);
    server.misbehave(Ask::Token, Mischief::LostAnswer);
    assert!(mint(&client, &master()).await.is_err());
    server.behave();
    let known = minted(&client).await;
    assert_eq!(server.alive().len(), 2, "asked once, and made");
    assert_eq!(server.alive()[1], known.expose_secret());
    check(Mischief::LostAnswer, expect![[r#"
        Failed: asking http://server/oauth2/token for a token: the answer was lost (connection closed before message completed); whether it made a token is not known: it is tried again, look at the server if this goes on
        Failed: revoking a token at http://server/oauth2/revoke: the answer was lost (connection closed before message completed); whether the token still works is not known: it is tried again, look at the server if this goes on
        Failed: proving a token at http://server/search: the answer was lost (connection closed before message completed): it is tried again, look at the server if this goes on
    "#]]).await;
}

#[tokio::test]
async fn nothing_is_sent_where_a_redirect_points_to() {
    let other = Server::start(Manner::default()).await;
    let elsewhere = other.token_url().replace("127.0.0.1", "localhost");
    check(Mischief::Redirect(elsewhere), expect![[r#"
        Refused: asking http://server/oauth2/token for a token: it answered 307 to somewhere else, and is not followed: check OAUTH2_TOKEN_URL
        Refused: revoking a token at http://server/oauth2/revoke: it answered 307 to somewhere else, and is not followed: check OAUTH2_REVOKE_URL
        Refused: proving a token at http://server/search: it answered 307 to somewhere else, and is not followed: check OAUTH2_VERIFY_URL
    "#]]).await;
    assert_eq!(other.asked(), []);
    let server = Server::start(Manner::default()).await;
    let said = of(&server, &client(&server, &[]), Mischief::Redirect(server.token_url())).await;
    assert_eq!(said.matches("is not followed").count(), 3, "nor on the same host: {said}");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let server = Server::new(Manner::default(), "http://127.0.0.1:1".into());
    let said = told(&server, mint(&client(&server, &[]), &master()).await);
    expect![[r#"
        Failed: asking http://server/oauth2/token for a token: no connection (Connection refused (os error 111)): check OAUTH2_TOKEN_URL, the network, and whom TLS trusts
    "#]].assert_eq(&said);
}

#[tokio::test]
async fn an_answer_without_the_key_proves_nothing() {
    let server = Server::start(Manner::default()).await;
    let token = server.mint().into();
    let said = told(&server, verify(&client(&server, &[("OAUTH2_VERIFY_KEY", "users")]), &token).await);
    expect![[r#"
        Refused: proving a token at http://server/search: the answer has no key `users`: check OAUTH2_VERIFY_URL and OAUTH2_VERIFY_KEY
    "#]].assert_eq(&said);
    verify(&client(&server, &[("OAUTH2_VERIFY_KEY", "")]), &token).await.expect("no key is asked for");
    let said = told(&server, verify(&client(&server, &[]), &"".into()).await);
    expect![[r#"
        Refused: proving a token at http://server/search: the token is empty, or nothing that a header carries: check `access_token` in the secret
    "#]].assert_eq(&said);
}

#[tokio::test]
async fn without_an_address_nothing_is_revoked() {
    let server = Server::start(Manner::default()).await;
    let token = server.mint().into();
    let said = told(&server, revoke(&client(&server, &[("OAUTH2_REVOKE_URL", "")]), &master(), &token).await);
    expect![[r#"
        Refused: the environment variable OAUTH2_REVOKE_URL is not set: set it to the address that revokes tokens
    "#]]
    .assert_eq(&said);
}
