//! PostgreSQL, and PgBouncer before it where that pools by transaction or by session.
//!
//! A password is sent as a SCRAM verifier that is made here: `ALTER ROLE .. PASSWORD` takes no parameter, and what stands in a
//! statement may be logged. What is changed is changed in one transaction, and no statement is prepared under a name: between two
//! transactions a pooler may give the server's session to others.
//! <https://www.postgresql.org/docs/current/sql-alterrole.html>, <https://www.pgbouncer.org/features.html>

use std::sync::{Arc, OnceLock};

use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, GenericClient, NoTls, SimpleQueryMessage, Transaction};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{Error, Why};
use super::{Login, Marks, Trust};
use explain::explain;
use twin::{Held, Twin};
use verifier::verifier;
use watch::{Asked, Watch, Watched, Watching};

mod explain;
mod hand_over;
mod powers;
mod settings;
mod twin;
mod verifier;
mod watch;

const CHANGED: Why = Why::Hindered(
    "another person made, dropped or renamed one of the two users while Signalbox looked at them, and nothing was changed; see who did, \
     and try the step again",
);

/// The sessions of some users have settings that would hinder us, such as another search path; these end with the transaction.
/// They keep the forms of dates, and end what waits before this side gives it up: where no client is heard any more, the server
/// lets go of what the transaction holds before the step is tried again.
const PREPARE: &str = "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = 'UTC'; \
                       SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '9s'; \
                       SET LOCAL idle_in_transaction_session_timeout = '5s'";

pub(super) struct Session {
    client: Client,
    login: Box<Login>,
    trust: Trust,
    asked: Arc<OnceLock<Asked>>,
    /// Such as 150018.
    version: u32,
}

impl Session {
    pub(super) async fn open(login: &Login, trust: &Trust) -> Result<Self, Error> {
        let mut config = Config::new();
        config
            .user(&login.user)
            .password(login.password.expose_secret())
            .dbname(login.database.as_deref().unwrap_or("postgres"))
            .application_name("rotate-db-user")
            .channel_binding(ChannelBinding::Prefer)
            .ssl_mode(if login.is_encrypted { SslMode::Require } else { SslMode::Disable });
        let watch = Watch::new(login.is_encrypted);
        let asked = watch.asked();
        let client = start(login, trust, &config, watch).await?;
        let version = version(&client).await?;
        Ok(Self { client, login: Box::new(login.clone()), trust: trust.clone(), asked, version })
    }

    pub(super) async fn set_password(&mut self, user: &str, password: &SecretString) -> Result<(), Error> {
        self.put_verifier(user, &verifier(password)).await
    }

    /// The user's former password. Where this session was opened with it, it is kept as the server or the pooler showed it.
    pub(super) async fn restore_password(&mut self, user: &str, password: &SecretString) -> Result<(), Error> {
        let is_md5_kept = show(&self.client, "password_encryption").await? == "md5";
        let asked = self.asked.get().filter(|_| user == self.login.user);
        let former = verifier::former(user, password, asked, is_md5_kept);
        self.put_verifier(user, &former).await
    }

    async fn put_verifier(&mut self, user: &str, verifier: &str) -> Result<(), Error> {
        let is_own = user == self.login.user;
        let work = self.begin().await?;
        if is_own {
            // A user with a setting of `role` is another one here, which may not do it. RESET ROLE would lead back to that.
            run(&work, "SET LOCAL ROLE NONE").await?;
        }
        run(&work, &format!("ALTER ROLE {} PASSWORD {verifier}", quoted(user))).await?;
        work.commit().await.map_err(|error| explain(&error))
    }

    /// What is done in it is done whole or not at all; it writes, even where the user's sessions only read.
    async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        let begun = self.client.build_transaction().read_only(false).start().await;
        let work = begun.map_err(|error| explain(&error))?;
        run(&work, PREPARE).await?;
        Ok(work)
    }

    /// Makes the twin of the two, if it is not there, and makes it equal to the original on the turn of either. The original is
    /// the one without `_clone`, and nothing of it is changed. With the last statement a new twin gets its password. Gives how both are
    /// now, and where the twin has something of its own still.
    pub(super) async fn ensure_clone(
        &mut self,
        from: &str,
        to: &str,
        password: &SecretString,
        seen: &Marks,
    ) -> Result<(Marks, Vec<Held>), Error> {
        let (original, clone) = pair(from, to);
        let is_turn_of_original = original == to;
        let version = self.version;
        let work = self.begin().await?;
        let twin = Twin { work: &work, version, original, clone };
        twin.meet_original().await?;
        check_marks(&marks_of(&work, [original, clone]).await?, seen)?;
        let mut held = Vec::new();
        if seen.contains_key(clone) {
            held = twin.equalise().await?;
        } else if !is_turn_of_original {
            run(&work, &format!("CREATE ROLE {}", quoted(clone))).await?;
            twin.equalise().await?;
            run(&work, &format!("ALTER ROLE {} PASSWORD {}", quoted(clone), verifier(password))).await?;
        }
        let marks = marks_of(&work, [original, clone]).await?;
        work.commit().await.map_err(|error| explain(&error))?;
        Ok((marks, held))
    }

    /// In a transaction, as all that a master asks: the owner of a database sets the search path of its sessions, and could have the
    /// master call functions of the owner's.
    pub(super) async fn powers_of(&mut self, user: &str) -> Result<Vec<String>, Error> {
        let work = self.begin().await?;
        let powers = powers::powers_of(&work, user).await?;
        work.commit().await.map_err(|error| explain(&error))?;
        Ok(powers)
    }

    pub(super) async fn probe(&self, sql: &str) -> Result<(), Error> {
        run(&self.client, sql).await
    }

    /// Takes a name for as long as a transaction is open, by which another session of the server finds this one: between two
    /// transactions a pooler may give the server's session to others.
    pub(super) async fn show(&self, mark: &str) -> Result<(), Error> {
        let open = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '30s'";
        run(&self.client, &format!("{open}; SET LOCAL application_name = {}", literal(mark))).await
    }

    /// Whether a session that logged in as this user has the name. Every user may see both of every session.
    /// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW>
    pub(super) async fn finds(&mut self, user: &str, mark: &str) -> Result<bool, Error> {
        let asked = "SELECT 'yes' FROM pg_catalog.pg_stat_activity WHERE usename::text = $1 AND application_name = $2";
        let work = self.begin().await?;
        let found = work.query_typed(asked, &[(&user, Type::TEXT), (&mark, Type::TEXT)]).await;
        let found = found.map_err(|error| explain(&error))?;
        work.commit().await.map_err(|error| explain(&error))?;
        Ok(!found.is_empty())
    }

    pub(super) async fn marks_of(&mut self, users: [&str; 2]) -> Result<Marks, Error> {
        let work = self.begin().await?;
        let marks = marks_of(&work, users).await?;
        work.commit().await.map_err(|error| explain(&error))?;
        Ok(marks)
    }

    /// The roles that can become this one, beside another one and that of this session.
    pub(super) async fn members_of(&mut self, user: &str, other: &str) -> Result<Vec<String>, Error> {
        let asked = "SELECT me.rolname::text FROM pg_catalog.pg_auth_members JOIN pg_catalog.pg_roles me ON me.oid = member \
                     JOIN pg_catalog.pg_roles it ON it.oid = roleid WHERE it.rolname::text = $1 AND me.rolname::text <> $2 \
                     AND me.rolname <> current_user ORDER BY 1";
        let work = self.begin().await?;
        let found = work.query_typed(asked, &[(&user, Type::TEXT), (&other, Type::TEXT)]).await;
        let found = found.map_err(|error| explain(&error))?;
        work.commit().await.map_err(|error| explain(&error))?;
        Ok(found.iter().map(|row| row.get(0)).collect())
    }

    /// Whether the server, or the pooler, asked for the password at all. One that trusts every client, or goes by a certificate or
    /// a machine's user, lets in any name with any password.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.get().is_some()
    }
}

/// A role's OID: no later role has it, whatever its name is.
/// <https://www.postgresql.org/docs/current/datatype-oid.html>
async fn marks_of(client: &impl GenericClient, users: [&str; 2]) -> Result<Marks, Error> {
    let asked = "SELECT rolname::text, oid::text FROM pg_catalog.pg_roles WHERE rolname::text IN ($1, $2)";
    let found = client.query_typed(asked, &[(&users[0], Type::TEXT), (&users[1], Type::TEXT)]).await;
    let found = found.map_err(|error| explain(&error))?;
    Ok(found.iter().map(|row| (row.get(0), SecretString::from(row.get::<_, String>(1)))).collect())
}

/// That both users are as they were when they were judged.
fn check_marks(now: &Marks, seen: &Marks) -> Result<(), Error> {
    let texts = |it: &Marks| it.iter().map(|(user, mark)| (user.clone(), mark.expose_secret().to_owned())).collect();
    let (now, seen): (Vec<_>, Vec<_>) = (texts(now), texts(seen));
    if now == seen {
        return Ok(());
    }
    let changed = now.iter().chain(&seen).find(|it| !now.contains(it) || !seen.contains(it));
    Err(Error::new(CHANGED, changed.map(|(user, _)| user.as_str()).unwrap_or_default()))
}

/// The original and its twin, in whichever order they come.
fn pair<'a>(from: &'a str, to: &'a str) -> (&'a str, &'a str) {
    if from.strip_suffix("_clone") == Some(to) { (to, from) } else { (from, to) }
}

/// Logs in, and shows no server the password itself.
async fn start(login: &Login, trust: &Trust, config: &Config, watch: Watch) -> Result<Client, Error> {
    let unreachable = |error: std::io::Error| Error::new(Why::Unreachable, format!("connecting: {error}"));
    let stream = TcpStream::connect((login.host.as_str(), login.port)).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    if !login.is_encrypted {
        let (client, connection) =
            config.connect_raw(Watched::new(stream, watch), NoTls).await.map_err(|error| explain(&error))?;
        // It ends when the client is dropped, and what goes wrong with it the client is told.
        drop(tokio::spawn(connection));
        return Ok(client);
    }
    let mut tls = MakeRustlsConnect::new(trust.tls()?);
    let Ok(inner) = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut tls, &login.host);
    let (client, connection) =
        config.connect_raw(stream, Watching { inner, watch }).await.map_err(|error| explain(&error))?;
    drop(tokio::spawn(connection));
    Ok(client)
}

/// Also shows that there is a server: a pooler lets users in before it has reached one.
async fn version(client: &Client) -> Result<u32, Error> {
    let version = show(client, "server_version_num").await?;
    version.parse().map_err(|_| Error::new(Why::Other, "its server_version_num is not a number"))
}

async fn show(client: &Client, setting: &str) -> Result<String, Error> {
    let told = client.simple_query(&format!("SHOW {setting}")).await.map_err(|error| explain(&error))?;
    let row = told.iter().find_map(|it| if let SimpleQueryMessage::Row(row) = it { row.get(0) } else { None });
    Ok(row.unwrap_or_default().to_owned())
}

async fn run(client: &impl GenericClient, statement: &str) -> Result<(), Error> {
    client.batch_execute(statement).await.map_err(|error| explain(&error))
}

/// A name in a statement, whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in a statement, whatever it holds, and whatever a backslash means in the session.
fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::{literal, quoted};

    #[test]
    fn a_name_stays_a_name() {
        assert_eq!(quoted("a\"; DROP ROLE b; --"), "\"a\"\"; DROP ROLE b; --\"");
    }

    #[test]
    fn a_text_stays_a_text() {
        assert_eq!(literal("it's \\ a \"word\"; --"), "E'it''s \\\\ a \"word\"; --'");
    }
}
