//! The master of a user, and where its power may be used. Nothing of that comes from the user's secret: its writer could have the
//! master's password sent to another server, or make a server believe whatever the secret says.

use std::sync::Arc;

use aws::{Clients, Sessions};
use aws_sdk_rds::Client;
use reaction::{Doing, Error};
use rotation::{SecretArn, Stage};
use rotation_steps::Secrets;

use crate::engine::Login;
use crate::rds::{RDS, place_of};
use crate::secret::{DbSecret, names_a_server};

/// What reads masters.
pub(crate) struct Masters {
    rds: Clients<Client>,
}

impl Masters {
    pub(crate) fn new(sessions: Arc<Sessions>) -> Self {
        Self { rds: Clients::new(sessions, Client::new) }
    }

    /// The master's login: at the server that its own secret names, or RDS where RDS manages the secret.
    pub(crate) async fn read(&self, secrets: &Secrets, arn: &SecretArn) -> Result<Login, Error> {
        let value = secrets.value_at(&arn.to_string(), Stage::Current).await?;
        let value = value.ok_or_else(|| Error::refused(format!("the master secret {arn} has no value")))?;
        if names_a_server(&value).doing(|| "the master secret")? {
            return Ok(DbSecret::read(&value).doing(|| "the master secret")?.login);
        }
        let owner = secrets.owner_of(arn).await?.filter(|owner| owner.service == RDS).ok_or_else(|| {
            Error::refused(format!(
                "the master secret {arn} has neither `engine` nor `host`, and RDS does not manage it: add both, and `port` where it \
                 is not the usual one"
            ))
        })?;
        let place = place_of(&self.rds, arn, &owner).await?;
        Ok(DbSecret::read_at(&value, &place).doing(|| "the master secret")?.login)
    }
}

/// That the secret of a user is of the master's server, and asks for no weaker TLS.
pub(crate) fn check_place(user: &Login, master: &Login) -> Result<(), Error> {
    let place = |it: &Login| format!("{} at {}:{}", it.engine.name(), it.host, it.port);
    if (user.engine, user.host_name(), user.port) != (master.engine, master.host_name(), master.port) {
        return Err(Error::refused(format!(
            "the secret is of {}, and its master of {}: set `engine`, `host` and `port` in the secret to the latter. A reader \
             endpoint, an address or another name of the same server does not do, since only the master's own name is known to \
             lead to the server",
            place(user),
            place(master)
        )));
    }
    if master.is_encrypted && !user.is_encrypted {
        return Err(Error::refused(
            "the secret says `\"ssl\": false`, and the master logs in with TLS: take `ssl` out of the secret, or have an operator \
             turn TLS off in the master secret",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::check_place;
    use crate::engine::{Engine, Login};

    fn login(engine: Engine, host: &str, port: u16, is_encrypted: bool) -> Login {
        let (user, password, database) = ("app".into(), SecretString::from("hunter2"), None);
        Login { engine, host: host.into(), port, user, password, database, is_encrypted }
    }

    #[test]
    fn a_user_is_where_its_master_is() {
        let master = login(Engine::Postgres, "db.example.com", 5432, true);
        for host in ["db.example.com", "DB.Example.com", "db.example.com."] {
            check_place(&login(Engine::Postgres, host, 5432, true), &master).unwrap();
        }
        for other in [
            login(Engine::Postgres, "db.example.com..", 5432, true),
            login(Engine::Postgres, "db.cluster-ro-abc.example.com", 5432, true),
            login(Engine::Postgres, "db.example.com", 6432, true),
            login(Engine::Mysql, "db.example.com", 5432, true),
        ] {
            let said = check_place(&other, &master).unwrap_err();
            assert!(said.is_refused() && said.to_string().contains("A reader endpoint"), "{said}");
        }
    }

    /// Without it, the new password would go in the clear when it is tested.
    #[test]
    fn a_user_does_without_tls_only_where_its_master_does() {
        let [with, without] = [true, false].map(|is| login(Engine::Mariadb, "db.example.com", 3306, is));
        assert!(check_place(&without, &with).unwrap_err().to_string().contains("the master logs in with TLS"));
        assert!(
            [(&with, &with), (&with, &without), (&without, &without)]
                .into_iter()
                .all(|(a, b)| check_place(a, b).is_ok())
        );
    }
}
