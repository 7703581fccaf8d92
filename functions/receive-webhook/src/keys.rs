//! What a secret becomes: two keys for signatures and two tokens to compare with. There are always two, so that what a verification costs
//! does not tell whether a secret is being rotated.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_smithy_types::base64;
use mirror::Forge;
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::SystemRandom;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::hook::{Hook, Proof};

/// The shortest secret in bytes, and the shortest key of a signing token.
const SHORTEST: usize = 16;

/// What GitLab's signing tokens begin with; what follows is the key in base64.
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
const SIGNING_TOKEN: &str = "whsec_";

/// The text of a secret. While a secret is rotated, requests are believed by both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    secret: SecretString,
    previous: Option<SecretString>,
}

/// The keys of one hook.
#[derive(Debug)]
pub(crate) struct Keys {
    signing: [hmac::Key; 2],
    tokens: [hmac::Tag; 2],
    compare: Arc<Comparison>,
}

/// A key of this process alone: texts are compared by their MACs, since ring compares those in constant time, whatever their lengths.
#[derive(Debug)]
pub(crate) struct Comparison(hmac::Key);

impl Comparison {
    pub(crate) fn new() -> Self {
        Self(random())
    }
}

/// A key that no one else knows. Without randomness nothing in this process is safe, TLS included: it then ends in init.
fn random() -> hmac::Key {
    hmac::Key::generate(HMAC_SHA256, &SystemRandom::new()).expect("the system has random numbers")
}

impl Keys {
    /// Keys that no request can have been made with: a request to an unknown path is compared with these.
    pub(crate) fn of_nothing(compare: &Arc<Comparison>) -> Self {
        let tokens = [hmac::sign(&random(), b""), hmac::sign(&random(), b"")];
        Self { signing: [random(), random()], tokens, compare: compare.clone() }
    }

    /// Reads the text of a secret, as this hook uses it.
    ///
    /// # Errors
    /// What is wrong with it, without a word of it.
    pub(crate) fn read(hook: &Hook, text: &SecretString, compare: &Arc<Comparison>) -> Result<Self, String> {
        let Ok(Text { secret, previous }) = serde_json::from_str(text.expose_secret()) else {
            return Err("its value has to be JSON of the form {\"secret\": \"..\"}, with \"previous\" beside it during a rotation".into());
        };
        let mut keys = Self::of_nothing(compare);
        let texts = [Some(("secret", secret)), previous.map(|it| ("previous", it))];
        for (place, (name, text)) in texts.into_iter().flatten().enumerate() {
            let text = text.expose_secret();
            if let Some(problem) = problem_of(text) {
                return Err(format!("`{name}` {problem}"));
            }
            let key = key_of(hook.forge, text);
            if key.is_none() && !hook.proofs.contains(&Proof::Token) {
                return Err(format!(
                    "`{name}` is not a signing token of GitLab, which begins with {SIGNING_TOKEN}; its older secret token is taken where `proofs` names `token`"
                ));
            }
            if let Some(key) = key {
                keys.signing[place] = hmac::Key::new(HMAC_SHA256, &key);
            }
            keys.tokens[place] = hmac::sign(&compare.0, text.as_bytes());
        }
        Ok(keys)
    }

    /// Whether this is the signature of the text, by either key. Both are tried, whatever the first says.
    pub(crate) fn have_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let [one, other] = self.signing.each_ref().map(|key| hmac::verify(key, text, signature).is_ok());
        one | other
    }

    /// Whether a header holds either secret itself.
    pub(crate) fn are_told_by(&self, token: &str) -> bool {
        let [one, other] =
            self.tokens.each_ref().map(|tag| hmac::verify(&self.compare.0, token.as_bytes(), tag.as_ref()).is_ok());
        one | other
    }
}

/// Whether signatures can be made by it: the bytes of the key.
fn key_of(forge: Forge, text: &str) -> Option<Vec<u8>> {
    if forge != Forge::Gitlab {
        return Some(text.as_bytes().to_vec());
    }
    let key = base64::decode(text.strip_prefix(SIGNING_TOKEN)?).ok()?;
    (key.len() >= SHORTEST).then_some(key)
}

fn problem_of(text: &str) -> Option<String> {
    if text.trim() != text {
        return Some("begins or ends with white space, which the forge's does not".into());
    }
    if text.len() < SHORTEST {
        return Some(format!(
            "is shorter than {SHORTEST} bytes: anyone could find it; let a password generator make a new one"
        ));
    }
    let is_one_letter = text.chars().collect::<BTreeSet<_>>().len() == 1;
    is_one_letter.then(|| "is one character again and again".into())
}
