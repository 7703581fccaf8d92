//! What an account demands and how far it goes: TLS, limits, the password's age, locks. Read from `SHOW CREATE USER`.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, find, split};

/// What an account demands. A setting that is not there has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Demands {
    settings: BTreeMap<String, String>,
    pub(super) is_locked: bool,
    /// The roles that are active from the beginning, which MySQL shows here, and MariaDB among the grants.
    pub(super) default_roles: Option<String>,
}

/// Where the next setting begins.
const BEGINNINGS: [&str; 9] = [
    "WITH",
    "PASSWORD",
    "ACCOUNT",
    "ALTER",
    "CREATE",
    "FAILED_LOGIN_ATTEMPTS",
    "PASSWORD_LOCK_TIME",
    "ATTRIBUTE",
    "COMMENT",
];

impl Demands {
    pub(super) fn read(made: &str) -> Self {
        let mut demands = Self::default();
        // Before it stands the account, and a hash that may hold anything.
        let start = [" DEFAULT ROLE ", " REQUIRE ", " WITH MAX_", " PASSWORD EXPIRE", " ACCOUNT "];
        let start = start.iter().filter_map(|it| find(made, it)).min().unwrap_or(made.len());
        let mut words = split(&made[start..], char::is_whitespace).into_iter().peekable();
        while let Some(word) = words.next() {
            let mut value = || {
                let mut value = Vec::new();
                while let Some(next) = words.next_if(|it| !BEGINNINGS.contains(it) && !it.starts_with("MAX_")) {
                    value.push(next);
                    if word == "DEFAULT" && words.peek() == Some(&"REQUIRE") {
                        break;
                    }
                }
                value
            };
            match word {
                "REQUIRE" | "FAILED_LOGIN_ATTEMPTS" | "PASSWORD_LOCK_TIME" => demands.set(word, &value().join(" ")),
                "ACCOUNT" => demands.is_locked = value() == ["LOCK"],
                "DEFAULT" => demands.default_roles = Some(value()[1..].join(" ")),
                "PASSWORD" => {
                    let value = value();
                    let names = if value.starts_with(&["REUSE"]) { 2 } else { 1 };
                    let (name, value) = value.split_at(names.min(value.len()));
                    // Without a value it has expired, which is no demand.
                    if !value.is_empty() {
                        demands.set(&format!("PASSWORD {}", name.join(" ")), &value.join(" "));
                    }
                }
                _ if word.starts_with("MAX_") => demands.set(word, &value().join(" ")),
                _ => {}
            }
        }
        demands
    }

    fn set(&mut self, name: &str, value: &str) {
        if value != default_of(name) {
            self.settings.insert(name.into(), value.into());
        }
    }

    /// The statement by which an account that has these comes to have those of the original.
    pub(super) fn statement(&self, original: &Self, account: &Account) -> Option<String> {
        let names: BTreeSet<_> = self.settings.keys().chain(original.settings.keys()).collect();
        let differ = names.into_iter().filter(|it| self.settings.get(*it) != original.settings.get(*it));
        let clauses = differ.map(|name| {
            let value = original.settings.get(name).map_or(default_of(name), String::as_str);
            (order(name), format!("{name} {value}"))
        });
        let mut clauses: Vec<_> = clauses.collect();
        clauses.sort();
        let mut statement = format!("ALTER USER {account}");
        let mut is_limited = false;
        for (order, clause) in &clauses {
            if *order == LIMIT && !is_limited {
                statement.push_str(" WITH");
                is_limited = true;
            }
            statement.push(' ');
            statement.push_str(clause);
        }
        (!clauses.is_empty()).then_some(statement)
    }
}

const LIMIT: u8 = 1;

/// The grammar wants TLS first, then the limits.
fn order(name: &str) -> u8 {
    match name {
        "REQUIRE" => 0,
        _ if name.starts_with("MAX_") => LIMIT,
        _ => 2,
    }
}

fn default_of(name: &str) -> &'static str {
    match name {
        "REQUIRE" => "NONE",
        "PASSWORD REQUIRE" => "CURRENT DEFAULT",
        _ if name.starts_with("PASSWORD ") => "DEFAULT",
        _ => "0",
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Demands};

    fn statement(clone: &str, original: &str) -> Option<String> {
        let account = Account { user: "app_clone".into(), host: "%".into() };
        let [clone, original] = [clone, original].map(|it| Demands::read(&format!("CREATE USER `app`@`%` {it}")));
        clone.statement(&original, &account)
    }

    /// As MariaDB 10.11 shows them.
    #[test]
    fn a_clone_in_mariadb_demands_what_its_original_does() {
        let of_app = "IDENTIFIED BY PASSWORD '*9F REQUIRE ' REQUIRE ISSUER '/CN=a b' WITH MAX_USER_CONNECTIONS -1 \
                      MAX_STATEMENT_TIME 2.500000 ACCOUNT LOCK PASSWORD EXPIRE INTERVAL 100 DAY";
        let made = "ALTER USER 'app_clone'@'%' REQUIRE ISSUER '/CN=a b' WITH MAX_STATEMENT_TIME 2.500000 \
                    MAX_USER_CONNECTIONS -1 PASSWORD EXPIRE INTERVAL 100 DAY";
        assert_eq!(statement("IDENTIFIED VIA ed25519 USING 'x'", of_app).as_deref(), Some(made));
        let taken = "ALTER USER 'app_clone'@'%' REQUIRE NONE WITH MAX_STATEMENT_TIME 0 MAX_USER_CONNECTIONS 0 \
                     PASSWORD EXPIRE DEFAULT";
        assert_eq!(statement(of_app, "").as_deref(), Some(taken));
        assert_eq!(statement(of_app, of_app), None);
        assert_eq!(statement("", "PASSWORD EXPIRE"), None, "that it has expired is no demand");
        assert!(Demands::read("CREATE USER `a`@`%` ACCOUNT LOCK PASSWORD EXPIRE").is_locked);
    }

    /// In the forms that MySQL's manual describes: no test has seen a server of it.
    #[test]
    fn a_clone_in_mysql_demands_what_its_original_does() {
        let of_app = "IDENTIFIED WITH 'caching_sha2_password' AS '$A$ WITH MAX_' DEFAULT ROLE `r`@`%`,`s`@`%` REQUIRE SSL \
                      PASSWORD EXPIRE NEVER ACCOUNT UNLOCK PASSWORD HISTORY 5 PASSWORD REUSE INTERVAL DEFAULT \
                      PASSWORD REQUIRE CURRENT DEFAULT FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2 ATTRIBUTE '{}'";
        let of_clone = "IDENTIFIED WITH 'caching_sha2_password' AS 'x' REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK \
                        PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT";
        let made = "ALTER USER 'app_clone'@'%' REQUIRE SSL FAILED_LOGIN_ATTEMPTS 3 PASSWORD EXPIRE NEVER \
                    PASSWORD HISTORY 5 PASSWORD_LOCK_TIME 2";
        assert_eq!(statement(of_clone, of_app).as_deref(), Some(made));
        let demands = Demands::read(&format!("CREATE USER `app`@`%` {of_app}"));
        assert_eq!(demands.default_roles.as_deref(), Some("`r`@`%`,`s`@`%`"));
        assert!(!demands.is_locked);
    }
}
