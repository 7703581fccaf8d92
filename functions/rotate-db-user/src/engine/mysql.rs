//! MariaDB, and MySQL by the same driver (which no test has seen a server of).
//!
//! A password stands in the statement, so that the server's rules can judge it; keep general logs off.
//! <https://mariadb.com/kb/en/alter-user/>, <https://dev.mysql.com/doc/refman/8.4/en/alter-user.html>

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};
use secrecy::{ExposeSecret, SecretString};

use super::error::{Error, Why};
use super::{Engine, Login, Trust};
use account::{Account, quoted};
use authentication::Plugin;
use cause::{EXPIRED, explain, explain_login, is_refusal, of_secret, why_of};
use server::Server;

mod account;
mod authentication;
mod cause;
mod clone;
mod demands;
mod kin;
mod powers;
mod rights;
mod server;

/// Told to the driver, which would ask the server otherwise: one whose password has expired answers nothing.
const SETTINGS: (usize, usize) = (4 * 1024 * 1024, 28_800);

pub(super) struct Session {
    conn: Conn,
    user: String,
    server: Server,
    /// Until it has another password, the server takes little else.
    has_expired: bool,
}

impl Session {
    /// MariaDB is asked so often before its refusal is believed.
    pub(super) async fn open(login: &Login, trust: &Trust, tries: usize) -> Result<Self, Error> {
        let is_mariadb = login.engine == Engine::Mariadb;
        let options = options(login, trust)?;
        let mut opened = log_in(&options).await?;
        for _ in 1..if is_mariadb { tries } else { 1 } {
            if opened.as_ref().err().is_some_and(is_refusal) {
                opened = log_in(&options).await?;
            }
        }
        let conn = opened.map_err(|error| explain_login(&error))?;
        let server = Server::unknown(is_mariadb);
        let mut session = Self { conn, user: login.user.clone(), server, has_expired: false };
        session.know_server().await?;
        session.know_quotes().await?;
        Ok(session)
    }

    /// A secret may call MariaDB `mysql`.
    async fn know_server(&mut self) -> Result<(), Error> {
        match self.conn.query_first::<String, _>("SELECT VERSION()").await {
            Ok(version) => self.server = Server::of(&version.unwrap_or_default()),
            Err(mysql_async::Error::Server(it)) if it.code == EXPIRED => self.has_expired = true,
            Err(error) => return Err(explain(&error)),
        }
        Ok(())
    }

    /// How texts and names are quoted depends on the session's mode: from here on it is the one that we write for.
    async fn know_quotes(&mut self) -> Result<(), Error> {
        let modes = self.server.modes();
        match self.run(&format!("SET SESSION sql_mode = '{modes}', SESSION sql_quote_show_create = 1")).await {
            // MySQL takes not even this. Only a backslash would make a difference.
            Err(_) if self.has_expired && !self.server.is_mariadb => return Ok(()),
            done => done?,
        }
        if !self.server.is_mariadb {
            // Else the bytes of a hash stand there, quotes among them. Before 8.0.17 there is no such setting.
            drop(self.conn.query_drop("SET SESSION print_identified_with_as_hex = 1").await);
        }
        Ok(())
    }

    /// Gives what is to be told of accounts that were left alone.
    pub(super) async fn set_password(&mut self, user: &str, password: &SecretString) -> Result<Vec<String>, Error> {
        if user != self.user {
            let accounts = self.accounts(user).await?;
            return self.set_passwords(&accounts, password).await.map(|()| Vec::new());
        }
        if self.has_expired {
            return self.set_own_password(password).await.map(|()| Vec::new());
        }
        let own = self.own_account().await?;
        self.plugin_of(&own).await?;
        let (mut all, left) = self.accounts_beside(&own).await?;
        if all.is_empty() {
            self.set_own_password(password).await?;
            return Ok(left);
        }
        let others: Vec<_> = all.iter().map(ToString::to_string).collect();
        let advice = format!("{own} may not change {}, which is the same user: let a master do it", others.join(", "));
        all.push(own);
        let set = self.set_passwords(&all, password).await;
        set.map_err(|error| if error.why == Why::Other { error.advising(advice) } else { error })?;
        Ok(left)
    }

    /// Whichever plugin it has, it stays. Everybody may do this, and an account whose password has expired, too.
    async fn set_own_password(&mut self, password: &SecretString) -> Result<(), Error> {
        let password = password.expose_secret();
        let word = quoted(password);
        if self.server.is_mariadb {
            return self.run_secretly(&format!("SET PASSWORD = PASSWORD({word})")).await;
        }
        if self.has_expired && password.contains('\\') {
            let said = "the old password has expired, and MySQL has no way to say how a backslash is meant: exclude it from passwords";
            return Err(Error::new(Why::Policy, said));
        }
        self.run_secretly(&format!("SET PASSWORD = {word}")).await
    }

    /// Of all or of none, by one statement, so that a run which ends anywhere does not leave some of them with the old password. An
    /// account that has the password already is left alone: rules may forbid to set it twice.
    async fn set_passwords(&mut self, accounts: &[Account], password: &SecretString) -> Result<(), Error> {
        let password = password.expose_secret();
        let mut clauses = Vec::new();
        for account in accounts {
            let (plugin, made) = self.plugin_of(account).await?;
            let hash: Option<String> = if plugin.has_plain_hash() {
                self.conn.exec_first("SELECT PASSWORD(?)", (password,)).await.map_err(|it| explain(&it))?
            } else {
                None
            };
            if !hash.is_some_and(|it| made.contains(&quoted(&it))) {
                clauses.push(format!("{account} {}", plugin.identified(password)));
            }
        }
        if clauses.is_empty() {
            return Ok(());
        }
        self.run_secretly(&format!("ALTER USER {}", clauses.join(", "))).await
    }

    pub(super) async fn probe(&mut self, sql: &str) -> Result<(), Error> {
        self.run(sql).await
    }

    /// Accounts have no number here, and are known by the hash of the password that they were given last: an account that is made
    /// anew has another one, unless its maker knows the hash or the password.
    pub(super) async fn marks_of(&mut self, users: [&str; 2]) -> Result<BTreeMap<String, SecretString>, Error> {
        let asked =
            "SELECT User, Host, plugin, HEX(authentication_string) FROM mysql.user WHERE User IN (?, ?) ORDER BY Host";
        let found = self.conn.exec(asked, (users[0], users[1])).await;
        let found: Vec<(String, String, String, String)> = found.map_err(|error| explain(&error))?;
        let mut marks = BTreeMap::<_, String>::new();
        for (user, host, plugin, hash) in found {
            *marks.entry(user).or_default() += &[host, plugin, hash].join("\n");
        }
        Ok(marks.into_iter().map(|(user, mark)| (user, SecretString::from(mark))).collect())
    }

    /// A user is as many accounts as there are hosts that it may come from, each with a password of its own.
    async fn accounts(&mut self, user: &str) -> Result<Vec<Account>, Error> {
        let accounts = self.accounts_of(user).await?;
        if accounts.is_empty() {
            return Err(Error::new(Why::Missing, format!("there is no user {user}")));
        }
        Ok(accounts)
    }

    /// The same, where there may be none.
    async fn accounts_of(&mut self, user: &str) -> Result<Vec<Account>, Error> {
        let kept = self.kept(user).await.map_err(|error| explain(&error))?;
        Ok(kept.into_iter().map(|it| it.account).collect())
    }

    /// To one whose password has expired the server does not say who it is.
    pub(super) async fn is_of(&mut self, user: &str) -> Result<bool, Error> {
        if self.has_expired {
            return Ok(false);
        }
        Ok(self.current_user().await?.rsplit_once('@').is_some_and(|(name, _)| name == user))
    }

    async fn current_user(&mut self) -> Result<String, Error> {
        let name: Option<String> =
            self.conn.query_first("SELECT CURRENT_USER()").await.map_err(|error| explain(&error))?;
        Ok(name.unwrap_or_default())
    }

    /// The account as which the server let us in.
    async fn own_account(&mut self) -> Result<Account, Error> {
        let name = self.current_user().await?;
        let (user, host) = name.rsplit_once('@').unwrap_or((&name, ""));
        if user != self.user {
            return Err(Error::new(
                Why::Missing,
                format!("the server took the login for one of {name}, and not of {}", self.user),
            ));
        }
        Ok(Account { user: user.into(), host: host.into() })
    }

    /// How an account logs in, and what the server says of it.
    async fn plugin_of(&mut self, account: &Account) -> Result<(Plugin, String), Error> {
        let made = self.made(account).await?;
        Ok((Plugin::of(account, &made, self.server.is_mariadb)?, made))
    }

    /// A second row is of a password's age, where the first says that it has expired.
    async fn made(&mut self, account: &Account) -> Result<String, Error> {
        Ok(self.lines(&format!("SHOW CREATE USER {account}")).await?.join(" "))
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
}

fn options(login: &Login, trust: &Trust) -> Result<Opts, Error> {
    let options = OptsBuilder::default()
        .ip_or_hostname(login.host.as_str())
        .tcp_port(login.port)
        .user(Some(login.user.as_str()))
        .pass(Some(login.password.expose_secret()))
        .db_name(login.database.as_deref())
        .ssl_opts(if login.is_encrypted { Some(tls(trust)?) } else { None })
        .max_allowed_packet(Some(SETTINGS.0))
        .wait_timeout(Some(SETTINGS.1))
        // A server on this machine would be asked for its socket, and that goes without TLS.
        .prefer_socket(false);
    Ok(options.into())
}

/// What the driver says of a login; it panics on some things that a server may say.
async fn log_in(options: &Opts) -> Result<Result<Conn, mysql_async::Error>, Error> {
    let opened = AssertUnwindSafe(Conn::new(options.clone())).catch_unwind().await;
    opened.map_err(|_| Error::new(Why::Other, "the driver does not understand what the server says"))
}

fn tls(trust: &Trust) -> Result<SslOpts, Error> {
    let roots = trust.certificates()?.into_iter().map(|it| it.to_vec().into()).collect();
    Ok(SslOpts::default().with_root_certs(roots).with_disable_built_in_roots(true))
}
