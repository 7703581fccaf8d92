//! What opens a repository: a token or a deploy key, read anew for each run, so that a secret that was changed counts at once. Where it
//! lies, the list says. A warm function remembers that and reads the secret beside the list; it counts where the list still says so.

use std::sync::PoisonError;

use aws::{Answer, body_of};
use aws_smithy_types::Blob;
use mirror::{Repository, Source};
use reaction::{Doing, Error};
use secrecy::SecretString;
use serde_json::Value;

use crate::{Asked, MirrorRepository};

/// The bytes of an encrypted deploy key, at most: what KMS encrypts has 4,096.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>
const KEY: u64 = 16 * 1024;

/// Where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opener {
    /// A token, in this secret.
    Token(String),
    /// A deploy key, in this secret or object.
    Key(String),
}

impl Opener {
    /// What opens a repository, as the list says; `None` where nothing is read for that.
    fn of(repository: &Repository) -> Option<Self> {
        match &repository.from {
            Source::Ssh { key, .. } => Some(Self::Key(key.clone())),
            Source::Https { token, .. } => token.clone().map(Self::Token),
            Source::Connection { .. } | Source::CodeCommit(_) => None,
        }
    }
}

/// What was read before the list said what is needed.
pub(crate) struct Early(Opener, Result<SecretString, Error>);

impl MirrorRepository {
    /// What opened the repository when this was asked for last, as it is now; `None` where that is not remembered.
    pub(crate) async fn open_early(&self, asked: &Asked) -> Option<Early> {
        let key = (asked.repository.clone(), asked.reference.clone());
        let opener = self.openers.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()?;
        let read = self.read_opener(&opener).await;
        Some(Early(opener, read))
    }

    /// Remembers where lies what opens the repository, for branches that are mirrored.
    pub(crate) fn remember(&self, asked: &Asked, repository: &Repository) {
        let Some(opener) = Opener::of(repository) else { return };
        let key = (asked.repository.clone(), asked.reference.clone());
        self.openers.lock().unwrap_or_else(PoisonError::into_inner).insert(key, opener);
    }

    /// What opens a repository.
    pub(crate) async fn open(&self, opener: Opener, early: Option<Early>) -> Result<SecretString, Error> {
        match early {
            Some(Early(of, read)) if of == opener => read,
            _ => self.read_opener(&opener).await,
        }
    }

    async fn read_opener(&self, opener: &Opener) -> Result<SecretString, Error> {
        match opener {
            Opener::Token(secret) => self.secret(secret, "token").await,
            Opener::Key(place) => self.deploy_key(place).await,
        }
    }

    /// The deploy key in a secret, or in an object that KMS encrypted.
    async fn deploy_key(&self, place: &str) -> Result<SecretString, Error> {
        let Some((bucket, key)) = place.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) else {
            return self.secret(place, "key").await;
        };
        let doing = || format!("reading the deploy key {place}");
        let owner = self.sessions.home()?.account.as_str();
        let object = self.s3.get_object().bucket(bucket).key(key).expected_bucket_owner(owner).send().await;
        let object = object.or_absent().doing(doing)?;
        let object = object.ok_or_else(|| Error::refused("there is no such object; upload it")).doing(doing)?;
        let encrypted = body_of(object, KEY).await.doing(doing)?;
        let opened = self.kms.decrypt().ciphertext_blob(Blob::new(encrypted)).send().await.or_error().doing(doing)?;
        let opened = opened.plaintext.map(Blob::into_inner).unwrap_or_default();
        let text =
            String::from_utf8(opened).map_err(|_| Error::refused("what KMS decrypted is not text")).doing(doing)?;
        Ok(text.into())
    }

    /// What a secret holds: its whole text, or this field of its JSON.
    async fn secret(&self, arn: &str, field: &str) -> Result<SecretString, Error> {
        let doing = || format!("reading the secret {arn}");
        let answer = self.secrets.get_secret_value().secret_id(arn).send().await.or_absent().doing(doing)?;
        let answer = answer.ok_or_else(|| Error::refused("there is no such secret")).doing(doing)?;
        let text = answer.secret_string.unwrap_or_default();
        let read = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(fields)) => fields.get(field).and_then(Value::as_str).unwrap_or_default().to_owned(),
            _ => text,
        };
        if read.trim().is_empty() {
            let expected = format!("it is neither a text nor JSON with a field `{field}` that is not empty");
            return Err(Error::refused(expected)).doing(doing);
        }
        Ok(read.into())
    }
}
