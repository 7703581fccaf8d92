#![doc = include_str!("../README.md")]

pub mod endpoint;
mod keys;
mod master;
pub mod oauth2;
mod proof;
pub mod secret;
pub mod settings;

use std::sync::Arc;
use std::time::Duration;

use aws::Sessions;
use futures_util::future::join;
use reaction::settings::{Setting, Variables};
use reaction::{Doing, Error};
use rotation::SecretArn;
use rotation_steps::{Bindings, Context, Credential, MASTERS, OfSecret, Rotating, Secrets, secrets_in};
use secrecy::{ExposeSecret, SecretString};

pub use master::Master;
use oauth2::{Client, Left, Unminted};
use proof::Proof;
use secret::BearerSecret;
use settings::{Settings, Style};

/// The function.
pub type RotateBearerToken = Rotating<BearerToken>;

/// A token of an OAuth2 server.
pub struct BearerToken {
    client: Client,
    style: Style,
    overlap: Option<Duration>,
    swept: Vec<SecretArn>,
    masters: Bindings,
}

impl BearerToken {
    /// A token by these settings; `swept` are the secrets whose former tokens are revoked after the overlap, and `masters` says
    /// by which client's credentials.
    ///
    /// # Errors
    /// `Refused` where the certificates to trust cannot be read.
    pub fn new(settings: Settings, swept: Vec<SecretArn>, masters: Bindings) -> Result<Self, Error> {
        let style = settings.style;
        // Without an address that revokes, a former token lives until the server lets it end.
        let is_revoked = style == Style::Overlap && settings.revocation.is_some();
        let overlap = is_revoked.then_some(settings.overlap);
        Ok(Self { client: Client::new(settings)?, style, overlap, swept, masters })
    }

    /// Reads the secrets whose former tokens are revoked.
    ///
    /// # Errors
    /// As of [`secrets_in`].
    pub fn swept(variables: Variables) -> Result<Vec<SecretArn>, Error> {
        secrets_in(variables)
    }

    /// The token of a value, and by what the server knows us.
    async fn known(
        &self,
        secrets: &Secrets,
        arn: &SecretArn,
        value: &SecretString,
    ) -> Result<(BearerSecret, Master), Error> {
        let (secret, master) = self.bound(arn, value)?;
        Ok((secret, Master::fetch(secrets, &master).await?))
    }

    /// The token of a value, and the master secret to which the settings bind its secret.
    fn bound(&self, arn: &SecretArn, value: &SecretString) -> Result<(BearerSecret, SecretArn), Error> {
        let secret = BearerSecret::read(value)?;
        let master = self.masters.master_of(arn, secret.master.as_ref())?.ok_or_else(|| {
            Error::refused(format!(
                "{MASTERS} binds {arn} to no master secret: add {arn}=MASTER, with the ARN of the master secret, to the parameter \
                 Masters of the stack"
            ))
        })?;
        Ok((secret, master))
    }

    /// One more token. It is written down before, and struck out where it is known that none works now.
    async fn add(&self, context: &Context<'_>, secret: &BearerSecret, master: &Master) -> Result<oauth2::Token, Error> {
        const KNOWS_ONE: &str =
            "the server gave the token again that clients use now: it knows one at a time; set OAUTH2_STYLE=single";
        context.intend().await?;
        let Unminted { error, left } = match oauth2::try_mint(&self.client, master).await {
            Ok(token) if is_same(&token.access_token, &secret.access_token) => {
                Unminted { error: Error::refused(KNOWS_ONE), left: Left::Nothing }
            }
            Ok(token) => return Ok(token),
            Err(unminted) => unminted,
        };
        match left {
            Left::Unknown => return Err(error),
            // What clients use now is no leftover.
            Left::Token(token) if !is_same(&token, &secret.access_token) => {
                if let Err(other) = oauth2::revoke(&self.client, master, &token).await {
                    return Err(
                        error.context(format!("a token was made that may work; it could not be revoked ({other})"))
                    );
                }
                context.nothing_is_left().await?;
                return Err(error.context("a token was made, and revoked"));
            }
            Left::Token(_) | Left::Nothing => {}
        }
        context.nothing_is_left().await?;
        Err(error)
    }

    /// A token of a server that knows one at a time: the one that there is, unless clients use that one, which is revoked first.
    async fn replace(
        &self,
        context: &Context<'_>,
        secret: &BearerSecret,
        master: &Master,
    ) -> Result<oauth2::Token, Error> {
        let there = oauth2::mint(&self.client, master).await?;
        // After an interruption the one that was revoked is gone already, and this one nobody has yet.
        if !is_same(&there.access_token, &secret.access_token) {
            return Ok(there);
        }
        // Written first: whoever is interrupted between the two shall still be able to say since when clients are without.
        context.records.revoked(context.request).await?;
        oauth2::revoke(&self.client, master, &there.access_token).await?;
        let made = oauth2::mint(&self.client, master).await?;
        if is_same(&made.access_token, &secret.access_token) {
            return Err(Error::refused("the server gave the token again that it had just revoked; nothing was kept"));
        }
        Ok(made)
    }
}

fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

impl Credential for BearerToken {
    const NAME: &'static str = "rotate-bearer-token";
    const IS_MINTED: bool = true;
    const PURPOSE: &'static str =
        "Rotates the bearer token of an OAuth2 client; on a schedule, revokes old ones whose overlap is over";
    const SETTINGS: &'static [&'static [Setting]] = &[rotation_steps::SETTINGS, settings::SETTINGS];

    fn open(_: &Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        Self::new(Settings::read(variables)?, Self::swept(variables)?, Bindings::read(variables)?)
    }

    async fn make(&self, context: &Context<'_>, of_secret: &OfSecret) -> Result<SecretString, Error> {
        let current = context.current.ok_or_else(|| Error::refused("the secret has no value; put one"))?;
        let (secret, master) = self.bound(&context.request.secret, current)?;
        let proof = proof::prove(context, of_secret, &self.client, current, &secret);
        let (master, proof) = join(Master::fetch(context.secrets, &master), proof).await;
        let (master, proof) = (master?, proof?);
        // Not beside the master: without one nothing is written, so that a first value that was wrong may still be another.
        if proof == Proof::Anew {
            context.records.record_proved(&context.request.secret, current).await?;
        }
        let token = match self.style {
            Style::Single => self.replace(context, &secret, &master).await?,
            Style::Overlap => self.add(context, &secret, &master).await?,
        };
        if let Some(seconds) = token.expires_in {
            context.lives(Duration::from_secs(seconds));
        }
        Ok(secret.with(&token))
    }

    async fn remember(&self, context: &Context<'_>, made: &SecretString) -> Result<(), Error> {
        let made = BearerSecret::read(made)?;
        context.records.record_own(&context.request.secret, &made.access_token, &made.keys_beside()).await
    }

    async fn take_back(&self, context: &Context<'_>, made: &SecretString) -> Result<(), Error> {
        // Where there is one token at a time, whoever was faster has the same one.
        if self.style == Style::Single {
            return Ok(());
        }
        self.revoke(context.secrets, &context.request.secret, made).await
    }

    async fn set(&self, context: &Context<'_>, pending: &SecretString) -> Result<(), Error> {
        if self.style == Style::Overlap {
            return Ok(());
        }
        let (secret, master) = self.known(context.secrets, &context.request.secret, pending).await?;
        let there = oauth2::mint(&self.client, &master).await?;
        if is_same(&there.access_token, &secret.access_token) {
            return Ok(());
        }
        Err(Error::refused("The bearer token was changed outside Secrets Manager. Please check."))
    }

    async fn test(&self, _: &Context<'_>, pending: &SecretString) -> Result<(), Error> {
        oauth2::verify(&self.client, &BearerSecret::read(pending)?.access_token).await
    }

    async fn check(&self, _: &Context<'_>, current: &SecretString) -> Result<(), Error> {
        oauth2::verify(&self.client, &BearerSecret::read(current).doing(|| "AWSCURRENT")?.access_token).await
    }

    fn overlap(&self) -> Option<Duration> {
        self.overlap
    }

    fn is_same(&self, one: &SecretString, other: &SecretString) -> bool {
        let (one, other) = (BearerSecret::read(one), BearerSecret::read(other));
        matches!((one, other), (Ok(one), Ok(other)) if is_same(&one.access_token, &other.access_token))
    }

    fn is_empty(&self, value: &SecretString) -> bool {
        BearerSecret::read(value).is_ok_and(|it| it.access_token.expose_secret().is_empty())
    }

    fn swept(&self) -> &[SecretArn] {
        &self.swept
    }

    async fn revoke(&self, secrets: &Secrets, arn: &SecretArn, value: &SecretString) -> Result<(), Error> {
        let (secret, master) = self.known(secrets, arn, value).await.doing(|| "a former value")?;
        oauth2::revoke(&self.client, &master, &secret.access_token).await
    }
}
