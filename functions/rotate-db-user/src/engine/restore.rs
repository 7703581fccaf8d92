//! Gives a user the password back that it had.

use secrecy::SecretString;

use super::{Connection, Error, STATEMENT, Session, within};

impl Connection {
    /// Gives the user that is logged in the password back that it logged in with, in the form that the login showed.
    ///
    /// # Errors
    /// As those of [`set_password`](Self::set_password).
    pub async fn restore_password(&mut self, user: &str, password: &SecretString) -> Result<(), Error> {
        let doing = format!("restoring the password of {user} in {}", self.place);
        let done = async {
            match &mut self.session {
                Session::Postgres(session) => session.restore_password(user, password).await,
                Session::Mysql(session) => session.set_password(user, password).await.map(drop),
            }
        };
        within(STATEMENT, done).await.map_err(|error| error.doing(doing))
    }
}
