//! One kind of credential, as the four steps need it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws::Sessions;
use reaction::Error;
use reaction::settings::{Setting, Variables};
use rotation::{Open, Request, SecretArn, What};
use secrecy::{ExposeSecret, SecretString};

use crate::minted::Minted;
use crate::records::{Entry, OfSecret, Records};
use crate::secrets_manager::Secrets;

/// What a step may look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The rotation.
    pub request: &'a Request,
    /// The value that clients get now.
    pub current: Option<&'a SecretString>,
    /// The value that they got before.
    pub previous: Option<&'a SecretString>,
    /// Where other secrets lie, such as that of an administrator.
    pub secrets: &'a Secrets,
    /// What is remembered of the rotation.
    pub records: &'a Records,
    /// What this run has written down of what it makes.
    pub(crate) written: Written,
}

/// What a run has written down of the one credential that it makes.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Before it was made.
    intent: OnceLock<Open>,
    /// Before it was kept.
    minted: OnceLock<Minted>,
    /// When the server lets it end.
    ends: OnceLock<u64>,
}

impl Context<'_> {
    /// To be called right before something is made that works at once: it is told until it is known what became of it.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn intend(&self) -> Result<(), Error> {
        let (run, version) = (uuid::Uuid::new_v4().to_string(), self.request.version.clone());
        let open = Open { since: self.records.now(), what: What::Made, version, run };
        self.records.change(&self.request.secret, &[Entry::Open(open.clone())], &[]).await?;
        // One run makes one credential.
        self.written.intent.set(open).map_err(|_| Error::failed("a run makes one credential"))
    }

    /// To be called where the server says how long what it made works.
    pub fn lives(&self, lifetime: Duration) {
        self.written.ends.get_or_init(|| self.records.now().saturating_add(lifetime.as_secs()));
    }

    /// To be called where nothing was made after all, or where it works no more.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn nothing_is_left(&self) -> Result<(), Error> {
        let open = self.written.intent.get().cloned().map(Entry::Open);
        let minted = self.written.minted.get().cloned().map(Entry::Minted);
        let struck: Vec<_> = open.into_iter().chain(minted).collect();
        if struck.is_empty() { Ok(()) } else { self.records.change(&self.request.secret, &[], &struck).await }
    }

    /// This was made, and is about to be kept. Only what is written down here is ever revoked: whatever else stands in the secret
    /// later, another hand has put there.
    pub(crate) async fn is_made(&self, value: &SecretString) -> Result<(), Error> {
        let Written { intent, minted, ends } = &self.written;
        let run = intent.get().map(|it| it.run.as_str()).unwrap_or_default();
        let made = minted.get_or_init(|| Minted::new(&self.request.version, value, run, ends.get().copied()));
        self.records.change(&self.request.secret, &[Entry::Minted(made.clone())], &[]).await
    }

    /// To be called where the credential was set and something beside it could not be done: it is told until the next rotation.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn leave(&self, what: &str) -> Result<(), Error> {
        let (since, version) = (self.records.now(), self.request.version.clone());
        let left = Open { since, what: What::Left, version, run: place::shortened(what, 1_500) };
        self.records.change(&self.request.secret, &[Entry::Open(left)], &[]).await
    }

    /// What was made is kept.
    pub(crate) async fn is_kept(&self) -> Result<(), Error> {
        let Some(open) = self.written.intent.get() else { return Ok(()) };
        self.records.change(&self.request.secret, &[], &[Entry::Open(open.clone())]).await
    }
}

/// One kind of credential. Every method may be called again after it was interrupted anywhere. `Refused` says that the server
/// does not take the credential; it counts as an attempt. `Failed` says that nobody knows, and does not count.
pub trait Credential: Send + Sync {
    /// The function's one name.
    const NAME: &'static str;
    /// Whether making a credential makes something elsewhere that works at once, and that somebody has to know of.
    const IS_MINTED: bool;
    /// What the function does, in one line of a list.
    const PURPOSE: &'static str;
    /// The settings that the function reads, in groups; the first is that of every function that rotates.
    const SETTINGS: &'static [&'static [Setting]];

    /// Reads the settings; makes no call.
    ///
    /// # Errors
    /// `Refused`, naming the variable that is missing or malformed.
    fn open(sessions: &Arc<Sessions>, variables: Variables) -> Result<Self, Error>
    where
        Self: Sized;

    /// Makes the value of the pending version, knowing what is remembered of the secret. Where that makes something elsewhere,
    /// [`Context::intend`] comes first.
    fn make(
        &self,
        context: &Context<'_>,
        of_secret: &OfSecret,
    ) -> impl Future<Output = Result<SecretString, Error>> + Send;

    /// Writes down what only this kind of credential needs to know of what was made, before that is kept. Where it fails, what was
    /// made is taken back. It goes beside the record of what was made, and may come before it.
    fn remember(&self, context: &Context<'_>, made: &SecretString) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (context, made);
        async { Ok(()) }
    }

    /// Takes back a credential that was made and is not kept.
    fn take_back(&self, context: &Context<'_>, made: &SecretString) -> impl Future<Output = Result<(), Error>> + Send;

    /// Has the server take the pending credential. Where that is not minted, [`Records::setting`] comes first: a run that is
    /// interrupted, or refused later, shall still be able to say that the server may have it.
    fn set(&self, context: &Context<'_>, pending: &SecretString) -> impl Future<Output = Result<(), Error>> + Send;

    /// Proves that the server takes it.
    fn test(&self, context: &Context<'_>, pending: &SecretString) -> impl Future<Output = Result<(), Error>> + Send;

    /// Proves that the server takes the current one, where nothing is pending.
    fn check(&self, context: &Context<'_>, current: &SecretString) -> impl Future<Output = Result<(), Error>> + Send;

    /// How long what was current goes on working after it is not; `None` where it stops by itself, or is never revoked.
    fn overlap(&self) -> Option<Duration> {
        None
    }

    /// The secrets whose former credentials a sweep revokes.
    fn swept(&self) -> &[SecretArn] {
        &[]
    }

    /// Whether two values have the same credential, so that revoking one would revoke the other.
    fn is_same(&self, one: &SecretString, other: &SecretString) -> bool {
        one.expose_secret() == other.expose_secret()
    }

    /// Whether a value has no credential at all, as before the first rotation.
    fn is_empty(&self, value: &SecretString) -> bool {
        let _ = value;
        false
    }

    /// Revokes a former credential of a secret, after the overlap.
    fn revoke(
        &self,
        secrets: &Secrets,
        secret: &SecretArn,
        value: &SecretString,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = (secrets, secret, value);
        async { Ok(()) }
    }
}
