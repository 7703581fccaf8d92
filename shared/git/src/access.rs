//! With what a repository may be read: a deploy key with pinned host keys, a token, or nothing. Secrets cannot be printed.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use place::shortened;
use reaction::Error;
use russh::keys::{HashAlg, PrivateKey, PublicKey, decode_secret_key};
use secrecy::{ExposeSecret, SecretString};

/// With what a repository may be read.
#[derive(Clone, Debug)]
pub enum Access {
    /// A deploy key, and the keys by which the server must prove itself: one of them.
    Ssh {
        /// The key that the forge knows.
        key: DeployKey,
        /// The keys that the server may have.
        host_keys: Vec<HostKey>,
    },
    /// A token, or what was signed for `CodeCommit` and `CodeConnections` (see [`crate::signed`]).
    Token {
        /// The name beside the token: `x-access-token`, `oauth2`, `x-token-auth`, or what the forge says.
        user: SecretString,
        /// The token.
        token: SecretString,
    },
    /// Nothing: everybody may read the repository.
    Open,
}

/// The private half of a deploy key.
#[derive(Clone)]
pub struct DeployKey(pub(crate) Arc<PrivateKey>);

/// The public key of a server.
#[derive(Clone, PartialEq, Eq)]
pub struct HostKey(pub(crate) PublicKey);

impl DeployKey {
    /// Reads a key as `ssh-keygen` writes it, without a passphrase: Ed25519, ECDSA or RSA.
    ///
    /// # Errors
    /// `Refused`, where it is not one. Nothing of the text is in the message.
    pub fn parse(text: &SecretString) -> Result<Self, Error> {
        let make = "make one by `ssh-keygen -t ed25519 -N '' -f deploy_key`, and take the whole file";
        // A secret's value often loses the last line break, which the format needs.
        let text = SecretString::from(format!("{}\n", text.expose_secret().trim()));
        let key = decode_secret_key(text.expose_secret(), None).map_err(|error| {
            let problem = match error {
                russh::keys::Error::KeyIsEncrypted => "it has a passphrase",
                _ => "it is not a private key in OpenSSH's form",
            };
            Error::refused(format!("reading the deploy key: {problem}; {make}"))
        })?;
        if key.is_encrypted() {
            return Err(Error::refused(format!("reading the deploy key: it has a passphrase; {make}")));
        }
        Ok(Self(Arc::new(key)))
    }

    /// The fingerprint, as forges show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.public_key().fingerprint(HashAlg::Sha256).to_string()
    }
}

impl HostKey {
    /// The fingerprint, as forges publish it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }
}

impl FromStr for HostKey {
    type Err = Error;

    /// Reads `ssh-ed25519 AAAA..`, or a line of `known_hosts` with a host before it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.split_whitespace().skip_while(|it| !it.starts_with("ssh-") && !it.starts_with("ecdsa-"));
        let key = match (parts.next(), parts.next()) {
            (Some(kind), Some(key)) => PublicKey::from_openssh(&format!("{kind} {key}")).ok(),
            _ => None,
        };
        key.map(Self).ok_or_else(|| {
            let shown = shortened(text, 80);
            Error::refused(format!(
                "reading the host key `{shown}`: it is not a public key; \
                 write one that the forge publishes, such as `ssh-ed25519 AAAA..`"
            ))
        })
    }
}

impl fmt::Debug for DeployKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeployKey({})", self.fingerprint())
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostKey({})", self.fingerprint())
    }
}
