//! Whose the two users are that take turns. A name says nothing: a user may be dropped, and another person may make one of that name.

use std::collections::BTreeMap;

use reaction::Error;
use rotation_steps::Users;
use secrecy::SecretString;

use crate::DbPassword;
use crate::engine::{Connection, Login};
use crate::secret::Pair;
use crate::turns::Turn;

impl DbPassword {
    /// That both users are the secret's: each is as Signalbox left it, or the secret has its password, or, of a clone, it is not there
    /// yet. Gives what is recorded of them.
    pub(crate) async fn check_users(
        &self,
        turn: &Turn<'_>,
        pair: &Pair,
        master: &Login,
        connection: &mut Connection,
    ) -> Result<Users, Error> {
        let (records, request) = (turn.context.records, turn.context.request);
        // First how they are: another run of this step records what it makes before it makes it.
        let marks = marks_of(pair, connection).await?;
        let recorded = records.users(&request.secret, &master.place()).await?;
        let found = Users::new(&request.secret, &master.place(), &marks);
        // The original, too, where the clone is not there: a login as the clone may have been the proof of this turn, and it may be
        // gone since then.
        for user in [&pair.clone, &pair.original].into_iter().filter(|it| marks.contains_key(*it)) {
            self.check_user(turn, pair, user, (master, connection), [&recorded, &found]).await?;
        }
        if !marks.contains_key(&pair.clone) {
            // What is recorded of a former clone goes, and that one is being made goes with the turn, whatever becomes of it.
            let making = found.making_for(request);
            records.record_users(&request.secret, &making).await?;
            return Ok(making);
        }
        Ok(recorded)
    }

    async fn check_user(
        &self,
        turn: &Turn<'_>,
        pair: &Pair,
        user: &String,
        (master, connection): (&Login, &mut Connection),
        [recorded, found]: [&Users; 2],
    ) -> Result<(), Error> {
        let is_made = *user == pair.clone && recorded.is_made_for(turn.context.request);
        if is_made || recorded.is_as_in(user, found) || self.is_proved(turn, user, master, connection).await? {
            return Ok(());
        }
        Err(Error::refused(told(pair, user, &master.place(), recorded)))
    }

    /// Writes down how both are now, where they are otherwise than what is recorded.
    pub(crate) async fn record_users(
        &self,
        turn: &Turn<'_>,
        pair: &Pair,
        master: &Login,
        connection: &mut Connection,
        recorded: &Users,
    ) -> Result<(), Error> {
        let (records, secret) = (turn.context.records, &turn.context.request.secret);
        let now = Users::new(secret, &master.place(), &marks_of(pair, connection).await?);
        if now == *recorded { Ok(()) } else { records.record_users(secret, &now).await }
    }
}

async fn marks_of(pair: &Pair, connection: &mut Connection) -> Result<BTreeMap<String, SecretString>, Error> {
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
