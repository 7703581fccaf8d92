//! What the numbers of errors mean.
//!
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/>, <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>

use mysql_async::DriverError;

use super::super::error::{Error, Why, causes, is_about_trust};

/// A statement was refused since the password has expired.
pub(super) const EXPIRED: u16 = 1820;

/// What was to be granted something on is gone: a table, a routine.
pub(super) const GONE: [u16; 2] = [1146, 1305];

/// We may not read it: a table, a database.
pub(super) const DENIED: [u16; 2] = [1142, 1044];

/// A login was refused for its user or its password.
const REFUSED: u16 = 1045;

/// A packet that asks for another plugin begins with it.
const ANOTHER_PLUGIN: u8 = 0xfe;

/// What became of a statement.
pub(super) fn explain(error: &mysql_async::Error) -> Error {
    match error {
        mysql_async::Error::Server(it) => Error::new(why_of(it.code), said(it)),
        _ => Error::new(why_of_driver(error), of_driver(error)),
    }
}

/// What became of a login. A server that was asked for an unknown user, or for one from another host, answers with the plugin
/// of any account: to be asked for one that this driver does not speak says no more than that this login does not work.
pub(super) fn explain_login(error: &mysql_async::Error) -> Error {
    let plugin = |name: &str| {
        let said = format!(
            "it asks for the authentication plugin {name}, which Signalbox does not speak, or it knows no such user"
        );
        Error::new(Why::Credential, said)
    };
    match error {
        // There is such a user, with this password.
        mysql_async::Error::Server(it) if it.code == 1044 => Error::new(Why::Hindered(NO_DATABASE), said(it)),
        mysql_async::Error::Driver(DriverError::UnknownAuthPlugin { name }) => plugin(name),
        mysql_async::Error::Driver(DriverError::CleartextPluginDisabled) => plugin("mysql_clear_password"),
        mysql_async::Error::Driver(DriverError::MysqlOldPasswordDisabled) => plugin("mysql_old_password"),
        _ if asks_for_another_plugin(error) => Error::new(
            Why::Credential,
            "it asks for one authentication plugin after another, of which none took the password",
        ),
        _ => explain(error),
    }
}

/// Whether the server itself refused user and password. It may do so by mistake where the account is of MariaDB's ed25519: the driver
/// cuts the last byte of the server's challenge where it is zero, and signs what is left. Where the account has a second plugin, the
/// server refuses by asking for that one.
pub(super) fn is_refusal(error: &mysql_async::Error) -> bool {
    matches!(error, mysql_async::Error::Server(it) if it.code == REFUSED) || asks_for_another_plugin(error)
}

/// The driver takes part in no second round: <https://mariadb.com/kb/en/connection/#authentication-switch-request>
fn asks_for_another_plugin(error: &mysql_async::Error) -> bool {
    matches!(
        error,
        mysql_async::Error::Driver(DriverError::UnexpectedPacket { payload }) if payload.first() == Some(&ANOTHER_PLUGIN)
    )
}

fn said(error: &mysql_async::ServerError) -> String {
    format!("{}, error {}", error.message, error.code)
}

fn of_driver(error: &mysql_async::Error) -> String {
    let said: Vec<_> = causes(error).map(ToString::to_string).collect();
    said.join(": ")
}

pub(super) fn why_of(code: u16) -> Why {
    match code {
        // Refused; without a password.
        REFUSED | 1698 => Why::Credential,
        // The rules' answer, that of MySQL's history, and too long.
        1819 | 3638 | 1372 => Why::Policy,
        // The account has a plugin that keeps no password here.
        1699 => Why::Weaker,
        // No such user to change, to show, to grant to; no such database.
        1396 | 1141 | 1133 | 1049 => Why::Missing,
        // Shutting down.
        1053 => Why::Unreachable,
        _ => hindrance(code).map_or(Why::Other, Why::Hindered),
    }
}

const NO_DATABASE: &str = "the password is right, and the user may not use the database that the secret names; grant it something there, \
                           or take `dbname` out of the secret";

/// What keeps a user out whose password may be right, and what to do about it.
fn hindrance(code: u16) -> Option<&'static str> {
    Some(match code {
        1040 => "it has no connection left; see its connections and `max_connections`",
        1203 | 1226 => "the user has reached a limit of its own; see its connections and limits",
        1129 => {
            "it blocks the host that the login came from; find what failed to connect from there, and run FLUSH HOSTS"
        }
        1130 => {
            "no account may come from that host; give the user's account a host that the function's addresses match"
        }
        // MySQL's, and MariaDB's, which says so only where the password is right.
        3118 | 4151 => "the account is locked; see why, and unlock it with ALTER USER .. ACCOUNT UNLOCK",
        1862 | EXPIRED => "the password has expired; set another as an administrator, and put it into the secret",
        3159 => "it wants TLS; take `\"ssl\": false` out of the secret",
        _ => return None,
    })
}

/// What a server said of a statement with a password in it.
pub(super) fn of_secret(code: u16, message: &str) -> Error {
    let said = if is_harmless(code) { message } else { "what it said may hold what is secret" };
    Error::new(why_of(code), format!("{said}, error {code}"))
}

/// Those whose texts name users, plugins and privileges, and quote nothing of the statement: we may not, there is no such user,
/// the rules refuse the password, it has expired.
fn is_harmless(code: u16) -> bool {
    [1044, 1045, 1133, 1142, 1227, 1396, 1699, 1819, EXPIRED, 3638].contains(&code)
}

fn why_of_driver(error: &mysql_async::Error) -> Why {
    match error {
        mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer) => Why::Untrusted,
        _ if is_about_trust(error) => Why::Untrusted,
        mysql_async::Error::Io(_) | mysql_async::Error::Driver(DriverError::ConnectionClosed) => Why::Unreachable,
        _ => Why::Other,
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::{DriverError, ServerError};

    use super::{Why, explain, explain_login, is_refusal, of_secret};

    fn answer(code: u16) -> mysql_async::Error {
        mysql_async::Error::Server(ServerError { code, message: "no".into(), state: "HY000".into() })
    }

    /// What MySQL says of a password that was used before, by its documentation; no test has such a server. A mistake in a
    /// statement is quoted.
    #[test]
    fn what_no_test_has_a_server_of_is_known_by_its_number() {
        let [history, mistake] = [3638, 1064].map(|code| of_secret(code, "near 'hunter2'"));
        assert!(history.why == Why::Policy && history.to_string().contains("hunter2"), "{history}");
        assert!(mistake.why == Why::Other && !mistake.to_string().contains("hunter2"), "{mistake}");
    }

    /// Those too that no test brings about: MySQL's lock and its demand of TLS, a blocked host, a host that is in no account.
    #[test]
    fn only_a_refused_password_is_one() {
        for code in [1040, 1203, 1226, 1129, 1130, 3118, 4151, 1862, 1820, 3159, 1044] {
            let error = explain_login(&answer(code));
            assert!(matches!(error.why, Why::Hindered(_)) && error.to_string().contains("; "), "{error}");
        }
        assert!([1045, 1698].into_iter().all(|code| explain_login(&answer(code)).why == Why::Credential));
        assert_eq!(explain(&answer(1044)).why, Why::Other, "of a statement, we may not");
    }

    /// At an account of ed25519 and another plugin, one right password of 256 is answered with the request for the second plugin.
    #[test]
    fn a_second_plugin_is_a_refusal_that_is_not_believed_at_once() {
        let after =
            |payload: &[u8]| mysql_async::Error::Driver(DriverError::UnexpectedPacket { payload: payload.into() });
        assert!(is_refusal(&after(b"\xfemysql_native_password\0salt")) && is_refusal(&answer(1045)));
        assert!(!is_refusal(&after(&[1])) && !is_refusal(&answer(1044)));
    }

    #[test]
    fn a_plugin_that_we_do_not_speak_lets_nobody_in_and_is_no_failure() {
        for error in [
            DriverError::UnknownAuthPlugin { name: "dialog".into() },
            DriverError::CleartextPluginDisabled,
            DriverError::MysqlOldPasswordDisabled,
            DriverError::UnexpectedPacket { payload: b"\xfemysql_native_password\0salt".to_vec() },
        ] {
            let error = explain_login(&mysql_async::Error::Driver(error));
            assert!(error.why == Why::Credential && error.to_string().contains("plugin"), "{error}");
        }
        let error = explain_login(&mysql_async::Error::Driver(DriverError::UnexpectedPacket { payload: vec![1] }));
        assert_eq!(error.why, Why::Other);
    }
}
