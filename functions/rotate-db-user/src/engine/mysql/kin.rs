//! Which accounts of a name are of one password. A user is as many accounts as there are hosts that it may come from, each with a password
//! of its own: a login proves that of one account, and two accounts of one name may be of two people.

use mysql_async::prelude::Queryable;

use super::account::{Account, quoted};
use super::cause::{DENIED, explain};
use super::{Error, Session};

/// The plugins that keep one and the same text for one password. Others add a salt of each account's own.
const UNSALTED: [&str; 2] = ["mysql_native_password", "ed25519"];

/// An account as the server keeps it.
pub(super) struct Kept {
    pub(super) account: Account,
    plugin: String,
    /// The authentication string, in hexadecimal digits.
    hash: String,
}

/// What the server tells of the passwords of two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kin {
    /// They have the same one.
    Same,
    /// They have two.
    Other,
    /// It does not tell.
    Unknown,
}

impl Kept {
    fn kin(&self, other: &Self) -> Kin {
        if self.plugin != other.plugin || self.hash.is_empty() || other.hash.is_empty() {
            return Kin::Unknown;
        }
        match self.hash == other.hash {
            true => Kin::Same,
            false if UNSALTED.contains(&self.plugin.as_str()) => Kin::Other,
            false => Kin::Unknown,
        }
    }
}

impl Session {
    /// The accounts of a name.
    pub(super) async fn kept(&mut self, user: &str) -> Result<Vec<Kept>, mysql_async::Error> {
        // MariaDB keeps its roles in the same table.
        let users = if self.server.is_mariadb { " AND is_role = 'N'" } else { "" };
        let asked = format!(
            "SELECT Host, plugin, HEX(COALESCE(authentication_string, '')) FROM mysql.user WHERE User = ?{users} ORDER BY Host"
        );
        let found: Vec<(String, String, String)> = self.conn.exec(asked, (user,)).await?;
        let kept = |(host, plugin, hash)| Kept { account: Account { user: user.into(), host }, plugin, hash };
        Ok(found.into_iter().map(kept).collect())
    }

    /// The other accounts of its name, of which an account is one, and each with how it stands to it.
    async fn kin_of(&mut self, own: &Account) -> Result<Vec<(Account, Kin)>, mysql_async::Error> {
        let (own, others): (Vec<_>, Vec<_>) =
            self.kept(&own.user).await?.into_iter().partition(|it| it.account == *own);
        let kin = |it: &Kept| own.first().map_or(Kin::Unknown, |own| own.kin(it));
        Ok(others.into_iter().map(|it| (kin(&it), it.account)).map(|(kin, account)| (account, kin)).collect())
    }

    /// The other accounts of its name that get another password with it, and what is to be told of those that do not. Most users may not
    /// see whether there are any. Those of which the server does not tell get it: none of a user may keep the old one silently, and who
    /// may set passwords of others has that power already.
    pub(super) async fn accounts_beside(&mut self, own: &Account) -> Result<(Vec<Account>, Vec<String>), Error> {
        let all = match self.kin_of(own).await {
            Ok(all) => all,
            Err(mysql_async::Error::Server(it)) if DENIED.contains(&it.code) => Vec::new(),
            Err(error) => return Err(explain(&error)),
        };
        let (left, same): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, kin)| *kin == Kin::Other);
        let told = |(account, _)| {
            format!(
                "{account} was left alone, since it has another password than {own}: if it is this secret's, set its password to that of \
                 AWSCURRENT, and if it is not, give it another user name"
            )
        };
        Ok((same.into_iter().map(|(account, _)| account).collect(), left.into_iter().map(told).collect()))
    }

    /// The account that a login is of, and the others of its name of which this session cannot see that they have the same password.
    pub(in super::super) async fn unproved_beside(&mut self, proof: &mut Self) -> Result<Vec<String>, Error> {
        let own = proof.own_account().await?;
        let all = self.kin_of(&own).await.map_err(|error| explain(&error))?;
        Ok(all.into_iter().filter(|(_, kin)| *kin != Kin::Same).map(|(account, _)| account.to_string()).collect())
    }

    /// Takes a lock of this name, by which another session of the server finds this one. In a transaction, which a proxy sends to one
    /// server.
    pub(in super::super) async fn show(&mut self, word: &str) -> Result<(), Error> {
        self.run("START TRANSACTION").await?;
        self.run(&format!("DO GET_LOCK({}, 0)", quoted(word))).await
    }

    /// Whether a session of this user has the lock.
    pub(in super::super) async fn finds(&mut self, user: &str, word: &str) -> Result<bool, Error> {
        self.run("START TRANSACTION").await?;
        let asked =
            format!("SELECT USER FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK({})", quoted(word));
        let holder = self.lines(&asked).await?;
        self.run("COMMIT").await?;
        Ok(holder == [user])
    }
}

#[cfg(test)]
mod tests {
    use super::{Account, Kept, Kin};

    fn kept(plugin: &str, hash: &str) -> Kept {
        Kept { account: Account { user: "app".into(), host: "%".into() }, plugin: plugin.into(), hash: hash.into() }
    }

    /// PARSEC and MySQL's plugins, of which no test has a server, add a salt.
    #[test]
    fn accounts_are_of_one_password_where_the_server_tells_so() {
        for (one, other, expected) in [
            (("mysql_native_password", "2A39"), ("mysql_native_password", "2A39"), Kin::Same),
            (("mysql_native_password", "2A39"), ("mysql_native_password", "2A40"), Kin::Other),
            (("ed25519", "41"), ("ed25519", "42"), Kin::Other),
            (("ed25519", "41"), ("mysql_native_password", "41"), Kin::Unknown),
            (("parsec", "41"), ("parsec", "42"), Kin::Unknown),
            (("caching_sha2_password", "41"), ("caching_sha2_password", "42"), Kin::Unknown),
            (("caching_sha2_password", "41"), ("caching_sha2_password", "41"), Kin::Same),
            (("mysql_native_password", ""), ("mysql_native_password", ""), Kin::Unknown),
            (("unix_socket", ""), ("mysql_native_password", "2A39"), Kin::Unknown),
        ] {
            assert_eq!(kept(one.0, one.1).kin(&kept(other.0, other.1)), expected, "{one:?}, {other:?}");
        }
    }
}
