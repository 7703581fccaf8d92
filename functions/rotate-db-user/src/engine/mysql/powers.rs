//! What leads from an account to all of the server: what Signalbox neither clones nor hands on.
//!
//! Beside `SUPER` it is what MariaDB (since 10.5) and MySQL (since 8.0) split it into, as far as that reaches accounts, code or
//! statements of others. Not here are the parts that only read (`REPLICATION SLAVE`, `BINLOG MONITOR`), only stop something
//! (`SHUTDOWN`, `READ_ONLY ADMIN`, `CONNECTION_ADMIN` of MySQL), or only reach the account itself.
//! <https://mariadb.com/kb/en/grant/#global-privileges>, <https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html>

use super::Error;
use super::rights::{ALL, Granted, Rights};

/// Global privileges, each of which is enough.
const GLOBAL: [&str; 25] = [
    ALL,
    "SUPER",
    "CREATE USER",
    // Files of the server, plugins and keys among them.
    "FILE",
    // MariaDB: routines and views as anybody; statements of a binary log, of a primary of one's own; `init_connect`, which
    // every login runs; servers that tables lead to.
    "SET USER",
    "BINLOG REPLAY",
    "BINLOG ADMIN",
    "REPLICATION SLAVE ADMIN",
    "REPLICA ADMIN",
    "CONNECTION ADMIN",
    "FEDERATED ADMIN",
    // MySQL: the same.
    "SET_USER_ID",
    "SET_ANY_DEFINER",
    "ALLOW_NONEXISTENT_DEFINER",
    "BINLOG_ADMIN",
    "REPLICATION_APPLIER",
    "REPLICATION_SLAVE_ADMIN",
    "GROUP_REPLICATION_ADMIN",
    "SYSTEM_VARIABLES_ADMIN",
    "PERSIST_RO_VARIABLES_ADMIN",
    // Any role for oneself; accounts that are kept from others; all data from another server; second factors of others.
    "ROLE_ADMIN",
    "SYSTEM_USER",
    "CLONE_ADMIN",
    "AUTHENTICATION_POLICY_ADMIN",
    "PROXY",
];

/// A right to write to the schema `mysql` is a right to write accounts.
const WRITES: [&str; 6] = ["INSERT", "UPDATE", "DELETE", "ALTER", "DROP", ALL];

/// The powers in these rights, and the roles to look at next.
pub(super) fn powers(rights: &Rights) -> Vec<String> {
    let withheld =
        |privilege: &str| rights.withheld.iter().any(|(on, it)| reaches_accounts(on) && it.contains(privilege));
    let mut powers = Vec::new();
    for (object, granted) in &rights.on {
        let names = granted.privileges.iter().map(|it| it.split(" (").next().unwrap_or(it));
        let strong = |it: &str| match object.as_str() {
            "*.*" => GLOBAL.contains(&it) || (WRITES.contains(&it) && !withheld(it)),
            _ => it == "PROXY" || (WRITES.contains(&it) && reaches_accounts(object)),
        };
        powers.extend(names.filter(|it| strong(it)).map(|it| format!("{it} ON {object}")));
        if may_grant_all(object, granted) {
            powers.push(format!("GRANT OPTION ON {object}"));
        }
    }
    powers.sort();
    powers.dedup();
    powers
}

fn may_grant_all(object: &str, granted: &Granted) -> bool {
    granted.may_grant && (object == "*.*" || reaches_accounts(object))
}

/// Whether an object is the schema `mysql` or a table in it. A database stands there as a pattern.
fn reaches_accounts(object: &str) -> bool {
    let Some((database, table)) = object.strip_prefix('`').and_then(|it| it.split_once("`.")) else { return false };
    let database = database.to_ascii_lowercase();
    if table == "*" { is_like(b"mysql", database.as_bytes()) } else { database == "mysql" }
}

/// `LIKE` of SQL.
fn is_like(text: &[u8], pattern: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'%', rest @ ..] => (0..=text.len()).any(|from| is_like(&text[from..], rest)),
        [b'_', rest @ ..] => !text.is_empty() && is_like(&text[1..], rest),
        [b'\\', it, rest @ ..] | [it, rest @ ..] => text.first() == Some(it) && is_like(&text[1..], rest),
    }
}

impl super::Session {
    /// Those of each account of this name, and of the roles that were granted to it, and to those.
    pub(in super::super) async fn powers_of(&mut self, user: &str) -> Result<Vec<String>, Error> {
        let accounts = self.accounts_of(user).await?;
        let mut open: Vec<_> = accounts.iter().map(ToString::to_string).collect();
        let (mut seen, mut all) = (Vec::new(), Vec::new());
        while let Some(name) = open.pop() {
            if seen.contains(&name) {
                continue;
            }
            let rights = Rights::read(
                &self.lines(&format!("SHOW GRANTS FOR {name}")).await?,
                None,
                self.server.quotes_columns(),
            )?;
            all.extend(powers(&rights));
            open.extend(rights.roles.into_keys());
            seen.push(name);
        }
        all.sort();
        all.dedup();
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rights, powers};

    fn of(lines: &[&str]) -> Vec<String> {
        powers(&Rights::read(&lines.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), None, true).unwrap())
    }

    #[test]
    fn what_leads_to_all_of_the_server_is_a_power() {
        for (line, expected) in [
            ("GRANT SUPER ON *.* TO `a`@`%`", "SUPER ON *.*"),
            ("GRANT CREATE USER ON *.* TO `a`@`%`", "CREATE USER ON *.*"),
            ("GRANT SET USER, PROCESS ON *.* TO `a`@`%`", "SET USER ON *.*"),
            (
                "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*9' WITH GRANT OPTION MAX_USER_CONNECTIONS 4",
                "GRANT OPTION ON *.*",
            ),
            ("GRANT ROLE_ADMIN,SYSTEM_USER ON *.* TO `a`@`%`", "ROLE_ADMIN ON *.*, SYSTEM_USER ON *.*"),
            ("GRANT SELECT, UPDATE ON *.* TO `a`@`%`", "UPDATE ON *.*"),
            ("GRANT INSERT ON `mysql`.* TO `a`@`%`", "INSERT ON `mysql`.*"),
            ("GRANT INSERT ON `my%`.* TO `a`@`%`", "INSERT ON `my%`.*"),
            ("GRANT UPDATE (`Priv`) ON `mysql`.`global_priv` TO `a`@`%`", "UPDATE ON `mysql`.`global_priv`"),
            ("GRANT SELECT ON `mysql`.* TO `a`@`%` WITH GRANT OPTION", "GRANT OPTION ON `mysql`.*"),
            ("GRANT PROXY ON 'root'@'%' TO 'a'@'%'", "PROXY ON 'root'@'%'"),
        ] {
            assert_eq!(of(&[line]).join(", "), expected, "{line}");
        }
    }

    #[test]
    fn what_an_ordinary_user_has_is_none() {
        let lines = [
            "GRANT SELECT, PROCESS, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*9'",
            "GRANT ALL PRIVILEGES ON `app`.* TO `a`@`%` WITH GRANT OPTION",
            "GRANT INSERT ON `mysql\\_app`.* TO `a`@`%`",
            "GRANT INSERT ON `my%`.`t` TO `a`@`%`",
            "GRANT SELECT ON `mysql`.`proc` TO `a`@`%`",
            "GRANT `r` TO `a`@`%` WITH ADMIN OPTION",
        ];
        assert!(of(&lines).is_empty(), "{:?}", of(&lines));
    }

    /// As MySQL's manual shows partial revokes: no test has seen a server of it.
    #[test]
    fn what_mysql_withholds_from_the_schema_of_accounts_is_no_power() {
        let lines = ["GRANT INSERT, UPDATE ON *.* TO `a`@`%`", "REVOKE INSERT ON `mysql`.* FROM `a`@`%`"];
        assert_eq!(of(&lines), ["UPDATE ON *.*"]);
    }
}
