//! What a login proves to the session of a master.

use uuid::Uuid;

use super::{Connection, Error, STATEMENT, Session, within};

/// A word that did not exist before, by which one session finds another.
pub(super) fn new_mark() -> String {
    format!("signalbox-{}", Uuid::new_v4().simple())
}

impl Connection {
    /// Whether a login as this user is a session of the same server as this one. A pooler may send two databases to two servers, and what
    /// a server says of itself proves nothing, since another one can say the same. So this session looks for the other one, by a word
    /// that did not exist before: only a login as this user at this server can have it here.
    ///
    /// # Errors
    /// Where one of the two servers does not say.
    pub async fn shares_server_with(&mut self, login: &mut Self, user: &str) -> Result<bool, Error> {
        let word = new_mark();
        login.show(&word).await?;
        let doing = format!("looking for the login of {user} in {}", self.place);
        let found = async {
            match &mut self.session {
                Session::Postgres(session) => session.finds(user, &word).await,
                Session::Mysql(session) => session.finds(user, &word).await,
            }
        };
        let found = within(STATEMENT, found).await.map_err(|error| error.doing(doing))?;
        if !found {
            // A login that has ended meanwhile is nowhere.
            login.probe("SELECT 1").await?;
        }
        Ok(found)
    }

    async fn show(&mut self, word: &str) -> Result<(), Error> {
        let doing = format!("marking a login in {}", self.place);
        let done = async {
            match &mut self.session {
                Session::Postgres(session) => session.show(word).await,
                Session::Mysql(session) => session.show(word).await,
            }
        };
        within(STATEMENT, done).await.map_err(|error| error.doing(doing))
    }

    /// The accounts of a login's name of which this session, which is a master's at the same server, cannot see that they have the
    /// password of that login. PostgreSQL has one role of a name.
    ///
    /// # Errors
    /// Where we may not look.
    pub async fn unproved_beside(&mut self, login: &mut Self) -> Result<Vec<String>, Error> {
        let doing = format!("reading the accounts of one name in {}", self.place);
        let unproved = async {
            match (&mut self.session, &mut login.session) {
                (Session::Mysql(session), Session::Mysql(login)) => session.unproved_beside(login).await,
                _ => Ok(Vec::new()),
            }
        };
        within(STATEMENT, unproved).await.map_err(|error| error.doing(doing))
    }
}
