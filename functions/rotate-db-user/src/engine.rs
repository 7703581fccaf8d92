//! What is done in a database, whichever it is: log in, give a user another password, make its twin, prove a login.
//!
//! TLS is verified. Only a secret that says `"ssl": false` goes without, and nothing falls back to that.

mod error;
mod mysql;
mod postgres;
mod proof;
mod restore;
mod trust;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

pub use error::{Error, Why};
pub use trust::Trust;

/// How long TCP, TLS and the login may take together.
pub const CONNECT: Duration = Duration::from_secs(5);

/// How long each of the other methods may take.
pub const STATEMENT: Duration = Duration::from_secs(10);

/// A kind of database server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL, Aurora's too.
    Postgres,
    /// MySQL, Aurora's too.
    Mysql,
    /// MariaDB.
    Mariadb,
}

impl Engine {
    /// Where it listens unless the secret says otherwise.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Postgres => 5432,
            Self::Mysql | Self::Mariadb => 3306,
        }
    }

    /// Whether it would refuse a user of this name, or, as PostgreSQL does, cut the name without a word.
    #[must_use]
    pub fn is_too_long(self, user: &str) -> bool {
        match self {
            Self::Postgres => user.len() > 63,
            Self::Mysql => user.chars().count() > 32,
            Self::Mariadb => user.chars().count() > 80,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
        }
    }
}

impl FromStr for Engine {
    type Err = reaction::Error;

    fn from_str(text: &str) -> Result<Self, reaction::Error> {
        match text {
            "postgres" | "aurora-postgresql" => Ok(Self::Postgres),
            "mysql" | "aurora-mysql" => Ok(Self::Mysql),
            "mariadb" => Ok(Self::Mariadb),
            _ => Err(reaction::Error::refused(
                "the secret of a database user: \"engine\" is none of postgres, aurora-postgresql, mysql, \
                 aurora-mysql and mariadb",
            )),
        }
    }
}

/// A user of a database, and where that is.
#[derive(Clone, Debug)]
pub struct Login {
    /// The kind of server.
    pub engine: Engine,
    /// Its name or address, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The user's password.
    pub password: SecretString,
    /// The database to log in to.
    pub database: Option<String>,
    /// Whether TLS is to be spoken; if not, everything goes in the clear.
    pub is_encrypted: bool,
}

impl Login {
    /// The host, by which two logins are of one server: in small letters, and without the dot at the end that a resolver takes.
    pub(crate) fn host_name(&self) -> String {
        let host = self.host.to_ascii_lowercase();
        host.strip_suffix('.').map(String::from).unwrap_or(host)
    }

    /// How messages call the server.
    pub(crate) fn place(&self) -> String {
        format!("{} at {}:{}", self.engine.name(), self.host, self.port)
    }
}

/// Users by their names, or roles that take the names, and of each its mark: what no later user of that name has.
pub type Marks = BTreeMap<String, SecretString>;

/// What a turn did to a clone.
pub struct Cloned {
    /// The marks of both users as they are now. In MySQL and MariaDB there are none, since a user has another mark with each password.
    pub marks: Option<Marks>,
    /// What could not be handed over, by a cause that others are: what the clone has of its own, which is never less than the original
    /// has.
    pub left: Vec<String>,
}

/// A login that the server took.
pub struct Connection {
    place: String,
    session: Session,
}

enum Session {
    Postgres(postgres::Session),
    Mysql(mysql::Session),
}

/// How often MariaDB is asked before its refusal is believed. Its driver has one of 256 logins by ed25519 refused though the password
/// is right, and does not tell the plugin: of two in a row it is one of 65,536.
const TRIES: usize = 2;

/// Logs in. A refusal of MariaDB's is believed when it comes twice.
///
/// # Errors
/// Where the server refuses the login, is not the one to trust, or does not answer within [`CONNECT`].
pub async fn connect(login: &Login, trust: &Trust) -> Result<Connection, Error> {
    connect_by(login, trust, TRIES).await
}

/// Logs in where a refusal is what is expected, and does no harm where it is a mistake: it is believed at once, since each counts at a
/// server that locks users.
///
/// # Errors
/// As those of [`connect`].
pub async fn connect_once(login: &Login, trust: &Trust) -> Result<Connection, Error> {
    connect_by(login, trust, 1).await
}

async fn connect_by(login: &Login, trust: &Trust, tries: usize) -> Result<Connection, Error> {
    let place = login.place();
    let doing = format!("logging in to {place} as {}", login.user);
    let session = async {
        match login.engine {
            Engine::Postgres => postgres::Session::open(login, trust).await.map(Session::Postgres),
            Engine::Mysql | Engine::Mariadb => mysql::Session::open(login, trust, tries).await.map(Session::Mysql),
        }
    };
    let session = within(CONNECT, session).await.map_err(|error| error.doing(doing))?;
    Ok(Connection { place, session })
}

impl Connection {
    /// Gives a user another password. Done again, it does no harm. Gives what is to be told of accounts of its name that were left
    /// alone.
    ///
    /// # Errors
    /// Where the user is not there, we may not, or the server's rules refuse the password.
    pub async fn set_password(&mut self, user: &str, password: &SecretString) -> Result<Vec<String>, Error> {
        let doing = format!("setting the password of {user} in {}", self.place);
        let done = async {
            match &mut self.session {
                Session::Postgres(session) => session.set_password(user, password).await.map(|()| Vec::new()),
                Session::Mysql(session) => session.set_password(user, password).await,
            }
        };
        within(STATEMENT, done).await.map_err(|error| error.doing(doing))
    }

    /// Makes a user that may do what another may, if it is not there, and gives it what the other was granted since. Of
    /// an existing one the password stays. In PostgreSQL both have to be as [`marks_of`](Self::marks_of) saw them: a role that
    /// appears meanwhile is another person's. Who makes users in MySQL and MariaDB has all their power already.
    ///
    /// # Errors
    /// Where the other user is not there, we may not, or they are not as they were seen.
    pub async fn ensure_clone(
        &mut self,
        from: &str,
        to: &str,
        password: &SecretString,
        seen: &Marks,
    ) -> Result<Cloned, Error> {
        let doing = format!("making {to} like {from} in {}", self.place);
        let done = async {
            match &mut self.session {
                Session::Postgres(session) => session.ensure_clone(from, to, password, seen).await.map(Some),
                Session::Mysql(session) => session.ensure_clone(from, to, password).await.map(|()| None),
            }
        };
        let done = within(STATEMENT, done).await.map_err(|error| error.doing(doing))?;
        match (&mut self.session, done) {
            (Session::Postgres(session), Some((marks, held))) => {
                Ok(Cloned { marks: Some(marks), left: session.hand_over_in_all(held, from, to).await })
            }
            _ => Ok(Cloned { marks: None, left: Vec::new() }),
        }
    }

    /// The powers of a user, its own and those of its roles, that Signalbox must not clone or hand on. An ordinary user has none,
    /// nor has one who is not there.
    ///
    /// # Errors
    /// Where we may not look.
    pub async fn powers_of(&mut self, user: &str) -> Result<Vec<String>, Error> {
        let doing = format!("reading the powers of {user} in {}", self.place);
        let done = async {
            match &mut self.session {
                Session::Postgres(session) => session.powers_of(user).await,
                Session::Mysql(session) => session.powers_of(user).await,
            }
        };
        within(STATEMENT, done).await.map_err(|error| error.doing(doing))
    }

    /// Those of these users that there are.
    ///
    /// # Errors
    /// Where we may not look.
    pub async fn marks_of(&mut self, users: [&str; 2]) -> Result<Marks, Error> {
        let doing = format!("looking for {} and {} in {}", users[0], users[1], self.place);
        let done = async {
            match &mut self.session {
                Session::Postgres(session) => session.marks_of(users).await,
                Session::Mysql(session) => session.marks_of(users).await,
            }
        };
        within(STATEMENT, done).await.map_err(|error| error.doing(doing))
    }

    /// Who could become this user beside another one and the user that is logged in. MySQL and MariaDB know no such thing.
    ///
    /// # Errors
    /// Where we may not look.
    pub async fn members_of(&mut self, user: &str, other: &str) -> Result<Vec<String>, Error> {
        let doing = format!("reading the members of {user} in {}", self.place);
        let done = async {
            match &mut self.session {
                Session::Postgres(session) => session.members_of(user, other).await,
                Session::Mysql(_) => Ok(Vec::new()),
            }
        };
        within(STATEMENT, done).await.map_err(|error| error.doing(doing))
    }

    /// Whether the server let in the user of this name by its password: it may take a login of any name for an anonymous account, or
    /// trust every client. Where it does not say so, because the password has expired, it did not.
    ///
    /// # Errors
    /// Where the server does not say.
    pub async fn is_of(&mut self, user: &str) -> Result<bool, Error> {
        let doing = format!("asking {} who has logged in as {user}", self.place);
        let done = async {
            match &mut self.session {
                // It has neither anonymous users nor users by host.
                Session::Postgres(session) => Ok(session.was_asked()),
                Session::Mysql(session) => session.is_of(user).await,
            }
        };
        within(STATEMENT, done).await.map_err(|error| error.doing(doing))
    }

    /// Runs SQL and forgets what it answers.
    ///
    /// # Errors
    /// Where the server refuses it.
    pub async fn probe(&mut self, sql: &str) -> Result<(), Error> {
        let doing = format!("running the probe in {}", self.place);
        let done = async {
            match &mut self.session {
                Session::Postgres(session) => session.probe(sql).await,
                Session::Mysql(session) => session.probe(sql).await,
            }
        };
        within(STATEMENT, done).await.map_err(|error| error.doing(doing))
    }
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| Error::new(Why::Unreachable, format!("not done within {} s", limit.as_secs()));
    tokio::time::timeout(limit, work).await.map_err(late)?
}
