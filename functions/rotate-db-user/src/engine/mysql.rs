//! MariaDB, and MySQL by the same driver (which no test has seen a server of).
//!
//! A password stands in the statement, so that the server's rules can judge it; keep general logs off.
//! <https://mariadb.com/kb/en/alter-user/>, <https://dev.mysql.com/doc/refman/8.4/en/alter-user.html>

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, OptsBuilder, SslOpts};
use secrecy::{ExposeSecret, SecretString};

use super::error::{Error, Why, causes, is_about_trust};
use super::{Login, Trust};
use account::{Account, quoted};

mod account;

pub(super) struct Session {
    conn: Conn,
    user: String,
    is_mariadb: bool,
}

impl Session {
    pub(super) async fn open(login: &Login, trust: &Trust) -> Result<Self, Error> {
        let options = OptsBuilder::default()
            .ip_or_hostname(login.host.as_str())
            .tcp_port(login.port)
            .user(Some(login.user.as_str()))
            .pass(Some(login.password.expose_secret()))
            .db_name(login.database.as_deref())
            .ssl_opts(if login.is_encrypted { Some(tls(trust)?) } else { None })
            // A server on this machine would be asked for its socket, and that goes without TLS.
            .prefer_socket(false);
        let mut conn = Conn::new(options).await.map_err(|error| explain(&error))?;
        let version: Option<String> = conn.query_first("SELECT VERSION()").await.map_err(|error| explain(&error))?;
        let is_mariadb = version.is_some_and(|it| it.contains("MariaDB"));
        let mut session = Self { conn, user: login.user.clone(), is_mariadb };
        session.know_quotes().await?;
        Ok(session)
    }

    /// How texts and names are quoted depends on the session's mode: from here on it is the one that we write for.
    async fn know_quotes(&mut self) -> Result<(), Error> {
        // Without the second, a GRANT to somebody who is gone would make a user without a password.
        let modes = if self.is_mariadb { "NO_BACKSLASH_ESCAPES,NO_AUTO_CREATE_USER" } else { "NO_BACKSLASH_ESCAPES" };
        self.run(&format!("SET SESSION sql_mode = '{modes}', SESSION sql_quote_show_create = 1")).await
    }

    pub(super) async fn set_password(&mut self, user: &str, password: &SecretString) -> Result<(), Error> {
        let word = quoted(password.expose_secret());
        // Its own password everybody may change, but MariaDB has only this statement for it.
        let statement = if user != self.user {
            let accounts = self.accounts(user).await?;
            let each: Vec<_> = accounts.iter().map(|it| format!("{it} IDENTIFIED BY {word}")).collect();
            format!("ALTER USER {}", each.join(", "))
        } else if self.is_mariadb {
            format!("SET PASSWORD = PASSWORD({word})")
        } else {
            format!("ALTER USER USER() IDENTIFIED BY {word}")
        };
        self.run_secretly(&statement).await
    }

    pub(super) async fn ensure_clone(&mut self, from: &str, to: &str, password: &SecretString) -> Result<(), Error> {
        let word = quoted(password.expose_secret());
        for original in self.accounts(from).await? {
            let clone = Account { user: to.into(), host: original.host.clone() };
            // With a password from the beginning: without one, anybody could log in.
            self.run_secretly(&format!("CREATE USER IF NOT EXISTS {clone} IDENTIFIED BY {word}")).await?;
            let made = self.lines(&format!("SHOW CREATE USER {original}")).await?;
            let granted = self.lines(&format!("SHOW GRANTS FOR {original}")).await?;
            for statement in account::like(&original, &clone, &made.concat(), &granted) {
                self.run(&statement).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn probe(&mut self, sql: &str) -> Result<(), Error> {
        self.run(sql).await
    }

    /// A user is as many accounts as there are hosts that it may come from, each with a password of its own.
    async fn accounts(&mut self, user: &str) -> Result<Vec<Account>, Error> {
        // MariaDB keeps its roles in the same table.
        let users = if self.is_mariadb { " AND is_role = 'N'" } else { "" };
        let asked = format!("SELECT Host FROM mysql.user WHERE User = ?{users} ORDER BY Host");
        let hosts: Vec<String> = self.conn.exec(asked, (user,)).await.map_err(|error| explain(&error))?;
        if hosts.is_empty() {
            return Err(Error::new(Why::Missing, format!("there is no user {user}")));
        }
        Ok(hosts.into_iter().map(|host| Account { user: user.into(), host }).collect())
    }

    /// The first column. It is not always text: MySQL shows the bytes of a hash.
    async fn lines(&mut self, asked: &str) -> Result<Vec<String>, Error> {
        let rows: Vec<Vec<u8>> = self.conn.query(asked).await.map_err(|error| explain(&error))?;
        Ok(rows.iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect())
    }

    async fn run(&mut self, statement: &str) -> Result<(), Error> {
        self.conn.query_drop(statement).await.map_err(|error| explain(&error))
    }

    /// A statement with a password in it, of which the server's answer may quote a piece.
    async fn run_secretly(&mut self, statement: &str) -> Result<(), Error> {
        match self.conn.query_drop(statement).await {
            Err(mysql_async::Error::Server(server)) => {
                let (code, message) = self.of_rules().await.unwrap_or((server.code, server.message));
                Err(of_secret(code, &message))
            }
            done => done.map_err(|error| explain(&error)),
        }
    }

    /// What the rules for passwords said of the last statement: of an ALTER USER that they refuse, MariaDB answers only that it
    /// failed.
    async fn of_rules(&mut self) -> Option<(u16, String)> {
        let all: Vec<(String, u16, String)> = self.conn.query("SHOW WARNINGS").await.ok()?;
        all.into_iter().map(|(_, code, message)| (code, message)).find(|(code, _)| why_of(*code) == Why::Policy)
    }

    /// Those of its accounts, and of the roles that were granted to them, and to those.
    pub(super) async fn powers_of(&mut self, user: &str) -> Result<Vec<String>, Error> {
        let asked = "SELECT User, Host FROM mysql.user WHERE User = ? ORDER BY Host";
        let found: Vec<(String, String)> = self.conn.exec(asked, (user,)).await.map_err(|error| explain(&error))?;
        let mut open: Vec<_> = found.into_iter().map(|(user, host)| Account { user, host }.to_string()).collect();
        let (mut seen, mut powers) = (Vec::new(), Vec::new());
        while let Some(account) = open.pop() {
            if seen.contains(&account) {
                continue;
            }
            for line in self.lines(&format!("SHOW GRANTS FOR {account}")).await? {
                let Some((granted, to)) = line.strip_prefix("GRANT ").and_then(|it| it.split_once(" TO ")) else {
                    continue;
                };
                match granted.split_once(" ON ") {
                    Some((all, "*.*")) => {
                        let strong = ["ALL PRIVILEGES", "SUPER", "CREATE USER"];
                        powers.extend(all.split(", ").filter(|it| strong.contains(it)).map(String::from));
                        powers.extend(to.contains(" WITH GRANT OPTION").then(|| "GRANT OPTION ON *.*".to_owned()));
                    }
                    Some(_) => {}
                    None => open.extend(granted.split(',').map(String::from)),
                }
            }
            seen.push(account);
        }
        powers.sort();
        powers.dedup();
        Ok(powers)
    }

    pub(super) async fn exists(&mut self, user: &str) -> Result<bool, Error> {
        let asked = "SELECT COUNT(*) FROM mysql.user WHERE User = ?";
        let found: Option<u64> = self.conn.exec_first(asked, (user,)).await.map_err(|error| explain(&error))?;
        Ok(found.is_some_and(|count| count > 0))
    }
}

fn tls(trust: &Trust) -> Result<SslOpts, Error> {
    let roots = trust.certificates()?.into_iter().map(|it| it.to_vec().into()).collect();
    Ok(SslOpts::default().with_root_certs(roots).with_disable_built_in_roots(true))
}

fn explain(error: &mysql_async::Error) -> Error {
    match error {
        mysql_async::Error::Server(it) => Error::new(why_of(it.code), format!("{}, error {}", it.message, it.code)),
        _ => {
            let said: Vec<_> = causes(error).map(ToString::to_string).collect();
            Error::new(why_of_driver(error), said.join(": "))
        }
    }
}

/// <https://mariadb.com/kb/en/mariadb-error-code-reference/>
fn why_of(code: u16) -> Why {
    match code {
        // Refused; without a password; locked in MySQL; locked in MariaDB; expired.
        1045 | 1698 | 3118 | 4151 | 1862 => Why::Credential,
        // The rules' answer, that of MySQL's history, and too long.
        1819 | 3638 | 1372 => Why::Policy,
        // No such user to change, to show, to grant to; no such database.
        1396 | 1141 | 1133 | 1049 => Why::Missing,
        // Too many connections, of all or of one user; shutting down.
        1040 | 1203 | 1226 | 1053 => Why::Unreachable,
        _ => Why::Other,
    }
}

/// What a server said of a statement with a password in it.
fn of_secret(code: u16, message: &str) -> Error {
    let said = if is_harmless(code) { message } else { "what it said may hold what is secret" };
    Error::new(why_of(code), format!("{said}, error {code}"))
}

/// Those whose texts name users and privileges, and quote nothing of the statement: we may not, there is no such user,
/// the rules refuse the password.
fn is_harmless(code: u16) -> bool {
    [1044, 1045, 1133, 1142, 1227, 1396, 1819, 3638].contains(&code)
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
    use super::{Why, of_secret};

    /// What MySQL says of a password that was used before, by its documentation; no test has such a server. A mistake in a
    /// statement is quoted.
    #[test]
    fn what_no_test_has_a_server_of_is_known_by_its_number() {
        let [history, mistake] = [3638, 1064].map(|code| of_secret(code, "near 'hunter2'"));
        assert!(history.why == Why::Policy && history.to_string().contains("hunter2"), "{history}");
        assert!(mistake.why == Why::Other && !mistake.to_string().contains("hunter2"), "{mistake}");
    }
}
