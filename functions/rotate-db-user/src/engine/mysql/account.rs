//! An account of MySQL or MariaDB, and the statements that make another one like it.

use std::fmt;

/// A user from a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) user: String,
    pub(super) host: String,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", quoted(&self.user), quoted(&self.host))
    }
}

impl Account {
    /// As it stands in what servers show: newer ones take it for names, older ones for texts.
    fn is_shown_as(&self) -> [String; 2] {
        let name = |it: &str| format!("`{}`", it.replace('`', "``"));
        [format!("{}@{}", name(&self.user), name(&self.host)), self.to_string()]
    }
}

/// A text in a statement, of a session in which a backslash is only that.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The statements by which a clone demands and may what the original does, from what `SHOW CREATE USER` and
/// `SHOW GRANTS` say of that.
pub(super) fn like(original: &Account, clone: &Account, made: &str, granted: &[String]) -> Vec<String> {
    let demanded = demands(made).map(|demands| format!("ALTER USER {clone}{demands}"));
    let granted = granted.iter().filter_map(|line| for_clone(line, original, clone));
    // After the roles were granted.
    let default = default_roles(made).map(|roles| format!("ALTER USER {clone}{roles}"));
    demanded.into_iter().chain(granted).chain(default).collect()
}

/// The roles that are active from the beginning, which MySQL shows here, and MariaDB among the grants.
fn default_roles(made: &str) -> Option<&str> {
    let start = find(made, " DEFAULT ROLE ")?;
    let end = find(&made[start..], " REQUIRE ").map_or(made.len(), |end| start + end);
    Some(&made[start..end])
}

/// TLS that is required, and limits. What follows in `SHOW CREATE USER` is of the password's age and of locks.
fn demands(made: &str) -> Option<&str> {
    let start = find(made, " REQUIRE ").or_else(|| find(made, " WITH MAX_"))?;
    let end = [" PASSWORD ", " ACCOUNT "].iter().filter_map(|word| find(&made[start..], word)).min();
    Some(end.map_or(&made[start..], |end| &made[start..start + end]))
}

/// A line of `SHOW GRANTS` for the clone: with the right to grant, without the password that MariaDB shows there.
fn for_clone(line: &str, original: &Account, clone: &Account) -> Option<String> {
    for shown in original.is_shown_as() {
        for joint in [" TO ", " FROM ", " FOR "] {
            if let Some((head, rest)) = line.split_once(&format!("{joint}{shown}")) {
                let option = [" WITH GRANT OPTION", " WITH ADMIN OPTION"].into_iter();
                let option = option.filter(|it| find(rest, it).is_some()).collect::<String>();
                return Some(format!("{head}{joint}{clone}{option}"));
            }
        }
    }
    None
}

/// Where words stand that are in no quotes.
fn find(text: &str, words: &str) -> Option<usize> {
    let mut open = None;
    for (at, it) in text.char_indices() {
        match open {
            None if text[at..].starts_with(words) => return Some(at),
            None if it == '\'' || it == '`' => open = Some(it),
            Some(quote) if quote == it => open = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Account, like, quoted};

    fn account(user: &str) -> Account {
        Account { user: user.into(), host: "%".into() }
    }

    fn clone_of(made: &str, granted: &[&str]) -> Vec<String> {
        let granted: Vec<_> = granted.iter().map(|it| (*it).to_owned()).collect();
        like(&account("app"), &account("app_clone"), made, &granted)
    }

    #[test]
    fn a_text_stays_a_text() {
        assert_eq!(quoted("it's \\ a `word`"), "'it''s \\ a `word`'");
    }

    /// As MariaDB 10.11 shows them.
    #[test]
    fn an_account_of_mariadb_has_a_clone() {
        let made = "CREATE USER `app`@`%` IDENTIFIED BY PASSWORD '*9F8C' REQUIRE SSL WITH MAX_USER_CONNECTIONS 5 \
                    PASSWORD EXPIRE INTERVAL 100 DAY";
        let granted = [
            "GRANT `q` TO `app`@`%` WITH ADMIN OPTION",
            "GRANT PROCESS ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*9F8C' REQUIRE SSL WITH MAX_USER_CONNECTIONS 5",
            "GRANT INSERT ON `d`.* TO `app`@`%` WITH GRANT OPTION",
            "GRANT SELECT (`b``TO`, `a`) ON `d`.`t` TO `app`@`%`",
            "SET DEFAULT ROLE `r` FOR `app`@`%`",
        ];
        let expected = [
            "ALTER USER 'app_clone'@'%' REQUIRE SSL WITH MAX_USER_CONNECTIONS 5",
            "GRANT `q` TO 'app_clone'@'%' WITH ADMIN OPTION",
            "GRANT PROCESS ON *.* TO 'app_clone'@'%'",
            "GRANT INSERT ON `d`.* TO 'app_clone'@'%' WITH GRANT OPTION",
            "GRANT SELECT (`b``TO`, `a`) ON `d`.`t` TO 'app_clone'@'%'",
            "SET DEFAULT ROLE `r` FOR 'app_clone'@'%'",
        ];
        assert_eq!(clone_of(made, &granted), expected);
        assert!(clone_of("CREATE USER `app`@`%` IDENTIFIED BY PASSWORD '* REQUIRE '", &[]).is_empty());
    }

    /// In the forms that MySQL's manual describes, put together here: no test has seen a server of it.
    #[test]
    fn an_account_of_mysql_has_a_clone() {
        let made = "CREATE USER `app`@`%` IDENTIFIED WITH 'caching_sha2_password' AS '$A$ WITH MAX_' \
                    DEFAULT ROLE `r`@`%` REQUIRE NONE PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK";
        let granted = [
            "REVOKE INSERT ON `d`.* FROM `app`@`%`",
            "GRANT SELECT ON `d`.* TO 'app'@'%'",
            "GRANT `r`@`%` TO `app`@`%`",
        ];
        let expected = [
            "ALTER USER 'app_clone'@'%' REQUIRE NONE",
            "REVOKE INSERT ON `d`.* FROM 'app_clone'@'%'",
            "GRANT SELECT ON `d`.* TO 'app_clone'@'%'",
            "GRANT `r`@`%` TO 'app_clone'@'%'",
            "ALTER USER 'app_clone'@'%' DEFAULT ROLE `r`@`%`",
        ];
        assert_eq!(clone_of(made, &granted), expected);
    }
}
