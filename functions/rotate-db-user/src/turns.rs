//! Two users that take turns, and what the master's power is used for: only for users that the secret has proved to be its own.

use reaction::{Doing, Error};
use rotation::SecretArn;
use rotation_steps::Context;
use secrecy::SecretString;

use crate::engine::{Cloned, Connection, Engine, Login};
use crate::master::check_place;
use crate::secret::{DbSecret, Pair};
use crate::{DbPassword, check_keys, taken_before};

/// A login by which the secret proves a user.
struct Proof {
    session: Connection,
    login: Login,
}

/// What one turn is about.
pub(crate) struct Turn<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) current: &'a DbSecret,
    pub(crate) pending: &'a DbSecret,
    /// The master secret that the settings bind the secret to.
    pub(crate) master: &'a SecretArn,
    /// Whether the pending password was set before, and so is not to be set again.
    pub(crate) is_taken: bool,
}

impl DbPassword {
    /// The master makes the clone equal to the original, and sets the password of the one whose turn it is. The order counts: the
    /// secret proves itself before the master logs in, and the password comes last, since a clone that can log in is taken for whole.
    pub(crate) async fn set_other(&self, turn: &Turn<'_>) -> Result<(), Error> {
        let Turn { context, current, pending, .. } = turn;
        let pair = Pair::of(&current.login)?;
        let master = self.masters.read(context.secrets, turn.master).await?;
        for login in [&current.login, &pending.login] {
            check_place(login, &master)?;
        }
        check_master(&pair, &master)?;
        let mut proof = self.prove(turn, &pair, &master).await?;
        // Before the clone is made, which gives it the password.
        if turn.is_taken && !self.is_set(&at(&pending.login, &master), true).await? {
            return Err(taken_before(context, pending));
        }
        let mut connection = self.log_in(&master).await.doing(|| format!("the master of {}", turn.master))?;
        check_server(&mut connection, &mut proof, &master).await?;
        drop(proof);
        check_powers(&mut connection, &pair).await?;
        let judged = self.check_users(turn, &pair, &master, &mut connection).await?;
        let Pair { original, clone } = &pair;
        let (set, marks) = match connection.ensure_clone(original, clone, &pending.login.password, &judged.seen).await {
            Ok(Cloned { marks, left }) => (self.set_turn(turn, &master, &mut connection, &left).await, marks),
            Err(error) => (Err(error.into()), None),
        };
        // Whatever came of it: an account of MariaDB may have been made, or have another password.
        let noted = self.record_users(turn, &pair, &master, &mut connection, (&judged.recorded, marks)).await;
        set.and(noted)
    }

    async fn set_turn(
        &self,
        turn: &Turn<'_>,
        master: &Login,
        connection: &mut Connection,
        left: &[String],
    ) -> Result<(), Error> {
        let pending = &turn.pending.login;
        // A server may refuse a password that it has already.
        if !self.is_set(&at(pending, master), turn.is_taken).await? {
            let former = self.former(turn, master).await?;
            self.set_and_prove(turn.context, connection, pending, former.as_ref()).await?;
        }
        if left.is_empty() { Ok(()) } else { turn.context.leave(&left.join("; ")).await }
    }

    /// The password that the user has now, as far as the secret knows it: one that does not log in is not to be restored.
    async fn former(&self, turn: &Turn<'_>, master: &Login) -> Result<Option<SecretString>, Error> {
        let former = turn.context.previous.and_then(|it| DbSecret::read(it).ok());
        let Some(former) = former.filter(|it| it.login.user == turn.pending.login.user) else { return Ok(None) };
        let works = self.works(&at(&former.login, master)).await?.is_some();
        Ok(works.then_some(former.login.password))
    }

    /// That a password of the secret logs in at the master's server, as one of the two users. A server of the writer's own would
    /// accept any password, and an unproved password could be for any user.
    async fn prove(&self, turn: &Turn<'_>, pair: &Pair, master: &Login) -> Result<Proof, Error> {
        let mut versions = Self::versions(turn);
        versions.retain(|it| [&pair.original, &pair.clone].contains(&&it.login.user));
        // Those with other keys prove nothing, and come last: where only they log in, that is said.
        versions.sort_by_key(|it| !turn.pending.differs_in(it).is_empty());
        for version in &versions {
            let login = at(&version.login, master);
            if let Some(mut session) = self.works(&login).await? {
                check_keys(turn.pending, version)?;
                if session.is_of(&login.user).await? {
                    return Ok(Proof { session, login });
                }
            }
        }
        let Pair { original, clone } = pair;
        Err(Error::refused(format!(
            "{original} or {clone} cannot log in with AWSCURRENT or AWSPREVIOUS at {}, the server of the master, and the master's \
             power is for users whose password is proved, which a login as an anonymous account, with an expired password or \
             without being asked for one does not: set the password of {} in the database to that of AWSCURRENT",
            master.place(),
            turn.current.login.user
        )))
    }

    /// Whether a version of the secret has a password with which this user logs in at the master's server, in all that has its name there.
    pub(crate) async fn is_proved(
        &self,
        turn: &Turn<'_>,
        user: &str,
        master: &Login,
        connection: &mut Connection,
    ) -> Result<bool, Error> {
        // One with other keys proves none of those that clients are to get.
        let is_proof = |it: &&DbSecret| it.login.user == user && turn.pending.differs_in(it).is_empty();
        let versions = Self::versions(turn).into_iter().chain(as_made(turn));
        for version in versions.collect::<Vec<_>>().iter().filter(is_proof) {
            let login = at(&version.login, master);
            if let Some(mut session) = self.works(&login).await?
                && session.is_of(user).await?
            {
                let mut proof = Proof { session, login };
                check_server(connection, &mut proof, master).await?;
                check_accounts(connection, &mut proof).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The versions that may prove a user. AWSPENDING logs in where an earlier run of this step set it, over the password of
    /// AWSPREVIOUS.
    fn versions(turn: &Turn<'_>) -> Vec<DbSecret> {
        // One that cannot be read is no way in.
        let previous = turn.context.previous.and_then(|it| DbSecret::read(it).ok());
        [Some(turn.current.clone()), previous, Some(turn.pending.clone())].into_iter().flatten().collect()
    }
}

/// A clone as Signalbox makes it in PostgreSQL, on the turn of either user: with the pending password.
fn as_made(turn: &Turn<'_>) -> Option<DbSecret> {
    let pending = turn.pending;
    let Pair { clone, .. } = Pair::of(&pending.login).ok()?;
    let is_other = pending.login.engine == Engine::Postgres && pending.login.user != clone;
    is_other.then(|| pending.with(&clone, &pending.login.password))
}

/// A login at the master's server, with TLS wherever the master has it.
fn at(login: &Login, master: &Login) -> Login {
    let Login { engine, host, port, .. } = master.clone();
    Login { engine, host, port, is_encrypted: login.is_encrypted || master.is_encrypted, ..login.clone() }
}

/// That a login which proves a user is at the server where the master's power would be used.
async fn check_server(connection: &mut Connection, proof: &mut Proof, master: &Login) -> Result<(), Error> {
    let Proof { session, login } = proof;
    if connection.shares_server_with(session, &login.user).await? {
        return Ok(());
    }
    let database = |it: &Login| it.database.as_deref().map_or("not set".into(), |name| format!("`{name}`"));
    Err(Error::refused(format!(
        "the master does not see the login of {} in {}: there, a pooler or proxy leads two databases to two servers (`dbname` is {} in the \
         secret, and {} in the master secret), and a password that one server takes proves no user of another; give each server an \
         endpoint of its own, and put it into both secrets (in MySQL and MariaDB, a master without the privilege PROCESS does not see it \
         either: grant that)",
        login.user,
        master.place(),
        database(login),
        database(master)
    )))
}

/// That a proved password is the one of all that has the name of its user.
async fn check_accounts(connection: &mut Connection, proof: &mut Proof) -> Result<(), Error> {
    let unproved = connection.unproved_beside(&mut proof.session).await?;
    if unproved.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "{} proves one account of its name, and Signalbox cannot see that {} has the same password: give an account of other people another \
         user name; to one that is this secret's, give the plugin and the authentication string of the account that clients use",
        proof.login.user,
        unproved.join(", ")
    )))
}

/// That the master itself is not one of the two: its password would become one that clients read.
fn check_master(pair: &Pair, master: &Login) -> Result<(), Error> {
    let is_master = |user: &str| user.trim_end().eq_ignore_ascii_case(master.user.trim_end());
    if is_master(&pair.original) || is_master(&pair.clone) {
        return Err(Error::refused(format!(
            "{} is the master, and {} and {} take turns in this secret: Signalbox neither clones a master nor sets its password",
            master.user, pair.original, pair.clone
        )));
    }
    Ok(())
}

/// That neither has powers that are not to be handed on. The clone is judged, too: it may be older than this secret.
async fn check_powers(connection: &mut Connection, pair: &Pair) -> Result<(), Error> {
    for user in [&pair.original, &pair.clone] {
        let powers = connection.powers_of(user).await?;
        if !powers.is_empty() {
            return Err(Error::refused(format!(
                "{user} has powers that Signalbox clones for no user ({}): take them away, or rotate the secret as one user's, without \
                 a master",
                powers.join(", ")
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{Engine, Login, at, check_master};
    use crate::secret::Pair;

    fn login(user: &str, host: &str, is_encrypted: bool) -> Login {
        let (password, database) = (SecretString::from("hunter2"), Some("orders".to_owned()));
        Login {
            engine: Engine::Mysql,
            host: host.into(),
            port: 3306,
            user: user.into(),
            password,
            database,
            is_encrypted,
        }
    }

    #[test]
    fn a_master_takes_no_turns() {
        let master = login("admin", "db.example.com", true);
        for (user, may) in
            [("app", true), ("admin", false), ("admin_clone", false), ("Admin", false), ("admin ", false)]
        {
            assert_eq!(check_master(&Pair::of(&login(user, "x", true)).unwrap(), &master).is_ok(), may, "{user}");
        }
        let master = login("app_clone", "db.example.com", true);
        assert!(check_master(&Pair::of(&login("app", "x", true)).unwrap(), &master).is_err());
    }

    #[test]
    fn a_password_is_proved_where_the_master_is() {
        let master = login("admin", "db.example.com", true);
        let proof = at(&login("app", "of-a-stranger.example.com", false), &master);
        assert_eq!((proof.host.as_str(), proof.is_encrypted, proof.user.as_str()), ("db.example.com", true, "app"));
        assert_eq!(proof.database.as_deref(), Some("orders"));
    }
}
