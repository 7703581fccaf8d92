//! A password that is set is proved at once, while it can still be taken back: a pooler or proxy before the server may know only the
//! former one, and let in no client any more.

use reaction::Error;
use rotation_steps::Context;
use secrecy::SecretString;

use crate::DbPassword;
use crate::engine::{self, Connection, Engine, Login, Why, connect};

/// What a login with a password says that the server has just taken.
#[derive(Debug)]
enum Proof {
    /// Clients get in, or something else is in the way, such as a limit of one connection: that says nothing about the password,
    /// and testSecret asks again.
    Enough,
    /// Clients do not get in.
    Refused(engine::Error),
    /// It is not known.
    Unknown(engine::Error),
}

impl Proof {
    fn of(tried: Result<(), engine::Error>) -> Self {
        match tried {
            Err(error) if error.why == Why::Credential => Self::Refused(error),
            Err(error) if !matches!(error.why, Why::Hindered(_)) => Self::Unknown(error),
            Ok(()) | Err(_) => Self::Enough,
        }
    }
}

/// Why clients do not get in with a password that the server has.
fn cause(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => {
            "AWSPENDING works in the database, but not at the secret's host: a pooler such as PgBouncer there has a list of passwords \
             of its own (auth_file); have it ask the database (auth_query), or name the database itself in the secret"
        }
        Engine::Mysql | Engine::Mariadb => {
            "AWSPENDING works in the database, but not at the secret's host: a proxy such as ProxySQL, MaxScale or RDS Proxy there has \
             passwords of its own (the table mysql_users, or a secret); have it take them from the database or from this secret, or \
             name the database itself in the secret"
        }
    }
}

impl DbPassword {
    /// Sets the pending password. Where that is refused then, the user gets the former one back, if there is one. Of accounts that
    /// were left alone the operator is told.
    pub(crate) async fn set_and_prove(
        &self,
        context: &Context<'_>,
        connection: &mut Connection,
        pending: &Login,
        former: Option<&SecretString>,
    ) -> Result<(), Error> {
        let (user, cause) = (&pending.user, cause(pending.engine));
        let left = connection.set_password(user, &pending.password).await?;
        let said = match Proof::of(connect(pending, &self.settings.trust).await.map(drop)) {
            Proof::Enough if left.is_empty() => return Ok(()),
            Proof::Enough => return context.leave(&left.join("; ")).await,
            Proof::Unknown(error) => return Err(Error::failed(error)),
            Proof::Refused(error) => error,
        };
        let Some(former) = former else {
            return Err(Error::refused(format!("{cause} ({said})")));
        };
        match connection.restore_password(user, former).await {
            Ok(()) => Err(Error::refused(format!("{cause}. The former password was restored ({said})"))),
            Err(error) => Err(Error::failed(format!(
                "{cause}. The former password could not be restored: {error}; set the password of {user} in the database to that of \
                 AWSCURRENT ({said})"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Engine, Proof, Why, cause, engine};

    /// No proxy before MariaDB is among the servers of the tests.
    #[test]
    fn only_a_refused_password_is_taken_back() {
        let of = |why| Proof::of(Err(engine::Error::new(why, "no")));
        assert!(matches!(of(Why::Credential), Proof::Refused(_)));
        assert!(matches!(of(Why::Hindered("it is full")), Proof::Enough) && matches!(Proof::of(Ok(())), Proof::Enough));
        for why in [Why::Unreachable, Why::Untrusted, Why::Missing, Why::Policy, Why::Other] {
            assert!(matches!(of(why), Proof::Unknown(_)), "{why:?}");
        }
    }

    #[test]
    fn the_likely_cause_is_one_of_the_kind_of_server() {
        for (engine, proxy) in
            [(Engine::Postgres, "PgBouncer"), (Engine::Mysql, "RDS Proxy"), (Engine::Mariadb, "ProxySQL")]
        {
            assert!(cause(engine).contains(proxy), "{engine:?}");
        }
    }
}
