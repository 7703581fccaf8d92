//! What an account logs in with. Signalbox gives another password only to an account that has one password and nothing else to
//! log in with, and leaves it the plugin that it has.
//!
//! <https://mariadb.com/kb/en/authentication-plugins/>, <https://dev.mysql.com/doc/refman/8.4/en/authentication-plugins.html>

use super::account::{Account, quoted, split};
use super::{Error, Why};

/// The plugins that keep a password in the server, and that this driver speaks.
const WITH_PASSWORD: [&str; 5] =
    ["mysql_native_password", "ed25519", "parsec", "caching_sha2_password", "sha256_password"];

/// The plugin that judges the password, and how a server writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plugin {
    name: String,
    is_mariadb: bool,
}

impl Plugin {
    /// The one plugin of an account, from what `SHOW CREATE USER` says.
    pub(super) fn of(account: &Account, made: &str, is_mariadb: bool) -> Result<Self, Error> {
        let names = plugins(made);
        match names.as_slice() {
            [name] if WITH_PASSWORD.contains(&name.as_str()) => Ok(Self { name: name.clone(), is_mariadb }),
            // One of several keeps the password that it has, or the server would drop all but one.
            _ => Err(Error::new(
                Why::Weaker,
                format!("{account} logs in by {}, and only {} can be kept", joined(&names), WITH_PASSWORD.join(", ")),
            )),
        }
    }

    /// Another account may be given a password only where it logs in the same way.
    pub(super) fn check_same(&self, account: &Account, of_clone: &Self) -> Result<(), Error> {
        if self == of_clone {
            return Ok(());
        }
        let said = format!("{account} logs in by {}, and the original by {}", of_clone.name, self.name);
        Err(Error::new(Why::Weaker, said))
    }

    /// What stands behind an account in a statement that gives it a password.
    pub(super) fn identified(&self, password: &str) -> String {
        let Self { name, is_mariadb } = self;
        let word = quoted(password);
        match (is_mariadb, self.is_native()) {
            (true, true) => format!("IDENTIFIED BY {word}"),
            (true, false) => format!("IDENTIFIED VIA {name} USING PASSWORD({word})"),
            (false, _) => format!("IDENTIFIED WITH {} BY {word}", quoted(name)),
        }
    }

    /// Whether the server shows the password's hash as its function `PASSWORD` makes it.
    pub(super) fn has_plain_hash(&self) -> bool {
        self.is_mariadb && self.is_native()
    }

    fn is_native(&self) -> bool {
        self.name == "mysql_native_password"
    }
}

fn joined(names: &[String]) -> String {
    if names.len() > 1 { format!("several plugins ({})", names.join(", ")) } else { names.concat() }
}

/// In the words of MariaDB (`VIA a USING '..' OR b`), of both (`BY PASSWORD '..'`), and of MySQL (`WITH 'a' AS '..' AND
/// IDENTIFIED WITH 'b'`).
fn plugins(made: &str) -> Vec<String> {
    let words = split(made, char::is_whitespace);
    let (mut names, mut is_list) = (Vec::new(), false);
    for pair in words.windows(2) {
        match pair {
            ["IDENTIFIED", "BY"] => names.push("mysql_native_password".into()),
            // Both end the list of plugins.
            ["REQUIRE" | "ACCOUNT", _] => break,
            ["VIA" | "WITH", name] if !name.starts_with("MAX_") => {
                names.push(unquoted(name));
                is_list = true;
            }
            ["OR", name] if is_list => names.push(unquoted(name)),
            _ => {}
        }
    }
    // It is shown so where it has no password.
    if names.is_empty() { vec!["mysql_native_password".into()] } else { names }
}

fn unquoted(name: &str) -> String {
    name.trim_matches(['\'', '`']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::Why;
    use super::{Account, Plugin, plugins};

    fn of(made: &str, is_mariadb: bool) -> Result<String, String> {
        let account = Account { user: "app".into(), host: "%".into() };
        let plugin = Plugin::of(&account, made, is_mariadb);
        let plugin = plugin.map_err(|error| {
            assert_eq!(error.why, Why::Weaker);
            error.to_string()
        });
        plugin.map(|it| it.identified("it's"))
    }

    /// As MariaDB 10.11 shows them. PARSEC is of 11.6, and MySQL's are put together from its manual: no test has seen a server
    /// of these.
    #[test]
    fn an_account_keeps_its_one_plugin() {
        for (made, is_mariadb, expected) in [
            ("CREATE USER `a`@`%`", true, "IDENTIFIED BY 'it''s'"),
            (
                "CREATE USER `a`@`%` IDENTIFIED BY PASSWORD '*9F' REQUIRE SSL WITH MAX_USER_CONNECTIONS 5",
                true,
                "IDENTIFIED BY 'it''s'",
            ),
            (
                "CREATE USER `a`@`%` IDENTIFIED VIA ed25519 USING 'Gv2 OR'",
                true,
                "IDENTIFIED VIA ed25519 USING PASSWORD('it''s')",
            ),
            (
                "CREATE USER `a`@`%` IDENTIFIED VIA parsec USING 'P0:salt:key'",
                true,
                "IDENTIFIED VIA parsec USING PASSWORD('it''s')",
            ),
            (
                "CREATE USER `a`@`%` IDENTIFIED WITH 'caching_sha2_password' AS '$A$005$' REQUIRE NONE WITH MAX_USER_CONNECTIONS 5",
                false,
                "IDENTIFIED WITH 'caching_sha2_password' BY 'it''s'",
            ),
        ] {
            assert_eq!(of(made, is_mariadb).as_deref(), Ok(expected), "{made}");
        }
    }

    #[test]
    fn what_would_be_dropped_or_keep_its_password_is_refused() {
        for (made, expected) in [
            ("CREATE USER `a`@`%` IDENTIFIED VIA unix_socket", "by unix_socket"),
            (
                "CREATE USER `a`@`%` IDENTIFIED VIA unix_socket OR mysql_native_password USING '*B6'",
                "by several plugins (unix_socket, mysql_native_password)",
            ),
            (
                "CREATE USER `a`@`%` IDENTIFIED VIA ed25519 USING 'Gv2' OR parsec USING 'P0'",
                "by several plugins (ed25519, parsec)",
            ),
            (
                "CREATE USER `a`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 'x' AND IDENTIFIED WITH 'authentication_fido'",
                "by several plugins (caching_sha2_password, authentication_fido)",
            ),
            ("CREATE USER `a`@`%` IDENTIFIED VIA pam USING 'mariadb'", "by pam"),
        ] {
            let said = of(made, made.contains("VIA")).unwrap_err();
            assert!(said.contains("'app'@'%' logs in ") && said.contains(expected), "{said}");
        }
        assert_eq!(plugins("CREATE USER `OR`@`WITH` IDENTIFIED VIA gssapi"), ["gssapi"]);
    }
}
