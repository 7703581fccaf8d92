//! What PostgreSQL checks a password against, made here: what stands in a statement may be logged.

use std::num::NonZeroU32;

use aws_smithy_types::base64;
use postgres_protocol::password::{md5, scram_sha_256};
use ring::{digest, hmac, pbkdf2};
use secrecy::{ExposeSecret, SecretString};

use super::watch::Asked;

/// How a verifier begins. No message may hold one: it can be guessed at.
pub(super) const BEGINNING: &str = "SCRAM-SHA-256$";

/// A verifier of SCRAM, as a text in a statement; it holds nothing that would end the text.
pub(super) fn verifier(password: &SecretString) -> String {
    format!("'{}'", scram_sha_256(password.expose_secret().as_bytes()))
}

/// What stood there before, as far as the login with that password told: with SCRAM, the salt is the same. So a pooler that keeps
/// a copy of the verifier can go on with it.
pub(super) fn former(user: &str, password: &SecretString, asked: Option<&Asked>, is_md5_kept: bool) -> String {
    let text = password.expose_secret();
    match asked {
        // Of other texts, SCRAM hashes a normal form, which only the driver knows how to make.
        Some(Asked::Scram(salt, iterations)) if text.bytes().all(|it| it.is_ascii_graphic() || it == b' ') => {
            salted(text, salt, *iterations).unwrap_or_else(|| verifier(password))
        }
        Some(Asked::Md5) if is_md5_kept => format!("'{}'", md5(text.as_bytes(), user)),
        _ => verifier(password),
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5802#section-3>
fn salted(password: &str, salt: &str, iterations: u32) -> Option<String> {
    let mut key = [0; 32];
    let bytes = base64::decode(salt).ok()?;
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, NonZeroU32::new(iterations)?, &bytes, password.as_bytes(), &mut key);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let stored = digest::digest(&digest::SHA256, hmac::sign(&key, b"Client Key").as_ref());
    let server = hmac::sign(&key, b"Server Key");
    let (salt, stored, server) = (base64::encode(&bytes), base64::encode(stored), base64::encode(server));
    Some(format!("'{BEGINNING}{iterations}:{salt}${stored}:{server}'"))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{Asked, former, verifier};

    #[test]
    fn a_verifier_ends_no_text() {
        let text = verifier(&SecretString::from("it's \\ a \"word\""));
        let inner = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).unwrap();
        assert!(inner.bytes().all(|it| it.is_ascii_alphanumeric() || b"+/=$:-".contains(&it)), "{inner}");
    }

    /// The same as the driver's crate makes with that salt.
    #[test]
    fn a_verifier_is_made_again_from_its_salt() {
        let password = SecretString::from("it's a word");
        let made = verifier(&password);
        let salt = made.split(['$', ':']).nth(2).unwrap();
        let asked = Asked::Scram(salt.into(), 4096);
        assert_eq!(former("app", &password, Some(&asked), false), made);
        assert_ne!(former("app", &SecretString::from("another"), Some(&asked), false), made);
    }

    #[test]
    fn a_hash_is_made_again_where_the_server_keeps_hashes() {
        let password = SecretString::from("password");
        assert!(former("md5_user", &password, Some(&Asked::Md5), true).starts_with("'md5"));
        for asked in [None, Some(&Asked::Md5)] {
            assert!(former("md5_user", &password, asked, false).starts_with("'SCRAM-SHA-256$4096:"));
        }
    }
}
