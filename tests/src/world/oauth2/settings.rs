//! The settings of `rotate-bearer-token`: what is assumed, and what is said of each mistake.

use std::time::Duration;

use expect_test::{Expect, expect};
use rotate_bearer_token::oauth2::Client;
use rotate_bearer_token::settings::{ClientAuth, Settings, Style};

const LEAST: [(&str, &str); 2] =
    [("OAUTH2_TOKEN_URL", "https://example.com/token"), ("OAUTH2_VERIFY_URL", "https://example.com/me")];

/// Settings with the least that is needed, where these do not say otherwise; an empty one is unset.
fn read(more: &[(&str, &str)]) -> Result<Settings, reaction::Error> {
    let of = |name: &str| more.iter().chain(&LEAST).find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
    Settings::read(&|name| of(name).filter(|it| !it.is_empty()))
}

fn wrong(name: &str, value: &str, expected: &Expect) {
    let error = read(&[(name, value)]).unwrap_err();
    assert!(error.is_refused());
    expected.assert_eq(&error.to_string());
}

#[test]
fn little_must_be_set() {
    let settings = read(&[]).unwrap();
    assert_eq!((settings.style, settings.client_auth), (Style::Overlap, ClientAuth::Basic));
    assert_eq!((settings.overlap, settings.revocation), (Duration::from_hours(1), None));
    assert_eq!((settings.scope, settings.audience, settings.verification.key), (None, None, None));
    let settings = read(&[("OAUTH2_REVOKE_URL", "https://example.com/r"), ("SIGNALBOX_OVERLAP", "90")]).unwrap();
    assert_eq!(settings.revocation.unwrap().field, "token");
    assert_eq!(settings.overlap, Duration::from_mins(90));
}

#[test]
fn plain_http_is_for_loopback() {
    for url in
        ["http://127.0.0.1:1/t", "http://127.8.0.1/t", "http://[::1]:1/t", "http://localhost/t", "http://a.localhost/t"]
    {
        read(&[("OAUTH2_TOKEN_URL", url)]).expect(url);
    }
    for url in
        ["http://10.0.0.1/t", "http://127.0.0.1.example.com/t", "http://localhost.example.com/t", "http://[fd12::1]/t"]
    {
        read(&[("OAUTH2_TOKEN_URL", url)]).expect_err(url);
    }
}

#[test]
fn an_address_that_is_missing_names_its_variable() {
    wrong(
        "OAUTH2_TOKEN_URL",
        "",
        &expect![
            "the environment variable OAUTH2_TOKEN_URL is not set: set it to the address of the server that makes tokens"
        ],
    );
    wrong(
        "OAUTH2_VERIFY_URL",
        "",
        &expect![
            "the environment variable OAUTH2_VERIFY_URL is not set: set it to an address that answers only to those who have a token"
        ],
    );
}

#[test]
fn an_address_that_is_wrong_names_its_variable() {
    wrong(
        "OAUTH2_TOKEN_URL",
        "example.com",
        &expect!["the environment variable OAUTH2_TOKEN_URL: no address: relative URL without a base"],
    );
    wrong(
        "OAUTH2_TOKEN_URL",
        "http://example.com/t?x=1",
        &expect![
            "the environment variable OAUTH2_TOKEN_URL: `http://example.com/t` is plain HTTP, which is for loopback only: use https"
        ],
    );
    wrong(
        "OAUTH2_VERIFY_URL",
        "ftp://example.com",
        &expect![
            "the environment variable OAUTH2_VERIFY_URL: `ftp://example.com/` is no address of the web: use https"
        ],
    );
    wrong(
        "OAUTH2_REVOKE_URL",
        "https://me@example.com",
        &expect![
            "the environment variable OAUTH2_REVOKE_URL: a user or a password is in the address: they belong into the master secret"
        ],
    );
}

#[test]
fn a_word_that_is_not_known_is_named_with_its_variable() {
    wrong(
        "OAUTH2_REVOKE_FIELD",
        "tokens",
        &expect!["the environment variable OAUTH2_REVOKE_FIELD: `tokens` is neither `token` nor `access_token`"],
    );
    wrong(
        "OAUTH2_CLIENT_AUTH",
        "post",
        &expect!["the environment variable OAUTH2_CLIENT_AUTH: `post` is neither `basic` nor `body`"],
    );
    wrong(
        "OAUTH2_STYLE",
        "both",
        &expect!["the environment variable OAUTH2_STYLE: `both` is neither `single` nor `overlap`"],
    );
    wrong(
        "OAUTH2_STYLE",
        "single",
        &expect![
            "the environment variable OAUTH2_REVOKE_URL is not set: set it to the address that revokes tokens: a server of OAUTH2_STYLE `single` makes a new one only after that"
        ],
    );
    wrong(
        "SIGNALBOX_OVERLAP",
        "1h",
        &expect!["the environment variable SIGNALBOX_OVERLAP: `1h` is not a whole number of minutes"],
    );
}

#[test]
fn certificates_that_cannot_be_read_are_named() {
    let told = |path: &str| {
        let settings = read(&[("SIGNALBOX_CA_BUNDLE", path)]).unwrap();
        Client::new(settings).err().expect("nothing to trust").to_string()
    };
    expect!["the environment variable SIGNALBOX_CA_BUNDLE: /no/such/file: No such file or directory (os error 2)"]
        .assert_eq(&told("/no/such/file"));
    expect!["the environment variable SIGNALBOX_CA_BUNDLE: /dev/null: no PEM certificate in it"]
        .assert_eq(&told("/dev/null"));
}
