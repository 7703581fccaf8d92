//! PostgreSQL. A password is sent as a SCRAM verifier that is made here: `ALTER ROLE .. PASSWORD` takes no parameter, and
//! what stands in a statement may be logged.
//! <https://www.postgresql.org/docs/current/sql-alterrole.html>

use std::error::Error as StdError;
use std::io;

use postgres_protocol::password::scram_sha_256;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, GenericClient, NoTls, Row, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{Error, Why, causes, is_about_trust};
use super::{Login, Trust};

/// How a verifier begins. No message may hold one: it can be guessed at.
const VERIFIER: &str = "SCRAM-SHA-256$";

pub(super) struct Session {
    client: Client,
}

impl Session {
    pub(super) async fn open(login: &Login, trust: &Trust) -> Result<Self, Error> {
        let mut config = Config::new();
        config
            .host(&login.host)
            .port(login.port)
            .user(&login.user)
            .password(login.password.expose_secret())
            .dbname(login.database.as_deref().unwrap_or("postgres"))
            .application_name("rotate-db-user");
        let client = if login.is_encrypted {
            config.ssl_mode(SslMode::Require);
            start(&config, MakeRustlsConnect::new(trust.tls()?)).await
        } else {
            config.ssl_mode(SslMode::Disable);
            start(&config, NoTls).await
        };
        client.map(|client| Self { client }).map_err(|error| explain(&error))
    }

    pub(super) async fn set_password(&self, user: &str, password: &SecretString) -> Result<(), Error> {
        let statement = format!("ALTER ROLE {} PASSWORD {}", quoted(user), verifier(password));
        run(&self.client, &statement).await
    }

    /// The clone is a member of the original, so that it may do whatever that may, now and later. What a member does not
    /// inherit it is given itself. All or nothing, so that a clone that is there is whole.
    pub(super) async fn ensure_clone(&mut self, from: &str, to: &str, password: &SecretString) -> Result<(), Error> {
        let work = self.client.transaction().await.map_err(|error| explain(&error))?;
        let Some(original) = role(&work, from).await? else {
            return Err(Error::new(Why::Missing, format!("there is no role {from}")));
        };
        if role(&work, to).await?.is_none() {
            let attributes = attributes(&original)?;
            let (name, verifier) = (quoted(to), verifier(password));
            run(&work, &format!("CREATE ROLE {name} LOGIN INHERIT{attributes} PASSWORD {verifier}")).await?;
        }
        let roles = roles_of(&work, from).await?;
        // The turn goes back to the original, which the one of now is a clone of.
        if roles.iter().any(|(role, _)| role == to) {
            return work.commit().await.map_err(|error| explain(&error));
        }
        for (role, option) in [(from.to_owned(), "")].into_iter().chain(roles) {
            run(&work, &format!("GRANT {} TO {}{option}", quoted(&role), quoted(to))).await?;
        }
        work.commit().await.map_err(|error| explain(&error))
    }

    pub(super) async fn probe(&self, sql: &str) -> Result<(), Error> {
        run(&self.client, sql).await
    }

    /// <https://www.postgresql.org/docs/current/predefined-roles.html>
    pub(super) async fn powers_of(&mut self, user: &str) -> Result<Vec<String>, Error> {
        let asked = "SELECT power FROM pg_catalog.pg_roles me JOIN pg_catalog.pg_roles it \
                     ON pg_catalog.pg_has_role(me.oid, it.oid, 'MEMBER'), \
                     LATERAL (VALUES ('SUPERUSER', it.rolsuper), ('CREATEROLE', it.rolcreaterole), \
                     ('REPLICATION', it.rolreplication), ('BYPASSRLS', it.rolbypassrls), \
                     (it.rolname::text, it.rolname IN ('rds_superuser', 'pg_read_server_files', 'pg_write_server_files', \
                     'pg_execute_server_program'))) powers (power, has) WHERE me.rolname = $1 AND has GROUP BY 1 ORDER BY 1";
        let rows = self.client.query(asked, &[&user]).await.map_err(|error| explain(&error))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    pub(super) async fn exists(&self, user: &str) -> Result<bool, Error> {
        Ok(role(&self.client, user).await?.is_some())
    }
}

async fn start<T>(config: &Config, tls: T) -> Result<Client, tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket> + Send,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await?;
    // It ends when the client is dropped, and what goes wrong with it the client is told.
    drop(tokio::spawn(connection));
    Ok(client)
}

async fn run(client: &impl GenericClient, statement: &str) -> Result<(), Error> {
    client.batch_execute(statement).await.map_err(|error| explain(&error))
}

async fn role(client: &impl GenericClient, name: &str) -> Result<Option<Row>, Error> {
    let asked = "SELECT rolsuper, rolconnlimit, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls \
                 FROM pg_catalog.pg_roles WHERE rolname = $1";
    client.query_opt(asked, &[&name]).await.map_err(|error| explain(&error))
}

/// What a member does not inherit.
fn attributes(role: &Row) -> Result<String, Error> {
    if role.get("rolsuper") {
        return Err(Error::new(Why::Other, "it is a superuser, of which we make no second one"));
    }
    let named = [
        ("rolcreatedb", " CREATEDB"),
        ("rolcreaterole", " CREATEROLE"),
        ("rolreplication", " REPLICATION"),
        ("rolbypassrls", " BYPASSRLS"),
    ];
    let named: String = named.into_iter().filter(|(column, _)| role.get(column)).map(|(_, words)| words).collect();
    let limit: i32 = role.get("rolconnlimit");
    Ok(if limit < 0 { named } else { format!("{named} CONNECTION LIMIT {limit}") })
}

/// The roles that a role is a member of itself, each with the words that let a member pass it on, if it may.
async fn roles_of(client: &impl GenericClient, name: &str) -> Result<Vec<(String, &'static str)>, Error> {
    let asked = "SELECT granted.rolname::text, bool_or(admin_option) FROM pg_catalog.pg_auth_members \
                 JOIN pg_catalog.pg_roles granted ON granted.oid = roleid \
                 JOIN pg_catalog.pg_roles to_whom ON to_whom.oid = member \
                 WHERE to_whom.rolname = $1 GROUP BY 1 ORDER BY 1";
    let rows = client.query(asked, &[&name]).await.map_err(|error| explain(&error))?;
    let option = |may: bool| if may { " WITH ADMIN OPTION" } else { "" };
    Ok(rows.iter().map(|row| (row.get(0), option(row.get(1)))).collect())
}

/// A name in a statement, whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What PostgreSQL checks the password against, as a text in a statement; it holds nothing that would end the text.
fn verifier(password: &SecretString) -> String {
    format!("'{}'", scram_sha_256(password.expose_secret().as_bytes()))
}

fn explain(error: &tokio_postgres::Error) -> Error {
    let Some(server) = error.as_db_error() else {
        let said: Vec<_> = causes(error).map(ToString::to_string).collect();
        return Error::new(why_of_driver(error), said.join(": "));
    };
    let message = server.message();
    let is_telling = *server.code() == SqlState::SYNTAX_ERROR || message.contains(VERIFIER);
    let message = if is_telling { "what it said may hold what is secret" } else { message };
    Error::new(why_of(server.code()), format!("{message}, SQLSTATE {}", server.code().code()))
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn why_of(code: &SqlState) -> Why {
    match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Why::Credential,
        SqlState::UNDEFINED_OBJECT | SqlState::INVALID_CATALOG_NAME => Why::Missing,
        // What the module passwordcheck, and those like it, answer.
        SqlState::INVALID_PARAMETER_VALUE => Why::Policy,
        SqlState::TOO_MANY_CONNECTIONS
        | SqlState::CANNOT_CONNECT_NOW
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN => Why::Unreachable,
        _ => Why::Other,
    }
}

/// The driver keeps its kinds to itself, but for what it says. A handshake that breaks off says nothing of the certificate.
fn why_of_driver(error: &tokio_postgres::Error) -> Why {
    if is_about_trust(error) {
        return Why::Untrusted;
    }
    match error.to_string().as_str() {
        _ if causes(error).any(<dyn StdError>::is::<io::Error>) => Why::Unreachable,
        "error performing TLS handshake" => Why::Untrusted,
        "authentication error" => Why::Credential,
        _ => Why::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::{quoted, verifier};

    #[test]
    fn a_name_stays_a_name() {
        assert_eq!(quoted("a\"; DROP ROLE b; --"), "\"a\"\"; DROP ROLE b; --\"");
    }

    #[test]
    fn a_verifier_ends_no_text() {
        let text = verifier(&SecretString::from("it's \\ a \"word\""));
        let inner = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).unwrap();
        assert!(inner.bytes().all(|it| it.is_ascii_alphanumeric() || b"+/=$:-".contains(&it)), "{inner}");
    }
}
