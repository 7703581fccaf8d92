//! A password that is set is proved at once, while it can still be taken back: a pooler such as PgBouncer may know only the former
//! one, and let in no client any more.

use reaction::Error;
use secrecy::SecretString;

use crate::DbPassword;
use crate::engine::{Connection, Engine, Login, Why, connect};

const CAUSE: &str = "AWSPENDING works in the database, but not at the secret's host: a pooler such as PgBouncer there has a list of \
                     passwords of its own (auth_file); have it ask the database (auth_query), or name the database itself in the secret";

impl DbPassword {
    /// Sets the pending password. Where that is refused then, the user gets the former one back, if there is one.
    pub(crate) async fn set_and_prove(
        &self,
        connection: &mut Connection,
        pending: &Login,
        former: Option<&SecretString>,
    ) -> Result<(), Error> {
        let user = &pending.user;
        connection.set_password(user, &pending.password).await?;
        if pending.engine != Engine::Postgres {
            return Ok(());
        }
        let said = match connect(pending, &self.settings.trust).await {
            Err(error) if error.why == Why::Credential => error,
            Ok(_) => return Ok(()),
            // As where the user may have one connection only: that says nothing about the password, and testSecret asks again.
            Err(error) if matches!(error.why, Why::Hindered(_)) => return Ok(()),
            Err(error) => return Err(Error::failed(error)),
        };
        let Some(former) = former else {
            return Err(Error::refused(format!("{CAUSE} ({said})")));
        };
        match connection.restore_password(user, former).await {
            Ok(()) => Err(Error::refused(format!("{CAUSE}. The former password was restored ({said})"))),
            Err(error) => Err(Error::failed(format!(
                "{CAUSE}. The former password could not be restored: {error}; set the password of {user} in the database to that of \
                 AWSCURRENT ({said})"
            ))),
        }
    }
}
