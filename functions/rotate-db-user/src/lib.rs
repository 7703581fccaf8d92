//! `rotate-db-user`: the password of a database user, rotated as Secrets Manager asks, step by step.
//!
//! The four steps are in `shared/secrets`; what a password needs of them stands here. Databases are spoken to in `engine.rs`.
//! A secret without `masterarn` is that of one user, who changes their own password. With `masterarn` two users take turns, and
//! the master changes the password of the one whose turn it is: the other one's works on.

pub mod engine;
mod pooled;
pub mod secret;
mod settings;

use reaction::{Doing, Error};
use rotation::Stage;
use secrecy::SecretString;
use secrets::{Context, Credential, Rotating};

use engine::{Connection, Login, Why, connect};
use secret::DbSecret;
pub use settings::Settings;

/// The function.
pub type RotateDbUser = Rotating<DbPassword>;

/// A password of a database user.
pub struct DbPassword {
    settings: Settings,
}

impl DbPassword {
    /// A password by these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Only user and password can be refused here. Whatever else keeps us out (a certificate, a database that is gone) says nothing
    /// about them: giving up a password that is set already would lock its user out.
    async fn log_in(&self, login: &Login) -> Result<Connection, Error> {
        connect(login, &self.settings.trust).await.map_err(|error| match error.why {
            Why::Credential => Error::refused(error),
            _ => Error::failed(error),
        })
    }

    /// Whether this login works; an error where nobody knows.
    async fn works(&self, login: &Login) -> Result<Option<Connection>, Error> {
        match self.log_in(login).await {
            Ok(connection) => Ok(Some(connection)),
            Err(Error::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One user: whoever of the current and the previous password gets in sets the pending one.
    async fn set_own(&self, context: &Context<'_>, current: &DbSecret, pending: &DbSecret) -> Result<(), Error> {
        let mut logins = vec![current.login.clone()];
        // One that cannot be read is no way in, and none of our business where the current one is.
        let previous = context.previous.and_then(|it| DbSecret::read(it).ok());
        let is_ours = |it: &DbSecret| it.is_beside(current) && it.login.user == current.login.user;
        logins.extend(previous.filter(is_ours).map(|it| it.login));
        for login in &logins {
            if let Some(mut connection) = self.works(login).await? {
                return self.set_and_prove(&mut connection, &pending.login, Some(&login.password)).await;
            }
        }
        // Another run of this step may have set it meanwhile, whereupon nothing else gets in.
        if self.works(&pending.login).await?.is_some() {
            return Ok(());
        }
        Err(Error::refused(format!(
            "{} gets in with none of AWSPENDING, AWSCURRENT and AWSPREVIOUS: set the password in the database to that of AWSCURRENT, \
             or, where it has passed, its VALID UNTIL to a later time",
            current.login.user
        )))
    }

    /// Two users: the master makes the one whose turn it is as the other one, and sets its password.
    async fn set_other(&self, context: &Context<'_>, current: &DbSecret, pending: &DbSecret) -> Result<(), Error> {
        let Some(arn) = &current.master else { return Ok(()) };
        let master = context.secrets.value_at(&arn.to_string(), Stage::Current).await?;
        let master = master.ok_or_else(|| Error::refused(format!("the master secret {arn} has no value")))?;
        let master = current.read_master(&master).doing(|| "the master secret")?;
        // A master of another server would carry a password to somebody who should not have it.
        if (&master.login.host, master.login.port) != (&current.login.host, current.login.port) {
            return Err(Error::refused("the master secret is of another host than the user's; correct `masterarn`"));
        }
        let mut connection = self.log_in(&master.login).await?;
        let (from, to, password) = (&current.login.user, &pending.login.user, &pending.login.password);
        connection.ensure_clone(from, to, password).await?;
        Ok(connection.set_password(to, password).await?)
    }
}

/// The pending secret, which has to be for the same database as the current one, and for the user whose turn it is: else we would
/// change the password of somebody else, or hand one to somebody else's server.
fn read_both(context: &Context<'_>, pending: &SecretString) -> Result<(DbSecret, DbSecret), Error> {
    let current = read_current(context)?;
    let pending = DbSecret::read(pending).doing(|| "AWSPENDING")?;
    let user = turn_of(&current)?;
    if !pending.is_beside(&current) || pending.login.user != user {
        return Err(Error::refused(format!(
            "AWSPENDING is not for {user} at the host, port and engine of AWSCURRENT; cancel the rotation, and rotate again"
        )));
    }
    Ok((current, pending))
}

fn read_current(context: &Context<'_>) -> Result<DbSecret, Error> {
    let current = context.current.ok_or_else(|| Error::refused("the secret has no current value; put one"))?;
    DbSecret::read(current).doing(|| "AWSCURRENT")
}

/// Whose password is to be changed.
fn turn_of(current: &DbSecret) -> Result<String, Error> {
    match current.master {
        Some(_) => current.other_user(),
        None => Ok(current.login.user.clone()),
    }
}

impl Credential for DbPassword {
    const NAME: &'static str = "rotate-db-user";
    const IS_MINTED: bool = false;

    async fn make(&self, context: &Context<'_>) -> Result<SecretString, Error> {
        let current = read_current(context)?;
        let user = turn_of(&current)?;
        let password = context.secrets.password(&self.settings.passwords).await?;
        Ok(current.with(&user, &password).to_text())
    }

    async fn take_back(&self, _: &Context<'_>, _: &SecretString) -> Result<(), Error> {
        // No server knows it yet.
        Ok(())
    }

    async fn set(&self, context: &Context<'_>, pending: &SecretString) -> Result<(), Error> {
        let (current, pending) = read_both(context, pending)?;
        match self.works(&pending.login).await {
            Ok(Some(_)) => return Ok(()),
            // A clone that is not there yet may be kept out by what its original is let in by, such as a rule for a group.
            Err(_) if current.master.is_some() => {}
            Err(error) => return Err(error),
            Ok(None) => {}
        }
        match current.master {
            Some(_) => self.set_other(context, &current, &pending).await,
            None => self.set_own(context, &current, &pending).await,
        }
    }

    async fn test(&self, context: &Context<'_>, pending: &SecretString) -> Result<(), Error> {
        let (_, pending) = read_both(context, pending)?;
        let mut connection = self.log_in(&pending.login).await?;
        Ok(connection.probe(&self.settings.probe).await?)
    }

    async fn check(&self, _: &Context<'_>, current: &SecretString) -> Result<(), Error> {
        let current = DbSecret::read(current).doing(|| "AWSCURRENT")?;
        let mut connection = self.log_in(&current.login).await?;
        Ok(connection.probe(&self.settings.probe).await?)
    }
}
