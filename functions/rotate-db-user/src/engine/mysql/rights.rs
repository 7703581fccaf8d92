//! What an account may do, read from `SHOW GRANTS`, and the statements by which another one comes to may the same and no more.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, after_account, after_quotes, find, is_role, split, split_once};
use super::{Error, Why};

pub(super) const ALL: &str = "ALL PRIVILEGES";

const OF_COLUMNS: &str = "about columns, whose names this server may not quote (MySQL before 8.0 does not, MariaDB \
    is known to since 10.11.14 and from 12 on), so that Signalbox cannot know where a name ends; grant the privilege on the table, or take it away";

/// What an account may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    /// By what they are on, as the server writes it.
    pub(super) on: BTreeMap<String, Granted>,
    /// Roles, and whether the account may grant them.
    pub(super) roles: BTreeMap<String, bool>,
    /// The roles that are active from the beginning.
    default_roles: Option<String>,
    /// What MySQL takes from a global privilege in one database.
    pub(super) withheld: BTreeMap<String, BTreeSet<String>>,
}

/// What is granted on something. Each column of a privilege stands by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) privileges: BTreeSet<String>,
    pub(super) may_grant: bool,
}

impl Rights {
    /// MariaDB has the default role among the grants, MySQL elsewhere. Where the server does not quote the names of columns, a
    /// name can read as the rest of a line, so that no privilege of a column is read.
    pub(super) fn read(lines: &[String], default_roles: Option<String>, has_quotes: bool) -> Result<Self, Error> {
        let mut rights = Self { default_roles, ..Self::default() };
        for line in lines {
            let error = |why: &str| Error::new(Why::Other, format!("SHOW GRANTS has a line {why}: {}", shown(line)));
            if !has_quotes && find(line, "(").is_some() {
                return Err(error(OF_COLUMNS));
            }
            rights.add(line).ok_or_else(|| error("that Signalbox does not know"))?;
        }
        rights.on.retain(|_, it| *it != Granted::default());
        Ok(rights)
    }

    fn add(&mut self, line: &str) -> Option<()> {
        if let Some(role) = line.strip_prefix("SET DEFAULT ROLE ") {
            let role = split_once(role, " FOR ")?.0;
            self.default_roles = is_role(role).then(|| role.into());
            return self.default_roles.as_ref().map(drop);
        }
        if let Some(rest) = line.strip_prefix("REVOKE ") {
            let (privileges, object) = split_once(split_once(rest, " FROM ")?.0, " ON ")?;
            self.withheld.entry(known(object)?.into()).or_default().extend(each(privileges)?);
            return Some(());
        }
        let (granted, rest) = split_once(line.strip_prefix("GRANT ")?, " TO ")?;
        let end = after_account(rest)?;
        match split_once(granted, " ON ") {
            Some((privileges, object)) => {
                let on = self.on.entry(known(object)?.into()).or_default();
                on.privileges.extend(each(privileges)?);
                on.may_grant |= match end {
                    "" => false,
                    " WITH GRANT OPTION" => true,
                    // Here alone the server writes how the account logs in, and its limits.
                    _ if object == "*.*" => find(end, " GRANT OPTION").is_some(),
                    _ => return None,
                };
            }
            None => {
                let may_grant = end == " WITH ADMIN OPTION";
                if !may_grant && !end.is_empty() {
                    return None;
                }
                let roles = split(granted, |it| it == ',');
                if !roles.iter().all(|it| is_role(it)) {
                    return None;
                }
                self.roles.extend(roles.into_iter().map(|it| (it.to_owned(), may_grant)));
            }
        }
        Some(())
    }

    /// The statements by which an account that has these comes to have those of the original, as far as one round goes: to take
    /// a privilege of a table may take that of its columns. What both have is left alone, since the account may be in use.
    pub(super) fn statements(&self, original: &Self, account: &Account, is_mariadb: bool) -> Vec<String> {
        let mut statements = self.revoke(original, account);
        statements.extend(self.grant(original, account));
        if self.default_roles != original.default_roles {
            let roles = original.default_roles.as_deref().unwrap_or("NONE");
            statements.push(if is_mariadb {
                format!("SET DEFAULT ROLE {roles} FOR {account}")
            } else {
                format!("ALTER USER {account} DEFAULT ROLE {roles}")
            });
        }
        statements
    }

    fn revoke(&self, original: &Self, account: &Account) -> Vec<String> {
        let mut statements = Vec::new();
        for (object, has) in &self.on {
            let wanted = original.on_object(object);
            // Of all privileges, each is one.
            let excess = if wanted.privileges.contains(ALL) { None } else { list(&has.privileges, &wanted.privileges) };
            statements.extend(excess.map(|it| format!("REVOKE {it} ON {object} FROM {account}")));
            if has.may_grant && !wanted.may_grant {
                statements.push(format!("REVOKE GRANT OPTION ON {object} FROM {account}"));
            }
        }
        let excess = self.roles.iter().filter(|(role, may_grant)| match original.roles.get(*role) {
            Some(wanted) => **may_grant && !wanted,
            None => true,
        });
        statements.extend(excess.map(|(role, _)| format!("REVOKE {role} FROM {account}")));
        for (object, withheld) in &original.withheld {
            let lacking = list(withheld, self.withheld.get(object).unwrap_or(&BTreeSet::new()));
            statements.extend(lacking.map(|it| format!("REVOKE {it} ON {object} FROM {account}")));
        }
        statements
    }

    fn grant(&self, original: &Self, account: &Account) -> Vec<String> {
        let mut statements = Vec::new();
        for (object, wanted) in &original.on {
            let has = self.on_object(object);
            let lacking = list(&wanted.privileges, &has.privileges);
            let option = if wanted.may_grant && !has.may_grant { " WITH GRANT OPTION" } else { "" };
            if lacking.is_some() || !option.is_empty() {
                let lacking = lacking.unwrap_or_else(|| "USAGE".into());
                statements.push(format!("GRANT {lacking} ON {object} TO {account}{option}"));
            }
        }
        for (role, may_grant) in &original.roles {
            if self.roles.get(role) != Some(may_grant) {
                let option = if *may_grant { " WITH ADMIN OPTION" } else { "" };
                statements.push(format!("GRANT {role} TO {account}{option}"));
            }
        }
        for (object, withheld) in &self.withheld {
            let excess = list(withheld, original.withheld.get(object).unwrap_or(&BTreeSet::new()));
            statements.extend(excess.map(|it| format!("GRANT {it} ON {object} TO {account}")));
        }
        statements
    }

    fn on_object(&self, object: &str) -> Granted {
        self.on.get(object).cloned().unwrap_or_default()
    }

    /// Without what is on something that is gone: it gives nothing, and cannot be granted.
    pub(super) fn without(mut self, gone: &BTreeSet<String>) -> Self {
        self.on.retain(|object, _| !gone.contains(object));
        self
    }
}

/// What a statement of [`Rights::statements`] grants something on.
pub(super) fn object_of(statement: &str) -> Option<&str> {
    let (granted, _) = split_once(statement.strip_prefix("GRANT ")?, " TO ")?;
    split_once(granted, " ON ").map(|(_, object)| object)
}

/// Those that are in one set and not in the other.
fn list(these: &BTreeSet<String>, others: &BTreeSet<String>) -> Option<String> {
    let only: Vec<_> = these.difference(others).map(String::as_str).collect();
    // It stands alone in a statement.
    if only.contains(&ALL) { Some(ALL.into()) } else { (!only.is_empty()).then(|| only.join(", ")) }
}

/// Each privilege, and for each of its columns one. None where a name is not as the server has or quotes it.
fn each(privileges: &str) -> Option<Vec<String>> {
    let is_in_capitals = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || b"_ ".contains(&it);
    let is_name = |it: &str| it != "GRANT OPTION" && it.bytes().all(is_in_capitals);
    let one = |privilege: &str| match privilege.strip_suffix(')').and_then(|it| split_once(it, " (")) {
        Some((name, columns)) => {
            let columns = split(columns, |it| it == ',');
            let is_known =
                is_name(name) && !columns.is_empty() && columns.iter().all(|it| after_quotes(it) == Some(""));
            is_known.then(|| columns.into_iter().map(|column| format!("{name} ({column})")).collect())
        }
        None if privilege == "USAGE" => Some(Vec::new()),
        None => is_name(privilege).then(|| vec![privilege.to_owned()]),
    };
    let each: Option<Vec<Vec<String>>> = split(privileges, |it| it == ',').into_iter().map(one).collect();
    each.map(|it| it.concat())
}

/// What something is granted on, if every name in it is quoted: the text becomes a part of the master's statements, and old servers do
/// not quote all that an owner of a table names.
fn known(object: &str) -> Option<&str> {
    let of_code = ["PROCEDURE ", "FUNCTION ", "PACKAGE BODY ", "PACKAGE "];
    let name = of_code.iter().find_map(|it| object.strip_prefix(it)).unwrap_or(object);
    let is_known = name == "*.*"
        || after_quotes(name).is_some_and(|rest| {
            rest == ".*" || rest.strip_prefix(['.', '@']).is_some_and(|it| after_quotes(it) == Some(""))
        });
    is_known.then_some(object)
}

/// Without a hash that may stand behind the account.
fn shown(line: &str) -> &str {
    split_once(line, " IDENTIFIED ").map_or(line, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use super::{Account, Rights, object_of};

    fn read(lines: &[&str]) -> Rights {
        Rights::read(&lines.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), None, true).unwrap()
    }

    fn statements(clone: &[&str], original: &[&str]) -> Vec<String> {
        let account = Account { user: "app_clone".into(), host: "%".into() };
        read(clone).statements(&read(original), &account, true)
    }

    /// As MariaDB 10.11 shows them.
    const OF_APP: [&str; 6] = [
        "GRANT `q` TO `app`@`%` WITH ADMIN OPTION",
        "GRANT PROCESS ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD '*9F8C' REQUIRE SSL WITH GRANT OPTION MAX_USER_CONNECTIONS 5",
        "GRANT ALL PRIVILEGES ON `d\\_x`.* TO `app`@`%` WITH GRANT OPTION",
        "GRANT SELECT (`b`` TO `, `a`), INSERT ON `d`.`t` TO `app`@`%`",
        "GRANT EXECUTE ON PROCEDURE `d`.`p` TO `app`@`%`",
        "SET DEFAULT ROLE `r` FOR `app`@`%`",
    ];

    #[test]
    fn a_new_clone_is_granted_what_its_original_has() {
        let expected = [
            "GRANT PROCESS ON *.* TO 'app_clone'@'%' WITH GRANT OPTION",
            "GRANT EXECUTE ON PROCEDURE `d`.`p` TO 'app_clone'@'%'",
            "GRANT ALL PRIVILEGES ON `d\\_x`.* TO 'app_clone'@'%' WITH GRANT OPTION",
            "GRANT INSERT, SELECT (`a`), SELECT (`b`` TO `) ON `d`.`t` TO 'app_clone'@'%'",
            "GRANT `q` TO 'app_clone'@'%' WITH ADMIN OPTION",
            "SET DEFAULT ROLE `r` FOR 'app_clone'@'%'",
        ];
        let clone = "GRANT USAGE ON *.* TO `app_clone`@`%` IDENTIFIED BY PASSWORD '*9F8C'";
        let mut made = statements(&[clone], &OF_APP);
        made.sort();
        let mut sorted = expected.map(String::from).to_vec();
        sorted.sort();
        assert_eq!(made, sorted);
        assert_eq!(object_of(expected[3]), Some("`d`.`t`"));
        assert!(statements(&OF_APP, &OF_APP).is_empty());
    }

    #[test]
    fn what_a_clone_has_too_much_is_revoked_and_the_rest_is_left_alone() {
        let clone =
            ["GRANT INSERT, SELECT, SELECT (`a`) ON `d`.`t` TO `c`@`%` WITH GRANT OPTION", "GRANT `q` TO `c`@`%`"];
        let original = ["GRANT SELECT (`a`) ON `d`.`t` TO `a`@`%`", "GRANT SELECT ON `d`.`u` TO `a`@`%`"];
        let expected = [
            "REVOKE INSERT, SELECT ON `d`.`t` FROM 'app_clone'@'%'",
            "REVOKE GRANT OPTION ON `d`.`t` FROM 'app_clone'@'%'",
            "REVOKE `q` FROM 'app_clone'@'%'",
            "GRANT SELECT ON `d`.`u` TO 'app_clone'@'%'",
        ];
        assert_eq!(statements(&clone, &original), expected);
        let taken = statements(&OF_APP, &[]).join("; ");
        for said in
            ["REVOKE GRANT OPTION ON *.*", "REVOKE ALL PRIVILEGES ON `d\\_x`.*", "REVOKE `q`", "SET DEFAULT ROLE NONE"]
        {
            assert!(taken.contains(said), "{taken}");
        }
    }

    #[test]
    fn a_privilege_of_all_is_not_taken_from_them() {
        let (some, all) = (["GRANT SELECT ON `d`.* TO `c`@`%`"], ["GRANT ALL PRIVILEGES ON `d`.* TO `c`@`%`"]);
        assert_eq!(statements(&some, &all), ["GRANT ALL PRIVILEGES ON `d`.* TO 'app_clone'@'%'"]);
        let expected =
            ["REVOKE ALL PRIVILEGES ON `d`.* FROM 'app_clone'@'%'", "GRANT SELECT ON `d`.* TO 'app_clone'@'%'"];
        assert_eq!(statements(&all, &some), expected);
    }

    /// In the forms that MySQL's manual describes: no test has seen a server of it.
    #[test]
    fn what_mysql_withholds_from_an_original_is_withheld_from_its_clone() {
        let original = [
            "GRANT INSERT ON *.* TO `a`@`%`",
            "REVOKE INSERT ON `d`.* FROM `a`@`%`",
            "GRANT `r`@`%`,`s`@`%` TO `a`@`%`",
        ];
        let clone =
            ["GRANT INSERT ON *.* TO `a`@`%`", "REVOKE INSERT ON `e`.* FROM `a`@`%`", "GRANT `r`@`%` TO `a`@`%`"];
        let expected = [
            "REVOKE INSERT ON `d`.* FROM 'app_clone'@'%'",
            "GRANT `s`@`%` TO 'app_clone'@'%'",
            "GRANT INSERT ON `e`.* TO 'app_clone'@'%'",
        ];
        assert_eq!(statements(&clone, &original), expected);
    }

    /// MySQL 5.7 does not quote the names of columns, so that a name can be the rest of a line.
    #[test]
    fn of_a_server_that_does_not_quote_columns_no_line_about_columns_is_read() {
        for column in ["id", "`id`", "), SELECT ON *.* TO x"] {
            let line = format!("GRANT SELECT ({column}) ON `d`.`t` TO 'a'@'%'");
            let error = Rights::read(&[line], None, false).unwrap_err().to_string();
            assert!(error.contains("about columns") && error.contains("grant the privilege on the table"), "{error}");
        }
        let others = ["GRANT USAGE ON *.* TO 'a'@'%'", "GRANT SELECT ON `d`.`t(x)` TO 'a'@'%' WITH GRANT OPTION"];
        Rights::read(&others.map(String::from), None, false).unwrap();
    }

    /// MySQL 5.7 does not quote the names of columns.
    #[test]
    fn a_name_without_quotes_becomes_no_part_of_a_statement() {
        let lines = [
            "GRANT SELECT (a) ON `d`.`t` TO `a`@`%`",
            "GRANT SELECT (`a`b`) ON `d`.`t` TO `a`@`%`",
            "GRANT SELECT ON d.t TO `a`@`%`",
            "GRANT SELECT ON `d`.`t` x TO `a`@`%`",
            "GRANT select ON `d`.`t` TO `a`@`%`",
            "GRANT q TO `a`@`%`",
            "REVOKE INSERT ON d.* FROM `a`@`%`",
            "SET DEFAULT ROLE r FOR `a`@`%`",
            "GRANT SELECT () ON `d`.`t` TO `a`@`%`",
            "GRANT SELECT ON `d`.`t` TO a",
            "GRANT SELECT ON `d`.`t` TO `a`@`%` x",
            "GRANT `q` TO `a`@`%` WITH GRANT OPTION",
            "GRANT GRANT OPTION ON *.* TO `a`@`%`",
        ];
        for line in lines {
            let error = Rights::read(&[line.into()], None, true).unwrap_err();
            assert!(error.to_string().contains("does not know"), "{line}: {error}");
        }
        read(&["GRANT PROXY ON ''@'%' TO `a`@`%` WITH GRANT OPTION", "GRANT LOAD FROM S3 ON *.* TO `a`@`%`"]);
        read(&["GRANT EXECUTE ON PACKAGE BODY `d`.`p``x` TO `a`@`%`"]);
    }

    #[test]
    fn a_line_of_another_kind_is_an_error() {
        let error =
            Rights::read(&["DENY SELECT ON `d`.* TO `a`@`%` IDENTIFIED BY '*9F'".into()], None, true).unwrap_err();
        assert!(error.to_string().contains("DENY SELECT") && !error.to_string().contains("*9F"), "{error}");
    }
}
