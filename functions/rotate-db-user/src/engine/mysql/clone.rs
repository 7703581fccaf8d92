//! A clone is made equal to its original on each turn: what it lacks is granted, what it has too much is revoked. Its password
//! comes last and elsewhere, so that a clone that can log in is whole.

use std::collections::BTreeSet;

use mysql_async::prelude::Queryable;
use secrecy::{ExposeSecret, SecretString};

use super::account::Account;
use super::cause::{GONE, explain};
use super::demands::Demands;
use super::powers::powers;
use super::rights::{Rights, object_of};
use super::{Error, Session, Why};

/// What stands at the end of a clone's name.
const CLONE: &str = "_clone";

const LOCKED: &str =
    "an account of a pair is locked; see why, and unlock it with ALTER USER .. ACCOUNT UNLOCK, or end its rotation";

/// How often a difference is made up for. To revoke a privilege of a table revokes it of columns too, so that one may be left.
const ROUNDS: usize = 3;

/// An account as it stands in the server.
#[derive(PartialEq, Eq)]
struct State {
    demands: Demands,
    rights: Rights,
}

/// Its powers were judged before; what is granted now is what is read now.
fn check_powers(original: &Account, rights: &Rights) -> Result<(), Error> {
    let powers = powers(rights).join(", ");
    if powers.is_empty() {
        return Ok(());
    }
    let said = "was given powers during this turn that Signalbox clones for no user";
    Err(Error::new(Why::Other, format!("{original} {said} ({powers}): take them away")))
}

impl Session {
    /// The name without `_clone` is always the original, whosever turn it is.
    pub(in super::super) async fn ensure_clone(
        &mut self,
        from: &str,
        to: &str,
        password: &SecretString,
    ) -> Result<(), Error> {
        let (original, clone) = if from.strip_suffix(CLONE) == Some(to) { (to, from) } else { (from, to) };
        let originals = self.accounts(original).await?;
        let clones = self.accounts_of(clone).await?;
        let host = |account: &Account, user: &str| Account { user: user.into(), host: account.host.clone() };
        if let Some(alone) = clones.iter().find(|it| !originals.contains(&host(it, original))) {
            let other = host(alone, original);
            return Err(Error::new(Why::Other, format!("{alone} is a clone of no account: drop it, or make {other}")));
        }
        for account in &originals {
            self.ensure_account(account, &host(account, clone), &clones, password).await?;
        }
        Ok(())
    }

    async fn ensure_account(
        &mut self,
        original: &Account,
        clone: &Account,
        clones: &[Account],
        password: &SecretString,
    ) -> Result<(), Error> {
        let plugin = self.plugin_of(original).await?.0;
        if clones.contains(clone) {
            plugin.check_same(clone, &self.plugin_of(clone).await?.0)?;
        } else {
            // Without a password, anybody could log in, and with the pending one a clone without privileges would look whole.
            // What is kept nowhere satisfies each rule that the pending password does.
            let unknown = format!("{}{}", password.expose_secret(), uuid::Uuid::new_v4().simple());
            self.run_secretly(&format!("CREATE USER IF NOT EXISTS {clone} {}", plugin.identified(&unknown))).await?;
        }
        let mut gone = BTreeSet::new();
        for _ in 0..ROUNDS {
            let wanted = self.state_of(original, &gone).await?;
            check_powers(original, &wanted.rights)?;
            let has = self.state_of(clone, &gone).await?;
            let statements = self.difference(&has, &wanted, clone);
            if statements.is_empty() {
                return Ok(());
            }
            for statement in &statements {
                gone.extend(self.run_unless_gone(statement).await?);
            }
        }
        let (wanted, has) = (self.state_of(original, &gone).await?, self.state_of(clone, &gone).await?);
        match self.difference(&has, &wanted, clone).first() {
            None => Ok(()),
            Some(left) => Err(Error::new(Why::Other, format!("{clone} is not as {original}: {left} had no effect"))),
        }
    }

    async fn state_of(&mut self, account: &Account, gone: &BTreeSet<String>) -> Result<State, Error> {
        let demands = Demands::read(&self.made(account).await?)?;
        if demands.is_locked {
            return Err(Error::new(Why::Hindered(LOCKED), account));
        }
        let lines = self.lines(&format!("SHOW GRANTS FOR {account}")).await?;
        let rights = Rights::read(&lines, demands.default_roles.clone(), self.server.quotes_columns())?.without(gone);
        Ok(State { demands, rights })
    }

    fn difference(&self, has: &State, wanted: &State, clone: &Account) -> Vec<String> {
        let demands = has.demands.statement(&wanted.demands, clone);
        demands.into_iter().chain(has.rights.statements(&wanted.rights, clone, self.server.is_mariadb)).collect()
    }

    /// What a statement could not grant anything on, since it is gone: what was granted on a table outlives it. It is prepared, since a
    /// server prepares one statement and never two.
    async fn run_unless_gone(&mut self, statement: &str) -> Result<Option<String>, Error> {
        match self.conn.exec_drop(statement, ()).await {
            Err(mysql_async::Error::Server(it)) if GONE.contains(&it.code) && object_of(statement).is_some() => {
                Ok(object_of(statement).map(String::from))
            }
            done => done.map(|()| None).map_err(|error| explain(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Rights, check_powers};

    /// Between the look at a user's powers and the statements for its clone, its rights may have become others.
    #[test]
    fn what_is_granted_meanwhile_is_not_cloned() {
        let account = Account { user: "app".into(), host: "%".into() };
        let check = |line: &str| check_powers(&account, &Rights::read(&[line.into()], None, true).unwrap());
        let error = check("GRANT CREATE USER ON *.* TO `app`@`%`").unwrap_err().to_string();
        assert!(error.contains("'app'@'%'") && error.contains("(CREATE USER ON *.*)"), "{error}");
        check("GRANT SELECT ON `d`.* TO `app`@`%`").unwrap();
    }
}
