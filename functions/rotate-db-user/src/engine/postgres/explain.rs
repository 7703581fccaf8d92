//! What PostgreSQL, or PgBouncer before it, said: why, and what to do about it.
//!
//! PgBouncer gives everything the code 08P01, so that there the text decides; what a server refuses it, it hands on with that code.
//! <https://www.postgresql.org/docs/current/errcodes-appendix.html>, <https://www.pgbouncer.org/faq.html>

use std::error::Error as StdError;
use std::io;

use tokio_postgres::error::SqlState;

use super::verifier::BEGINNING;
use super::watch::Demand;
use crate::engine::error::{Error, Why, causes, is_about_trust};

const NO_RULE: Why = Why::Hindered(
    "no rule of pg_hba.conf (or one that rejects) admits this user, from here, to this database, with or without TLS as the secret \
     says; add a rule, or correct the secret; the password is not at fault",
);
const NO_LOGIN: Why = Why::Hindered("the user has NOLOGIN; ALTER ROLE .. LOGIN; the password is not at fault");
const OTHER_METHOD: Why = Why::Hindered(
    "the server does not authenticate this user by a password that Signalbox may show it; use scram-sha-256 in pg_hba.conf \
     (auth_type in PgBouncer), and on RDS revoke rds_iam from the user",
);
const UNPROVEN_HASH: Why = Why::Hindered(
    "without TLS, Signalbox shows no MD5 hash; turn on TLS, or give the user a password while password_encryption is scram-sha-256",
);
const IMPOSTOR: Why = Why::Hindered(
    "the server did not prove that it knows the password, or speaks another method than SCRAM-SHA-256; see that the host is the \
     database's own",
);
const READ_ONLY: Why = Why::Hindered(
    "this server only reads: it is a standby or a reader endpoint; put the writer's endpoint into the secret as \"host\"",
);
const NO_CONNECTIONS: Why = Why::Hindered(
    "this database takes no connections; ALTER DATABASE .. ALLOW_CONNECTIONS true, or name another as \"dbname\"",
);
const NO_CONNECT: Why =
    Why::Hindered("the user may not connect to this database; GRANT CONNECT, or name another as \"dbname\"");
const FULL: Why = Why::Hindered(
    "the server takes no more connections of this user, to this database, or at all; raise the role's CONNECTION LIMIT, that of the \
     database, max_connections, or in PgBouncer max_client_conn",
);
const BY_STATEMENT: Why = Why::Hindered(
    "PgBouncer pools by statement, and a password is set in a transaction; set pool_mode to transaction or session, or name the \
     server itself in the secret",
);
const IN_USE: Why = Why::Hindered(
    "what has to be changed is in use by others: a session that has not ended its transaction holds a lock on it (see pg_locks); rotate \
     again when it is over, or in that database run REASSIGN OWNED and DROP OWNED for the clone by hand",
);

/// What a failure of the driver says.
pub(super) fn explain(error: &tokio_postgres::Error) -> Error {
    let Some(server) = error.as_db_error() else {
        let said: Vec<_> = causes(error).map(ToString::to_string).collect();
        return Error::new(why_of_driver(error), said.join(": "));
    };
    let (code, message) = (server.code(), server.message());
    let why = why_of(code, message);
    let is_telling = *code == SqlState::SYNTAX_ERROR || message.contains(BEGINNING);
    let message = if is_telling { "what it said may hold what is secret" } else { message };
    Error::new(why, format!("{message}, SQLSTATE {}{}", code.code(), hint(why, code)))
}

/// What else a refused password may mean: neither server nor pooler tells that apart.
fn hint(why: Why, code: &SqlState) -> &'static str {
    match (why, code) {
        (Why::Credential, &SqlState::PROTOCOL_VIOLATION) => {
            "; so says a pooler such as PgBouncer whose auth_file or auth_query gives another password, or does not know the user"
        }
        (Why::Credential, _) => "; so says PostgreSQL, too, of a password whose VALID UNTIL has passed",
        _ => "",
    }
}

fn why_of(code: &SqlState, message: &str) -> Why {
    match *code {
        SqlState::INVALID_PASSWORD => Why::Credential,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => of_login(message).unwrap_or(OTHER_METHOD),
        // Else it waits, shuts down, or does not reach the server.
        SqlState::PROTOCOL_VIOLATION => of_login(message).unwrap_or(Why::Unreachable),
        SqlState::UNDEFINED_OBJECT | SqlState::INVALID_CATALOG_NAME => Why::Missing,
        // What the module passwordcheck, and those like it, answer.
        SqlState::INVALID_PARAMETER_VALUE => Why::Policy,
        SqlState::READ_ONLY_SQL_TRANSACTION => READ_ONLY,
        SqlState::FEATURE_NOT_SUPPORTED if message.contains("during recovery") => READ_ONLY,
        SqlState::TOO_MANY_CONNECTIONS => FULL,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE | SqlState::INSUFFICIENT_PRIVILEGE => {
            of_login(message).unwrap_or(Why::Other)
        }
        SqlState::LOCK_NOT_AVAILABLE | SqlState::QUERY_CANCELED => IN_USE,
        SqlState::CANNOT_CONNECT_NOW | SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => Why::Unreachable,
        _ => Why::Other,
    }
}

/// What keeps a user out, by the words of the server or of the pooler.
fn of_login(message: &str) -> Option<Why> {
    if message.ends_with("does not exist") {
        return Some(if message.starts_with("role \"") { Why::Credential } else { Why::Missing });
    }
    let all = [
        ("pg_hba.conf", NO_RULE),
        ("is not permitted to log in", NO_LOGIN),
        ("is not currently accepting connections", NO_CONNECTIONS),
        ("permission denied for database", NO_CONNECT),
        ("too many connections", FULL),
        ("too many clients", FULL),
        ("remaining connection slots", FULL),
        ("no more connections allowed", FULL),
        ("password authentication failed", Why::Credential),
        ("SASL authentication failed", Why::Credential),
        ("no such user", Why::Credential),
        ("no such database", Why::Missing),
        ("statement pooling mode", BY_STATEMENT),
        ("authentication failed for user", OTHER_METHOD),
    ];
    all.into_iter().find(|(words, _)| message.contains(words)).map(|(_, why)| why)
}

/// The driver keeps its kinds to itself, but for what it says. A handshake that breaks off says nothing of the certificate.
fn why_of_driver(error: &tokio_postgres::Error) -> Why {
    match causes(error).find_map(|it| it.downcast_ref::<Demand>()) {
        Some(Demand::Clear) => return OTHER_METHOD,
        Some(Demand::UnprovenMd5) => return UNPROVEN_HASH,
        Some(Demand::TooLong) => return IMPOSTOR,
        None if is_about_trust(error) => return Why::Untrusted,
        None => {}
    }
    match error.to_string().as_str() {
        _ if causes(error).any(<dyn StdError>::is::<io::Error>) => Why::Unreachable,
        "error performing TLS handshake" => Why::Untrusted,
        "authentication error" => IMPOSTOR,
        _ => Why::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::error::SqlState;

    use super::{BY_STATEMENT, FULL, NO_CONNECT, NO_RULE, OTHER_METHOD, READ_ONLY, Why, why_of};

    /// What no server of the tests says: a reader of Aurora, RDS's IAM, a full server, other versions of PgBouncer.
    #[test]
    fn what_no_test_has_a_server_of_is_known_by_its_words() {
        for (code, message, why) in [
            ("25006", "cannot execute ALTER ROLE in a read-only transaction", READ_ONLY),
            ("28000", "PAM authentication failed for user \"app\"", OTHER_METHOD),
            ("28000", "role \"app\" does not exist", Why::Credential),
            ("28000", "pg_hba.conf rejects connection for host \"10.0.0.1\", user \"app\"", NO_RULE),
            ("53300", "sorry, too many clients already", FULL),
            ("42501", "permission denied for database \"app\"", NO_CONNECT),
            ("08P01", "no more connections allowed (max_client_conn)", FULL),
            ("08P01", "no such database: app", Why::Missing),
            ("08P01", "pgbouncer cannot connect to server", Why::Unreachable),
            ("08P01", "query_wait_timeout", Why::Unreachable),
            ("08P01", "LDAP authentication failed for user \"app\"", OTHER_METHOD),
            ("08P01", "transaction blocks not allowed in statement pooling mode", BY_STATEMENT),
        ] {
            assert_eq!(why_of(&SqlState::from_code(code), message), why, "{code} {message}");
        }
    }
}
