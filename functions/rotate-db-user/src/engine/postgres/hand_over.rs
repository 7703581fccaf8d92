//! What a clone has of its own goes to the original, in every database of the server.
//!
//! Whose database it is may keep Signalbox out of it, or hold what is to be handed over, and may grant the clone something there to
//! begin with. So that is no reason to change no password: the clone may do all that the original may in any case, and what it has
//! beyond that is told of.

use std::time::Duration;

use super::explain::explain;
use super::twin::{Held, PATIENCE, Twin};
use super::{Session, literal, pair, run};
use crate::engine::error::{Error, Why};
use crate::engine::proof::new_mark;
use crate::engine::{Login, STATEMENT};

const ELSEWHERE: Why = Why::Hindered(
    "a pooler leads this database to another server than that of the master's own database, and the master's power is for the latter; \
     give each server an endpoint of its own",
);

/// How many of them are told one by one.
const TOLD: usize = 5;

/// How long one database may hold up the others.
const EACH: Duration = Duration::from_secs(5);

impl Session {
    /// Hands over what there is: what is left, as it is to be told.
    pub(in super::super) async fn hand_over_in_all(&mut self, held: Vec<Held>, from: &str, to: &str) -> Vec<String> {
        let (original, clone) = pair(from, to);
        let end = tokio::time::Instant::now() + STATEMENT;
        let mut left = Vec::new();
        for it in held {
            let (database, error) = match it {
                Held::Here(error) => (self.login.database.clone().unwrap_or_else(|| "postgres".into()), error),
                Held::In(database) => {
                    let each = end.min(tokio::time::Instant::now() + EACH);
                    match tokio::time::timeout_at(each, self.hand_over_in(&database, original, clone)).await {
                        Ok(Ok(())) => continue,
                        Ok(Err(error)) => (database, error),
                        Err(_) => (database, Error::new(Why::Unreachable, "there was no time for it")),
                    }
                }
            };
            left.push(told(&database, original, clone, error));
        }
        if left.len() > TOLD {
            let more = left.split_off(TOLD).len();
            left.push(format!("the same is so in {more} more databases"));
        }
        left
    }

    /// What the clone has in another database, only a session there can change. The maker of a database chooses its name, and a
    /// pooler may lead that name to a server where the two users are other people: this session has to see the one there.
    async fn hand_over_in(&mut self, database: &str, original: &str, clone: &str) -> Result<(), Error> {
        let login = Login { database: Some(database.to_owned()), ..(*self.login).clone() };
        let mut session = Box::pin(Self::open(&login, &self.trust)).await?;
        let (version, mark) = (session.version, new_mark());
        let work = session.begin().await?;
        run(&work, &format!("SET LOCAL application_name = {}", literal(&mark))).await?;
        if !self.finds(&login.user, &mark).await? {
            return Err(Error::new(ELSEWHERE, "the master does not see its own login there"));
        }
        run(&work, PATIENCE).await?;
        Twin { work: &work, version, original, clone }.hand_over().await?;
        work.commit().await.map_err(|error| explain(&error))
    }
}

fn told(database: &str, original: &str, clone: &str, error: Error) -> String {
    let error = error.doing(format!(
        "database {database}: what was granted to {clone} there, or belongs to it, could not be handed over to {original}"
    ));
    format!(
        "{error}; have the database's owner run REASSIGN OWNED BY {clone} TO {original} and DROP OWNED BY {clone} there, or let the \
         master log in"
    )
}

#[cfg(test)]
mod tests {
    use super::{Error, Why, told};

    #[test]
    fn what_is_left_names_the_database_and_the_remedy() {
        let said = told("theirs", "app", "app_clone", Error::new(Why::Missing, "no"));
        for part in
            ["database theirs: ", "(no)", "REASSIGN OWNED BY app_clone TO app and DROP OWNED BY app_clone there"]
        {
            assert!(said.contains(part), "{said}");
        }
    }
}
