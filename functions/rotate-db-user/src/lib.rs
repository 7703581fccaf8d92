#![doc = include_str!("../README.md")]

pub mod engine;
mod master;
mod pooled;
mod rds;
pub mod secret;
mod settings;
mod turns;
mod users;

use std::sync::Arc;

use aws::Sessions;
use reaction::settings::{Setting, Variables};
use reaction::{Doing, Error};
use rotation::SecretArn;
use rotation_steps::{Context, Credential, Made, OfSecret, PASSWORDS, Rotating};
use secrecy::SecretString;

use engine::{Connection, Login, Why, connect, connect_once};
use master::Masters;
pub use rds::Place;
use secret::DbSecret;
pub use settings::Settings;
use turns::Turn;

/// The function.
pub type RotateDbUser = Rotating<DbPassword>;

/// A password of a database user.
pub struct DbPassword {
    settings: Settings,
    masters: Masters,
}

impl DbPassword {
    /// A password by these settings; makes no call.
    #[must_use]
    pub fn new(settings: Settings, sessions: Arc<Sessions>) -> Self {
        Self { settings, masters: Masters::new(sessions) }
    }

    async fn log_in(&self, login: &Login) -> Result<Connection, Error> {
        connect(login, &self.settings.trust).await.map_err(of_login)
    }

    /// Whether this login works; an error where nobody knows.
    async fn works(&self, login: &Login) -> Result<Option<Connection>, Error> {
        known(self.log_in(login).await)
    }

    /// Whether the server has the pending password already. Where no run is known to have set it, it is refused as a rule; where that is
    /// a mistake, it is set again.
    pub(crate) async fn is_set(&self, pending: &Login, is_taken: bool) -> Result<bool, Error> {
        if is_taken {
            return Ok(self.works(pending).await?.is_some());
        }
        let connected = connect_once(pending, &self.settings.trust).await.map_err(of_login);
        Ok(known(connected)?.is_some())
    }

    /// One user: whoever of the current and the previous password gets in sets the pending one.
    async fn set_own(&self, context: &Context<'_>, current: &DbSecret, pending: &DbSecret) -> Result<(), Error> {
        let mut versions = vec![current.clone()];
        // One that cannot be read is no way in, and none of our business where the current one is.
        let previous = context.previous.and_then(|it| DbSecret::read(it).ok());
        let is_ours = |it: &DbSecret| it.is_beside(current) && it.login.user == current.login.user;
        versions.extend(previous.filter(is_ours));
        for version in &versions {
            let login = &version.login;
            if let Some(mut connection) = self.works(login).await? {
                // The new password would be tested in the clear.
                if login.is_encrypted && !pending.login.is_encrypted {
                    return Err(Error::refused(
                        "AWSCURRENT turns TLS off, and AWSPREVIOUS, which logs in, uses it: put the value of AWSPREVIOUS again, or one \
                         with a password that logs in without TLS",
                    ));
                }
                check_keys(pending, version)?;
                return self.set_and_prove(context, &mut connection, &pending.login, Some(&login.password)).await;
            }
        }
        // Another run of this step may have set it meanwhile, whereupon nothing else gets in.
        if self.is_set(&pending.login, false).await? {
            return Ok(());
        }
        Err(Error::refused(format!(
            "{} gets in with none of AWSPENDING, AWSCURRENT and AWSPREVIOUS: set the password in the database to that of AWSCURRENT, \
             or, where it has passed, its VALID UNTIL to a later time",
            current.login.user
        )))
    }

    /// The current secret, and the master that the settings bind it to.
    fn read_current(&self, context: &Context<'_>) -> Result<(DbSecret, Option<SecretArn>), Error> {
        let current = context.current.ok_or_else(|| Error::refused("the secret has no current value; put one"))?;
        let current = DbSecret::read(current).doing(|| "AWSCURRENT")?;
        let master = self.settings.masters.master_of(&context.request.secret, current.master.as_ref())?;
        Ok((current, master))
    }

    /// The pending secret, which has to be for the same database as the current one, and for the user whose turn it is: else
    /// Signalbox would change the password of another user, or hand one to another server.
    fn read_both(&self, context: &Context<'_>, pending: &SecretString) -> Result<Both, Error> {
        let (current, master) = self.read_current(context)?;
        let pending = DbSecret::read(pending).doing(|| "AWSPENDING")?;
        let user = turn_of(&current, master.as_ref())?;
        if !pending.is_beside(&current) || pending.login.user != user {
            return Err(Error::refused(format!(
                "AWSPENDING is not for {user} at the host, port and engine of AWSCURRENT; cancel the rotation, and rotate again"
            )));
        }
        Ok(Both { current, pending, master })
    }
}

/// Only user and password can be refused here. Whatever else keeps us out (a certificate, a database that is gone) says nothing
/// about them: giving up a password that is set already would lock its user out.
fn of_login(error: engine::Error) -> Error {
    match error.why {
        Why::Credential => Error::refused(error),
        _ => Error::failed(error),
    }
}

/// What a login gave, where it is known whether it works.
fn known(login: Result<Connection, Error>) -> Result<Option<Connection>, Error> {
    match login {
        Ok(connection) => Ok(Some(connection)),
        Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// That a password stands beside the same keys as the pending one: a writer who knows no password would else have the new one
/// put beside keys of their own, which clients obey.
fn check_keys(pending: &DbSecret, proved: &DbSecret) -> Result<(), Error> {
    let names = pending.differs_in(proved);
    if names.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "AWSPENDING and the version of {}'s secret whose password logs in differ in the keys {names:?}, and a password proves only the \
         keys beside it: put the keys that are right into AWSCURRENT, with a password that logs in, cancel the rotation, and rotate \
         again",
        proved.login.user
    )))
}

/// The values that a step is about.
struct Both {
    current: DbSecret,
    pending: DbSecret,
    master: Option<SecretArn>,
}

/// Whose password is to be changed.
fn turn_of(current: &DbSecret, master: Option<&SecretArn>) -> Result<String, Error> {
    match master {
        Some(_) => current.other_user(),
        None => Ok(current.login.user.clone()),
    }
}

/// A password that worked once and does not now is a former one: those who read the secret then would get in with it again.
fn taken_before(context: &Context<'_>, pending: &DbSecret) -> Error {
    Error::refused(format!(
        "the password of AWSPENDING was set before and does not log in as {} any more, and a former password is not set again: take \
         the label from version {} of the secret, and rotate again",
        pending.login.user, context.request.version
    ))
}

impl Credential for DbPassword {
    const NAME: &'static str = "rotate-db-user";
    const IS_MINTED: bool = false;
    const PURPOSE: &'static str = "Rotates the password of a user of PostgreSQL, MariaDB or MySQL";
    const SETTINGS: &'static [&'static [Setting]] = &[rotation_steps::SETTINGS, settings::SETTINGS, PASSWORDS];

    fn open(sessions: &Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        Ok(Self::new(Settings::read(variables)?, sessions.clone()))
    }

    async fn make(&self, context: &Context<'_>, _: &OfSecret) -> Result<SecretString, Error> {
        let (current, master) = self.read_current(context)?;
        let user = turn_of(&current, master.as_ref())?;
        let password = context.secrets.password(&self.settings.passwords).await?;
        let made = current.with(&user, &password).to_text();
        context.records.record_made(context.request, &made).await?;
        Ok(made)
    }

    async fn take_back(&self, _: &Context<'_>, _: &SecretString) -> Result<(), Error> {
        // No server knows it yet.
        Ok(())
    }

    async fn set(&self, context: &Context<'_>, pending: &SecretString) -> Result<(), Error> {
        let made = context.records.setting(context.request, pending).await?;
        let both = self.read_both(context, pending)?;
        // A writer of the secret would choose the password, without knowing any that is in it.
        if made == Made::Elsewhere {
            return Err(Error::refused(format!(
                "Signalbox did not make the value of AWSPENDING: take the label from version {} of the secret, and rotate again",
                context.request.version
            )));
        }
        let (Both { current, pending, master }, is_taken) = (both, made == Made::Taken);
        match &master {
            Some(master) => {
                self.set_other(&Turn { context, current: &current, pending: &pending, master, is_taken }).await?;
            }
            None if self.is_set(&pending.login, is_taken).await? => (),
            None if is_taken => return Err(taken_before(context, &pending)),
            None => self.set_own(context, &current, &pending).await?,
        }
        // Not before it works: a run that was interrupted may set it again.
        if is_taken { Ok(()) } else { context.records.record_taken(context.request).await }
    }

    async fn test(&self, context: &Context<'_>, pending: &SecretString) -> Result<(), Error> {
        let Both { pending, .. } = self.read_both(context, pending)?;
        let mut connection = self.log_in(&pending.login).await?;
        Ok(connection.probe(&self.settings.probe).await?)
    }

    async fn check(&self, _: &Context<'_>, current: &SecretString) -> Result<(), Error> {
        let current = DbSecret::read(current).doing(|| "AWSCURRENT")?;
        let mut connection = self.log_in(&current.login).await?;
        Ok(connection.probe(&self.settings.probe).await?)
    }
}
