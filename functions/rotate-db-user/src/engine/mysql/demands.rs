//! What an account demands and how far it goes: TLS, limits, the password's age, locks. Read from `SHOW CREATE USER`.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, after_account, after_quotes, is_role, split};
use super::{Error, Why};

/// What an account demands. A setting that is not there has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Demands {
    settings: BTreeMap<String, String>,
    pub(super) is_locked: bool,
    /// The roles that are active from the beginning, which MySQL shows here, and MariaDB among the grants.
    pub(super) default_roles: Option<String>,
}

const LIMITS: [&str; 5] = [
    "MAX_CONNECTIONS_PER_HOUR",
    "MAX_QUERIES_PER_HOUR",
    "MAX_STATEMENT_TIME",
    "MAX_UPDATES_PER_HOUR",
    "MAX_USER_CONNECTIONS",
];

impl Demands {
    /// The server writes some of these texts without escaping them, and they become a part of the master's statements: what is not
    /// of the grammar here to the end is an error.
    pub(super) fn read(made: &str) -> Result<Self, Error> {
        let mut demands = Self::default();
        let words = split(made, char::is_whitespace);
        let mut rest = after_identified(&words);
        while !rest.is_empty() {
            rest = demands.take(rest).ok_or_else(|| {
                let said = format!("SHOW CREATE USER says what Signalbox does not know, from {} on", rest[0]);
                Error::new(
                    Why::Other,
                    said + ": take it from the account, or rotate the secret as one user's, without a master",
                )
            })?;
        }
        Ok(demands)
    }

    /// Reads one setting. <https://mariadb.com/kb/en/show-create-user/>, <https://dev.mysql.com/doc/refman/8.4/en/show-create-user.html>
    fn take<'w>(&mut self, words: &'w [&'w str]) -> Option<&'w [&'w str]> {
        match words {
            ["REQUIRE", kind @ ("NONE" | "SSL" | "X509"), rest @ ..] => Some(self.set("REQUIRE", kind, rest)),
            ["REQUIRE", rest @ ..] => {
                let count = rest.chunks_exact(2).take_while(|it| is_of_certificate(it)).count() * 2;
                let (value, rest) = rest.split_at(count);
                (count > 0).then(|| self.set("REQUIRE", &value.join(" "), rest))
            }
            ["WITH", rest @ ..] if rest.first().is_some_and(|it| LIMITS.contains(it)) => Some(rest),
            [limit, value, rest @ ..] if LIMITS.contains(limit) && is_number(value) => {
                Some(self.set(limit, value, rest))
            }
            [name @ "FAILED_LOGIN_ATTEMPTS", value, rest @ ..] if is_number(value) => Some(self.set(name, value, rest)),
            [name @ "PASSWORD_LOCK_TIME", value, rest @ ..] if is_number(value) || *value == "UNBOUNDED" => {
                Some(self.set(name, value, rest))
            }
            ["ACCOUNT", state @ ("LOCK" | "UNLOCK"), rest @ ..] => {
                self.is_locked = *state == "LOCK";
                Some(rest)
            }
            ["DEFAULT", "ROLE", roles, rest @ ..] if are_roles(roles) => {
                self.default_roles = Some((*roles).to_owned());
                Some(rest)
            }
            ["PASSWORD", rest @ ..] => self.take_password(rest),
            // No demands: a second row of a password that has expired, and notes.
            ["ALTER", "USER", account, rest @ ..] if after_account(account) == Some("") => Some(rest),
            ["ATTRIBUTE" | "COMMENT", text, rest @ ..] if after_quotes(text) == Some("") => Some(rest),
            _ => None,
        }
    }

    fn take_password<'w>(&mut self, words: &'w [&'w str]) -> Option<&'w [&'w str]> {
        match words {
            ["EXPIRE", "INTERVAL", days, "DAY", rest @ ..] if is_number(days) => {
                Some(self.set("PASSWORD EXPIRE", &format!("INTERVAL {days} DAY"), rest))
            }
            ["EXPIRE", value @ ("NEVER" | "DEFAULT"), rest @ ..] => Some(self.set("PASSWORD EXPIRE", value, rest)),
            // It has expired, which is no demand.
            ["EXPIRE", rest @ ..] => Some(rest),
            ["HISTORY", value, rest @ ..] if is_number(value) || *value == "DEFAULT" => {
                Some(self.set("PASSWORD HISTORY", value, rest))
            }
            ["REUSE", "INTERVAL", "DEFAULT", rest @ ..] => Some(self.set("PASSWORD REUSE INTERVAL", "DEFAULT", rest)),
            ["REUSE", "INTERVAL", days, "DAY", rest @ ..] if is_number(days) => {
                Some(self.set("PASSWORD REUSE INTERVAL", &format!("{days} DAY"), rest))
            }
            ["REQUIRE", "CURRENT", value @ ("DEFAULT" | "OPTIONAL"), rest @ ..] => {
                Some(self.set("PASSWORD REQUIRE", &format!("CURRENT {value}"), rest))
            }
            ["REQUIRE", "CURRENT", rest @ ..] => Some(self.set("PASSWORD REQUIRE", "CURRENT", rest)),
            _ => None,
        }
    }

    fn set<'w>(&mut self, name: &str, value: &str, rest: &'w [&'w str]) -> &'w [&'w str] {
        if value != default_of(name) {
            self.settings.insert(name.into(), value.into());
        }
        rest
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

fn are_roles(text: &str) -> bool {
    let roles = split(text, |it| it == ',');
    !roles.is_empty() && roles.into_iter().all(is_role)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).replacen('.', "", 1);
    !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit())
}

/// What follows the account and how it logs in. Their texts are whole, or all of it is left to be refused.
fn after_identified<'w>(words: &'w [&'w str]) -> &'w [&'w str] {
    let is_hash =
        |it: &str| is_text(it) || it.strip_prefix("0x").is_some_and(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
    let rest = match words {
        ["CREATE", "USER", account, rest @ ..] if after_account(account) == Some("") => rest,
        _ => return words,
    };
    let mut rest = match rest {
        ["IDENTIFIED", "BY", "PASSWORD", hash, rest @ ..] if is_text(hash) => return rest,
        ["IDENTIFIED", "WITH", _, "AS", hash, rest @ ..] if is_hash(hash) => return rest,
        ["IDENTIFIED", "WITH", _, rest @ ..] => return rest,
        ["IDENTIFIED", rest @ ..] => rest,
        rest => return rest,
    };
    // MariaDB has several ways to log in. The names of plugins are read elsewhere, and go into no statement from here.
    while let ["VIA" | "OR", _, after @ ..] = rest {
        rest = match after {
            ["USING", hash, after @ ..] if is_text(hash) => after,
            after => after,
        };
    }
    rest
}

/// One text in whole quotes.
fn is_text(word: &str) -> bool {
    word.starts_with('\'') && after_quotes(word) == Some("")
}

/// A property of a certificate, and its text in quotes.
fn is_of_certificate(words: &[&str]) -> bool {
    matches!(words, ["SUBJECT" | "ISSUER" | "CIPHER", text] if is_text(text))
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
        let [clone, original] =
            [clone, original].map(|it| Demands::read(&format!("CREATE USER `app`@`%` {it}")).unwrap());
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
        assert!(Demands::read("CREATE USER `a`@`%` ACCOUNT LOCK PASSWORD EXPIRE").unwrap().is_locked);
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
        let demands = Demands::read(&format!("CREATE USER `app`@`%` {of_app}")).unwrap();
        assert_eq!(demands.default_roles.as_deref(), Some("`r`@`%`,`s`@`%`"));
        assert!(!demands.is_locked);
    }

    /// MariaDB, and MySQL before 8.0, write the texts of REQUIRE as they were given, quotes among them.
    #[test]
    fn what_is_no_demand_to_the_last_word_is_an_error() {
        for (said, from) in [
            ("REQUIRE SUBJECT 'it's'", "REQUIRE"),
            ("REQUIRE SUBJECT 'x' y", "y"),
            ("REQUIRE SUBJECT `x`", "REQUIRE"),
            ("REQUIRE SUBJECT", "REQUIRE"),
            ("REQUIRE SSL; x", "REQUIRE"),
            ("REQUIRE NONE WITH MAX_ANY 1", "WITH"),
            ("REQUIRE NONE WITH MAX_USER_CONNECTIONS x", "MAX_USER_CONNECTIONS"),
            ("ACCOUNT LOCK, x", "ACCOUNT"),
            ("PASSWORD EXPIRE NEVER x", "x"),
            ("PASSWORD EXPIRE INTERVAL x DAY", "INTERVAL"),
            ("DEFAULT ROLE r", "DEFAULT"),
            ("DEFAULT ROLE ", "DEFAULT"),
            ("DEFAULT ROLE ,", "DEFAULT"),
            ("REQUIRE NONE WITH MAX_USER_CONNECTIONS --", "MAX_USER_CONNECTIONS"),
            ("IDENTIFIED BY PASSWORD '*a'b' REQUIRE SSL", "BY"),
            ("IDENTIFIED VIA ed25519 USING 'a'b' REQUIRE SSL", "USING"),
            ("IDENTIFIED WITH 'x' AS 'a'b' REQUIRE SSL", "AS"),
            ("IDENTIFIED WITH 'x' AS 0xg", "AS"),
            ("ACCOUNT UNLOCK COMMENT 'x", "COMMENT"),
        ] {
            let error = Demands::read(&format!("CREATE USER `app`@`%` {said}")).unwrap_err().to_string();
            assert!(error.contains(&format!("does not know, from {from} on")), "{said}: {error}");
        }
    }
}
