//! No secret value is in any error, or in what `{:?}` prints: each misbehaviour of the server, which quotes what it was sent, and
//! each malformed secret, searched for every value, also as it is encoded.

use std::fmt::Debug;

use form_urlencoded::byte_serialize;
use rotate_bearer_token::Master;
use rotate_bearer_token::oauth2::{mint, revoke, verify};
use rotate_bearer_token::secret::BearerSecret;
use rotate_bearer_token::settings::Settings;
use secrecy::SecretString;

use super::client::{impatient, master, settings};
use super::{Ask, CLIENT_ID, CLIENT_SECRET, Manner, Mischief, Server};

const OLD_TOKEN: &str = "0ld-t0ken/with+signs";
const URL_PASSWORD: &str = "pa55word-in-an-address";

/// Everything that was written.
#[derive(Default)]
struct Written {
    texts: Vec<String>,
}

impl Written {
    fn debug(&mut self, value: &impl Debug) {
        self.texts.extend([format!("{value:?}"), format!("{value:#?}")]);
    }

    fn outcome<T>(&mut self, outcome: Result<T, reaction::Error>) {
        if let Err(error) = outcome {
            self.debug(&error);
            self.texts.push(error.to_string());
            let (reaction::Error::Refused(cause) | reaction::Error::Failed(cause)) = error;
            self.texts.extend(cause.chain().map(ToString::to_string));
        }
    }

    fn search(&self, values: &[String]) {
        for value in values {
            let encoded: String = byte_serialize(value.as_bytes()).collect();
            for form in [value.clone(), aws_smithy_types::base64::encode(value), encoded] {
                let found = self.texts.iter().find(|it| it.contains(&form));
                assert_eq!(found, None, "{form} is shown");
            }
        }
    }
}

async fn misbehaviours(server: &Server, written: &mut Written) {
    use Mischief::{Error, ErrorAndToken, Html, Large, LostAnswer, Redirect, Stall, Status, WrongType};
    let statuses = [400, 401, 403, 404, 408, 429, 500, 503].map(Status);
    let others = [
        Error(CLIENT_SECRET),
        Error("invalid_scope"),
        ErrorAndToken,
        Stall,
        WrongType,
        Html,
        Large,
        Redirect(format!("http://{OLD_TOKEN}/")),
        LostAnswer,
    ];
    let (client, old) = (impatient(server), SecretString::from(OLD_TOKEN));
    for mischief in statuses.into_iter().chain(others) {
        for ask in [Ask::Token, Ask::Revoke, Ask::Verify] {
            server.misbehave(ask, mischief.clone());
        }
        written.outcome(mint(&client, &master()).await);
        written.outcome(revoke(&client, &master(), &old).await);
        written.outcome(verify(&client, &old).await);
    }
    written.outcome(verify(&client, &format!("{OLD_TOKEN}\n").into()).await);
    written.outcome(verify(&client, &format!("{OLD_TOKEN}ü").into()).await);
}

fn malformed_secrets(written: &mut Written) {
    let (id, secret, token) = (CLIENT_ID, CLIENT_SECRET, OLD_TOKEN);
    let texts = [
        token.to_owned(),
        format!("\"{token}\""),
        format!(r#"{{"access_token": "{token}", "access_token": "{token}"}}"#),
        format!(r#"{{"access_token": ["{token}"]}}"#),
        format!(r#"{{"access_token": "{token}", "token_type": "{secret}"}}"#),
        format!(r#"{{"access_token": "{token}", "masterarn": "{secret}"}}"#),
        format!(r#"{{"consumer_key": "{id}"}}"#),
        format!(r#"{{"consumer_key": "{id}", "consumer_secret": ["{secret}"]}}"#),
        format!(r#"{{"consumer_key": "{id}", "consumer_secret": "{secret}", "client_id": "{id}"}}"#),
        format!(r#"{{"consumer_key": "{id}", "consumer_secret": "{secret}""#),
    ];
    for text in texts.map(SecretString::from) {
        let (bearer, master) = (BearerSecret::read(&text), Master::read(&text));
        assert!(bearer.is_err() && master.is_err());
        written.outcome(bearer);
        written.outcome(master);
    }
}

fn addresses(server: &Server, written: &mut Written) {
    for url in [
        format!("https://app:{URL_PASSWORD}@example.com/token"),
        format!("http://example.com/token?key={URL_PASSWORD}#{URL_PASSWORD}"),
        format!("ftp://example.com/token?key={URL_PASSWORD}"),
        format!("{URL_PASSWORD}@example.com"),
    ] {
        let settings = Settings::read(&|name| name.ends_with("_URL").then(|| url.clone()));
        assert!(settings.is_err());
        written.outcome(settings);
    }
    let url = format!("https://example.com/token?key={URL_PASSWORD}");
    written.debug(&settings(server, &[("OAUTH2_TOKEN_URL", &url)]));
}

#[tokio::test]
async fn no_secret_is_in_any_error_or_debug_text() {
    let server = Server::start(Manner::default()).await;
    let mut written = Written::default();
    misbehaviours(&server, &mut written).await;
    malformed_secrets(&mut written);
    addresses(&server, &mut written);
    let master = master();
    written.debug(&(master.id, master.secret));
    assert!(written.texts.len() > 200, "{}", written.texts.len());
    let known = [CLIENT_ID, CLIENT_SECRET, OLD_TOKEN, URL_PASSWORD].map(ToOwned::to_owned);
    let values: Vec<_> = known.into_iter().chain(server.alive()).collect();
    assert!(values.len() > 4, "tokens were made");
    written.search(&values);
}
