//! The settings of a role, for all databases and for single ones (`ALTER ROLE .. IN DATABASE .. SET`), and how one role gets those
//! of another: <https://www.postgresql.org/docs/current/sql-alterrole.html>.

use std::collections::BTreeMap;

use tokio_postgres::GenericClient;
use tokio_postgres::types::Type;

use super::explain::explain;
use super::{literal, quoted};
use crate::engine::error::Error;

/// The settings whose value is a list of names, which are quoted one by one. No extension may have any.
/// As in `variable_is_guc_list_quote` of `pg_dump`: <https://github.com/postgres/postgres/blob/master/src/bin/pg_dump/dumputils.c>.
const LISTS: [&str; 6] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

/// A setting: the database, which is empty for all of them, and the name.
type Key = (String, String);

/// The settings of one role, as PostgreSQL keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings(BTreeMap<Key, String>);

impl Settings {
    pub(super) async fn of(client: &impl GenericClient, role: &str) -> Result<Self, Error> {
        let asked = "SELECT coalesce(datname::text, ''), entry FROM pg_catalog.pg_db_role_setting \
                     JOIN pg_catalog.pg_roles me ON me.oid = setrole \
                     LEFT JOIN pg_catalog.pg_database db ON db.oid = setdatabase \
                     CROSS JOIN LATERAL unnest(setconfig) entry WHERE rolname::text = $1";
        let rows = client.query_typed(asked, &[(&role, Type::TEXT)]).await.map_err(|error| explain(&error))?;
        Ok(Self(rows.iter().filter_map(|row| entry(row.get(0), row.get(1))).collect()))
    }

    /// The same for a clone: its sessions are the original's, so that what they make belongs to that. Where the original's sessions
    /// are those of a third role, the clone's are so too.
    pub(super) fn for_clone_of(mut self, original: &str) -> Self {
        self.0.entry((String::new(), "role".into())).or_insert_with(|| original.into());
        self
    }

    /// The statements that give a role these settings in place of others.
    pub(super) fn statements(&self, role: &str, instead_of: &Self) -> Vec<String> {
        let gone = instead_of.0.keys().filter(|key| !self.0.contains_key(*key));
        let gone = gone.map(|key| format!("{} RESET {}", alter(role, key), quoted(&key.1)));
        let new = self.0.iter().filter(|(key, value)| instead_of.0.get(*key) != Some(*value));
        let new =
            new.map(|(key, value)| format!("{} SET {} TO {}", alter(role, key), quoted(&key.1), text(key, value)));
        gone.chain(new).collect()
    }
}

fn entry(database: String, entry: &str) -> Option<(Key, String)> {
    let (name, value) = entry.split_once('=')?;
    Some(((database, name.into()), value.into()))
}

fn alter(role: &str, (database, _): &Key) -> String {
    let role = quoted(role);
    if database.is_empty() {
        format!("ALTER ROLE {role}")
    } else {
        format!("ALTER ROLE {role} IN DATABASE {}", quoted(database))
    }
}

fn text((_, name): &Key, value: &str) -> String {
    if !LISTS.contains(&name.as_str()) {
        return literal(value);
    }
    names(value).iter().map(|it| literal(it)).collect::<Vec<_>>().join(", ")
}

/// The names of a list such as `"$user", public`.
fn names(list: &str) -> Vec<String> {
    let (mut all, mut is_quoted) = (vec![String::new()], false);
    let mut rest = list.chars().peekable();
    while let Some(it) = rest.next() {
        let name = all.len() - 1;
        match it {
            '"' if is_quoted && rest.peek() == Some(&'"') => all[name].extend(rest.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => all.push(String::new()),
            ' ' if !is_quoted => {}
            _ => all[name].push(it),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{Settings, entry, names};

    fn settings(all: &[(&str, &str)]) -> Settings {
        Settings(all.iter().filter_map(|(database, it)| entry((*database).into(), it)).collect())
    }

    #[test]
    fn only_what_differs_is_changed() {
        let original =
            settings(&[("", "search_path=\"$user\", public"), ("db", "work_mem=4MB"), ("", "app.name=it's")]);
        let clone = settings(&[("", "work_mem=4MB"), ("db", "work_mem=8MB"), ("", "app.name=it's")]);
        assert_eq!(
            original.clone().for_clone_of("app").statements("app_clone", &clone),
            [
                "ALTER ROLE \"app_clone\" RESET \"work_mem\"",
                "ALTER ROLE \"app_clone\" SET \"role\" TO E'app'",
                "ALTER ROLE \"app_clone\" SET \"search_path\" TO E'$user', E'public'",
                "ALTER ROLE \"app_clone\" IN DATABASE \"db\" SET \"work_mem\" TO E'4MB'",
            ]
        );
        assert!(original.statements("app_clone", &original).is_empty());
    }

    #[test]
    fn a_role_that_the_original_takes_its_clone_takes_too() {
        let all = settings(&[("", "role=writers")]);
        assert_eq!(all.clone().for_clone_of("app"), all);
    }

    #[test]
    fn names_of_a_list_may_hold_anything() {
        assert_eq!(names("\"a, \"\"b\"\"\", c,\"\""), ["a, \"b\"", "c", ""]);
    }
}
