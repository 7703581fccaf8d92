//! A clone that is equal to its original: a client may do the same as either, and what it makes belongs to the original.
//!
//! The clone is a member of the original and of nothing else, and its sessions take the original's role when they begin
//! (`ALTER ROLE app_clone SET role = app`). So a privilege that the original gets or loses, the clone gets or loses at that moment.
//! What belongs to a login and not to the role (attributes, limits, settings) is copied, and what the clone has of its own goes to
//! the original or away.

use tokio_postgres::types::Type;
use tokio_postgres::{Row, Transaction};

use super::explain::explain;
use super::powers::powers_of;
use super::settings::Settings;
use super::{quoted, run};
use crate::engine::error::{Error, Why};

const MIGHTY: Why = Why::Hindered(
    "Signalbox makes no second user with such powers; take them from the user, or rotate its secret without a master",
);
const DISABLED: Why = Why::Hindered(
    "the clone would have to be equal, and could not log in; ALTER ROLE .. LOGIN or VALID UNTIL for the original, or end the \
     rotation of its secret",
);

/// What a role has that its members do not inherit.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("rolinherit", "INHERIT"),
    ("rolcreatedb", "CREATEDB"),
    ("rolsuper", "SUPERUSER"),
    ("rolcreaterole", "CREATEROLE"),
    ("rolreplication", "REPLICATION"),
    ("rolbypassrls", "BYPASSRLS"),
];

const ROLE: &str = "SELECT rolcanlogin, rolinherit, rolcreatedb, rolsuper, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit, \
                    coalesce(rolvaliduntil, 'infinity')::text AS until, coalesce(rolvaliduntil, 'infinity') <= now() AS expired \
                    FROM pg_catalog.pg_roles WHERE rolname::text = $1";

/// In which databases a role owns something, has privileges of its own or stands in a policy, and whether that is this one: what all
/// databases share is everywhere. A membership is not meant.
const HELD: &str = "SELECT DISTINCT coalesce(datname::text, ''), coalesce(datname = current_database(), true) \
                    FROM pg_catalog.pg_shdepend JOIN pg_catalog.pg_roles me ON me.oid = refobjid \
                    LEFT JOIN pg_catalog.pg_database db ON db.oid = dbid \
                    WHERE rolname::text = $1 AND refclassid = 'pg_catalog.pg_authid'::regclass \
                    AND deptype IN ('o', 'a', 'r') AND classid <> 'pg_catalog.pg_auth_members'::regclass ORDER BY 1";

/// How long one statement waits for another run, or for those who use what the clone has of its own. Not for each lock, but for all of
/// them: of many locks each could end in time, and together they would use up the time of the turn. Two such statements and the
/// wait for another run fit into it.
pub(super) const PATIENCE: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = '2500ms'";

/// As it is in every other statement.
const AFTERWARDS: &str = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '9s'";

/// Where the clone has something of its own.
pub(in super::super) enum Held {
    /// In another database.
    In(String),
    /// In this one, and it could not be handed over.
    Here(Error),
}

/// Two roles that take turns, in one transaction.
pub(super) struct Twin<'a> {
    pub(super) work: &'a Transaction<'a>,
    /// The server's, such as 150018.
    pub(super) version: u32,
    pub(super) original: &'a str,
    pub(super) clone: &'a str,
}

impl Twin<'_> {
    /// Refuses what must not have a clone. Of two runs one waits here. Any user may hold that lock: without it, two runs would at
    /// worst be in each other's way, and come again.
    pub(super) async fn meet_original(&self) -> Result<(), Error> {
        let Self { work, original, .. } = *self;
        drop(self.attempt(self.wait()).await?);
        let Some(role) = self.role(original).await? else {
            return Err(Error::new(Why::Missing, format!("there is no role {original}")));
        };
        let powers = powers_of(work, original).await?;
        if !powers.is_empty() {
            return Err(Error::new(MIGHTY, format!("{original} has {}", powers.join(", "))));
        }
        if !role.get::<_, bool>("rolcanlogin") {
            return Err(Error::new(DISABLED, format!("{original} has NOLOGIN")));
        }
        if role.get("expired") {
            let until: &str = role.get("until");
            return Err(Error::new(DISABLED, format!("the password of {original} was valid until {until}")));
        }
        Ok(())
    }

    async fn wait(&self) -> Result<(), Error> {
        let lock = "SELECT pg_advisory_xact_lock(hashtext('signalbox'), hashtext($1))::text";
        self.ask(lock, self.original).await.map(drop)
    }

    /// Something without which the rest can be done: what came of it. It is not waited for long.
    async fn attempt(&self, what: impl Future<Output = Result<(), Error>>) -> Result<Result<(), Error>, Error> {
        run(self.work, &format!("SAVEPOINT attempt; {PATIENCE}")).await?;
        let done = what.await;
        let end = if done.is_ok() { AFTERWARDS } else { "ROLLBACK TO SAVEPOINT attempt" };
        run(self.work, &format!("{end}; RELEASE SAVEPOINT attempt")).await?;
        Ok(done)
    }

    /// Makes the clone equal; gives where it has something of its own still.
    pub(super) async fn equalise(&self) -> Result<Vec<Held>, Error> {
        self.share_attributes().await?;
        self.share_memberships().await?;
        let settings = Settings::of(self.work, self.original).await?.for_clone_of(self.original);
        for statement in settings.statements(self.clone, &Settings::of(self.work, self.clone).await?) {
            run(self.work, &statement).await?;
        }
        let held = self.ask(HELD, self.clone).await?;
        let (here, elsewhere): (Vec<_>, Vec<_>) = held.iter().partition(|it| it.get(1));
        let mut left: Vec<_> = elsewhere.into_iter().map(|it| Held::In(it.get(0))).collect();
        if !here.is_empty()
            && let Err(error) = self.attempt(self.hand_over()).await?
        {
            left.push(Held::Here(error));
        }
        Ok(left)
    }

    /// What the clone owns in this database becomes the original's, and privileges of its own it loses.
    pub(super) async fn hand_over(&self) -> Result<(), Error> {
        let (original, clone) = (quoted(self.original), quoted(self.clone));
        let asked = "SELECT 'yes' WHERE NOT pg_has_role(current_user, $1, 'USAGE')";
        // Only members may hand over; a master that is not a superuser is one for that long.
        let is_stranger = !self.ask(asked, self.clone).await?.is_empty();
        if is_stranger {
            run(self.work, &format!("GRANT {clone} TO CURRENT_USER")).await?;
        }
        run(self.work, &format!("REASSIGN OWNED BY {clone} TO {original}; DROP OWNED BY {clone}")).await?;
        if is_stranger {
            run(self.work, &format!("REVOKE {clone} FROM CURRENT_USER")).await?;
        }
        Ok(())
    }

    /// Only those that differ: to name some of them takes a superuser.
    async fn share_attributes(&self) -> Result<(), Error> {
        let (Some(original), Some(clone)) = (self.role(self.original).await?, self.role(self.clone).await?) else {
            return Err(Error::new(Why::Missing, "one of the two roles is gone"));
        };
        let words = differences(&original, &clone).concat();
        if words.is_empty() {
            Ok(())
        } else {
            run(self.work, &format!("ALTER ROLE {}{words}", quoted(self.clone))).await
        }
    }

    /// The clone is a member of the original, which it may not pass on, and of nothing else.
    async fn share_memberships(&self) -> Result<(), Error> {
        let (original, clone) = (quoted(self.original), quoted(self.clone));
        for circle in self.memberships(self.original).await?.iter().filter(|it| it.role == self.clone) {
            run(self.work, &circle.revoke(&original)).await?;
        }
        let mut is_member = false;
        for membership in self.memberships(self.clone).await? {
            if membership.role != self.original || membership.is_passed_on {
                run(self.work, &membership.revoke(&clone)).await?;
            } else {
                is_member |= membership.is_whole;
            }
        }
        let options = if self.version < 160_000 { "" } else { " WITH INHERIT TRUE, SET TRUE" };
        if is_member { Ok(()) } else { run(self.work, &format!("GRANT {original} TO {clone}{options}")).await }
    }

    /// Of which roles a role is a member itself.
    async fn memberships(&self, member: &str) -> Result<Vec<Membership>, Error> {
        // Since PostgreSQL 16 each grantor's grant is one of its own, with options.
        let (whole, by) = if self.version < 160_000 {
            ("true", "''")
        } else {
            ("inherit_option AND set_option", "' GRANTED BY ' || quote_ident(pg_get_userbyid(grantor)) || ' CASCADE'")
        };
        let asked = format!(
            "SELECT it.rolname::text, admin_option, {whole}, {by} FROM pg_catalog.pg_auth_members \
             JOIN pg_catalog.pg_roles it ON it.oid = roleid JOIN pg_catalog.pg_roles me ON me.oid = member \
             WHERE me.rolname::text = $1 ORDER BY 1"
        );
        let rows = self.ask(&asked, member).await?;
        let read =
            |row: &Row| Membership { role: row.get(0), is_passed_on: row.get(1), is_whole: row.get(2), by: row.get(3) };
        Ok(rows.iter().map(read).collect())
    }

    async fn role(&self, name: &str) -> Result<Option<Row>, Error> {
        self.work.query_typed_opt(ROLE, &[(&name, Type::TEXT)]).await.map_err(|error| explain(&error))
    }

    /// What is asked of one role.
    async fn ask(&self, asked: &str, role: &str) -> Result<Vec<Row>, Error> {
        self.work.query_typed(asked, &[(&role, Type::TEXT)]).await.map_err(|error| explain(&error))
    }
}

/// What a clone that is there is to get, each with a space before it.
fn differences(original: &Row, clone: &Row) -> Vec<String> {
    let attributes = ATTRIBUTES.into_iter().filter_map(|(column, word)| {
        // The clone inherits from the original alone, and through it what that inherits.
        let is_wanted = column == "rolinherit" || original.get(column);
        let negation = if is_wanted { "" } else { "NO" };
        (is_wanted != clone.get::<_, bool>(column)).then(|| format!(" {negation}{word}"))
    });
    let mut words: Vec<_> = attributes.collect();
    if !clone.get::<_, bool>("rolcanlogin") {
        words.push(" LOGIN".into());
    }
    let limit = |role: &Row| role.get::<_, i32>("rolconnlimit");
    if limit(original) != limit(clone) {
        words.push(format!(" CONNECTION LIMIT {}", limit(original)));
    }
    let until = |role: &Row| role.get::<_, String>("until");
    if until(original) != until(clone) {
        words.push(format!(" VALID UNTIL '{}'", until(original)));
    }
    words
}

/// That one role is a member of another.
struct Membership {
    role: String,
    /// Whether the member may make others one.
    is_passed_on: bool,
    /// Whether the member inherits, and may take the role.
    is_whole: bool,
    /// Whose grant it is, where that has to be said.
    by: String,
}

impl Membership {
    fn revoke(&self, member: &str) -> String {
        format!("REVOKE {} FROM {member}{}", quoted(&self.role), self.by)
    }
}
