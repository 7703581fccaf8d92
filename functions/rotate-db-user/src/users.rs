//! Whose the two users are that take turns. A name says nothing: a user may be dropped, and another person may make one of that name.

use reaction::Error;
use rotation_steps::Users;

use crate::DbPassword;
use crate::engine::{Connection, Engine, Login, Marks};
use crate::secret::Pair;
use crate::turns::Turn;

/// Both users as a turn has found and judged them.
pub(crate) struct Judged {
    /// What is recorded of them.
    pub(crate) recorded: Users,
    /// How they were.
    pub(crate) seen: Marks,
}

impl DbPassword {
    /// That both users are the secret's: each is as Signalbox left it, or the secret has its password, or, of a clone, it is not there
    /// yet.
    pub(crate) async fn check_users(
        &self,
        turn: &Turn<'_>,
        pair: &Pair,
        master: &Login,
        connection: &mut Connection,
    ) -> Result<Judged, Error> {
        let (records, request) = (turn.context.records, turn.context.request);
        // First how they are: another run of this step records what it makes before it makes it.
        let seen = marks_of(pair, connection).await?;
        let recorded = records.users(&request.secret, &master.place()).await?;
        let found = Users::new(&request.secret, &master.place(), &seen);
        // The original, too, where the clone is not there: a login as the clone may have been the proof of this turn, and it may be
        // gone since then.
        for user in [&pair.clone, &pair.original].into_iter().filter(|it| seen.contains_key(*it)) {
            self.check_user(turn, pair, user, (master, connection), [&recorded, &found]).await?;
        }
        if is_made_in_parts(master) && !seen.contains_key(&pair.clone) {
            // What is recorded of a former clone goes, and that one is being made goes with the turn, whatever becomes of it.
            let making = found.making_for(request);
            records.record_users(&request.secret, &making).await?;
            return Ok(Judged { recorded: making, seen });
        }
        Ok(Judged { recorded, seen })
    }

    async fn check_user(
        &self,
        turn: &Turn<'_>,
        pair: &Pair,
        user: &String,
        (master, connection): (&Login, &mut Connection),
        [recorded, found]: [&Users; 2],
    ) -> Result<(), Error> {
        let is_clone = *user == pair.clone;
        let is_made = is_clone && is_made_in_parts(master) && recorded.is_made_for(turn.context.request);
        if is_made || recorded.is_as_in(user, found) {
            return Ok(());
        }
        if !self.is_proved(turn, user, master, connection).await? {
            return Err(Error::refused(told(pair, user, &master.place(), recorded)));
        }
        if is_clone { check_members(pair, master, connection).await } else { Ok(()) }
    }

    /// Writes down how both are now, where they are otherwise than what is recorded: as the turn that changed them saw them, or, where
    /// it could not see that, as they are.
    pub(crate) async fn record_users(
        &self,
        turn: &Turn<'_>,
        pair: &Pair,
        master: &Login,
        connection: &mut Connection,
        (recorded, left): (&Users, Option<Marks>),
    ) -> Result<(), Error> {
        let (records, secret) = (turn.context.records, &turn.context.request.secret);
        let marks = match left {
            Some(marks) => marks,
            None if is_made_in_parts(master) => marks_of(pair, connection).await?,
            // Nothing was changed, and a user that is there now was not judged.
            None => return Ok(()),
        };
        let now = Users::new(secret, &master.place(), &marks);
        if now == *recorded { Ok(()) } else { records.record_users(secret, &now).await }
    }
}

/// Whether a server makes a clone by several statements, each of which stays when the next one fails. PostgreSQL makes it by one
/// transaction, the pending password with it, so that a clone of which an interrupted run could not tell proves itself.
fn is_made_in_parts(master: &Login) -> bool {
    master.engine != Engine::Postgres
}

/// That a clone which was not made by Signalbox is no way for others to the powers of the original.
async fn check_members(pair: &Pair, master: &Login, connection: &mut Connection) -> Result<(), Error> {
    let Pair { original, clone } = pair;
    let members = connection.members_of(clone, original).await?;
    if members.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "{} in {} can become {clone}, and would have what {original} may do: REVOKE {clone} from each, or drop {clone}, and Signalbox \
         makes it anew",
        members.join(", "),
        master.place()
    )))
}

async fn marks_of(pair: &Pair, connection: &mut Connection) -> Result<Marks, Error> {
    Ok(connection.marks_of([&pair.original, &pair.clone]).await?)
}

fn told(pair: &Pair, user: &str, place: &str, recorded: &Users) -> String {
    let Pair { original, clone } = pair;
    if recorded.has(user) && user == original {
        return format!(
            "{user} in {place} is not as Signalbox left it: another hand dropped it and made it anew, or, in MySQL and MariaDB, gave it \
             another password, and the master's power is for the secret's own user: if it is, set its password to that of AWSPREVIOUS"
        );
    }
    let how = if recorded.has(user) {
        "is not as Signalbox left it: another hand dropped it and made it anew, or, in MySQL and MariaDB, gave it another password"
    } else {
        "was not made by Signalbox for this secret"
    };
    format!(
        "{clone} in {place} {how}: drop the user, and Signalbox makes it anew; or, to have Signalbox take it over, put the login of \
         {clone} into the secret and then that of {original}, so that AWSPREVIOUS and AWSCURRENT prove both"
    )
}
