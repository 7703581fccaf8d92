//! The two secrets as they are read and written.

use expect_test::{Expect, expect};
use reaction::Error;
use rotate_bearer_token::Master;
use rotate_bearer_token::oauth2::Token;
use rotate_bearer_token::secret::BearerSecret;
use secrecy::ExposeSecret;

const MASTER: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:master-AbCdEf";

fn token() -> Token {
    Token { access_token: "new\"t0ken".into(), token_type: "Bearer".into(), expires_in: None }
}

fn rewritten(text: &str) -> String {
    BearerSecret::read(&text.into()).unwrap().with(&token()).expose_secret().to_owned()
}

fn told<T>(outcome: Result<T, Error>) -> String {
    let error = outcome.err().expect("it is malformed");
    assert!(error.is_refused());
    error.to_string()
}

fn bearer(text: &str, expected: &Expect) {
    expected.assert_eq(&told(BearerSecret::read(&text.into())));
}

fn client(text: &str, expected: &Expect) {
    expected.assert_eq(&told(Master::read(&text.into())));
}

#[test]
fn a_new_token_leaves_everything_else_as_it_was_and_where_it_was() {
    let text = format!(
        r#"{{"zone": {{"b":  1, "a": 10000000000000000000000000001}}, "access_token": "old", "masterarn": "{MASTER}", "token_type": "bearer", "a": null}}"#
    );
    let expected = format!(
        r#"{{"zone":{{"b":  1, "a": 10000000000000000000000000001}},"access_token":"new\"t0ken","masterarn":"{MASTER}","token_type":"Bearer","a":null}}"#
    );
    assert_eq!(rewritten(&text), expected);
    assert_eq!(rewritten(&expected), expected);
}

#[test]
fn before_the_first_rotation_there_is_no_token_yet() {
    let text = format!(r#"{{"access_token": "", "masterarn": "{MASTER}"}}"#);
    let secret = BearerSecret::read(&text.as_str().into()).unwrap();
    assert_eq!(secret.access_token.expose_secret(), "");
    assert_eq!(secret.master.unwrap().to_string(), MASTER);
    let expected = format!(r#"{{"access_token":"new\"t0ken","masterarn":"{MASTER}","token_type":"Bearer"}}"#);
    assert_eq!(rewritten(&text), expected);
}

#[test]
fn a_malformed_secret_is_named_without_its_content() {
    bearer("hunter2", &expect!["the value is no JSON object, or one that has a key twice"]);
    bearer(r#"["hunter2"]"#, &expect!["the value is no JSON object, or one that has a key twice"]);
    bearer(
        r#"{"access_token": "hunter2", "access_token": "hunter2"}"#,
        &expect!["the value is no JSON object, or one that has a key twice"],
    );
    bearer("{}", &expect![[r#"the secret has no `access_token`: add it, with "" before the first rotation"#]]);
    bearer(r#"{"access_token": 1}"#, &expect!["`access_token` in the secret is no text"]);
    bearer(
        r#"{"access_token": "hunter2", "token_type": "mac"}"#,
        &expect!["`token_type` in the secret is not `bearer`, and no other tokens are rotated"],
    );
    bearer(
        r#"{"access_token": "hunter2", "masterarn": "master"}"#,
        &expect!["`masterarn` in the secret is not the ARN of a secret: set it to that of the master secret"],
    );
}

#[test]
fn the_master_secret_has_one_pair_of_two() {
    for text in [
        r#"{"consumer_key": "id", "consumer_secret": "s3cret", "note": 1}"#,
        r#"{"client_id": "id", "client_secret": "s3cret"}"#,
        r#"{"client_id": "id", "client_secret": "s3cret", "consumer_key": "", "consumer_secret": ""}"#,
    ] {
        let master = Master::read(&text.into()).unwrap();
        assert_eq!((master.id.expose_secret(), master.secret.expose_secret()), ("id", "s3cret"));
    }
}

#[test]
fn a_malformed_master_secret_is_named_without_its_content() {
    client("hunter2", &expect!["the master secret: the value is no JSON object, or one that has a key twice"]);
    client(
        r#"{"consumer_key": ["hunter2"], "consumer_secret": "hunter2"}"#,
        &expect!["the master secret: `consumer_key` in the secret is no text"],
    );
    client(
        r#"{"consumer_key": "hunter2", "client_secret": "hunter2"}"#,
        &expect![
            "the master secret: it needs `consumer_key` and `consumer_secret`, or `client_id` and `client_secret`, and only one of the two pairs"
        ],
    );
    client(
        r#"{"consumer_key": "hunter2", "consumer_secret": ""}"#,
        &expect![
            "the master secret: it needs `consumer_key` and `consumer_secret`, or `client_id` and `client_secret`, and only one of the two pairs"
        ],
    );
}
