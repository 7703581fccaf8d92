//! A secret as AWS's own functions keep it: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>.
//!
//! A mistake is named by its key, never by its value.

use std::collections::BTreeSet;
use std::fmt;

use reaction::Error;
use rotation::SecretArn;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::engine::{Engine, Login};
use crate::rds::Place;

/// What stands at the end of the second of two users that take turns.
const CLONE: &str = "_clone";

/// A database user's secret.
#[derive(Clone)]
pub struct DbSecret {
    /// How to log in.
    pub login: Login,
    /// The secret that this one calls its master's (`masterarn`). Which one it may use, the settings say.
    pub master: Option<SecretArn>,
    /// Everything as it was read, what we do not know with it.
    fields: Map<String, Value>,
}

impl DbSecret {
    /// Reads a secret's value.
    ///
    /// # Errors
    /// `Refused` where something is missing or is not what AWS's own functions take.
    pub fn read(text: &SecretString) -> Result<Self, Error> {
        Self::of(object(text)?)
    }

    /// Reads a secret that RDS manages, which has a user and a password only, where RDS says that the database is.
    ///
    /// # Errors
    /// As those of [`read`](Self::read).
    pub fn read_at(text: &SecretString, place: &Place) -> Result<Self, Error> {
        Self::with_place(object(text)?, place.clone())
    }

    fn of(fields: Map<String, Value>) -> Result<Self, Error> {
        let fields = Fields(fields);
        let engine: Engine = fields.text("engine")?.parse()?;
        let (host, port) = (fields.host()?, fields.port()?.unwrap_or(engine.port()));
        Self::with_place(fields.0, Place { engine, host, port })
    }

    fn with_place(fields: Map<String, Value>, place: Place) -> Result<Self, Error> {
        let (fields, Place { engine, host, port }) = (Fields(fields), place);
        let login = Login {
            engine,
            host,
            port,
            user: fields.user(engine)?,
            password: SecretString::from(fields.text("password")?),
            database: fields.optional("dbname")?,
            is_encrypted: fields.is_encrypted()?,
        };
        let master = fields.optional("masterarn")?.map(|arn| arn.parse());
        let master = master.transpose().map_err(|_| refused("\"masterarn\" is not the ARN of a secret"))?;
        Ok(Self { login, master, fields: fields.0 })
    }

    /// The same secret with another user and password; everything else is kept.
    #[must_use]
    pub fn with(&self, user: &str, password: &SecretString) -> Self {
        let mut it = self.clone();
        it.fields.insert("username".into(), user.into());
        it.fields.insert("password".into(), password.expose_secret().into());
        user.clone_into(&mut it.login.user);
        it.login.password = password.clone();
        it
    }

    /// The secret's value, as it is to be stored.
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        Value::Object(self.fields.clone()).to_string().into()
    }

    /// The user whose turn it is after this one: `app_clone` after `app`, and `app` after `app_clone`.
    ///
    /// # Errors
    /// As those of [`Pair::of`].
    pub fn other_user(&self) -> Result<String, Error> {
        let Pair { original, clone } = Pair::of(&self.login)?;
        Ok(if self.login.user == clone { original } else { clone })
    }

    /// Whether another version of this secret is for the same database: a pending one that is not would have us hand a
    /// password to somebody else's server.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        let place = |it: &Self| (it.login.engine, it.login.host_name(), it.login.port);
        place(self) == place(other) && self.master == other.master
    }

    /// Of the keys beside user and password those that another version has otherwise, or not at all: clients obey keys that we do not
    /// know, so a password proves only the keys that stand beside it.
    #[must_use]
    pub fn differs_in<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let all: BTreeSet<_> = self.fields.keys().chain(other.fields.keys()).map(String::as_str).collect();
        let is_key =
            |it: &&str| !["username", "password"].contains(it) && self.fields.get(*it) != other.fields.get(*it);
        all.into_iter().filter(is_key).collect()
    }
}

/// Two users that take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The one without `_clone` at the end of its name: what it may do, both may.
    pub original: String,
    /// The one that Signalbox makes.
    pub clone: String,
}

impl Pair {
    /// The pair that the user of this login is one of.
    ///
    /// # Errors
    /// `Refused` where the clone's name would be longer than the server takes, or the original's ends like a clone's.
    pub fn of(login: &Login) -> Result<Self, Error> {
        let Login { user, engine, .. } = login;
        let original = user.strip_suffix(CLONE).unwrap_or(user);
        if original.is_empty() || original.ends_with(CLONE) {
            return Err(refused(format!(
                "{user} is a clone of a name that is none; name a user without \"{CLONE}\" at its end"
            )));
        }
        let clone = format!("{original}{CLONE}");
        if engine.is_too_long(&clone) {
            return Err(refused(format!(
                "{clone} is longer than a user's name may be; take turns with a shorter name"
            )));
        }
        Ok(Self { original: original.into(), clone })
    }
}

/// Whether a secret says where its server is, or tries to.
///
/// # Errors
/// `Refused` where it is not a JSON object.
pub fn names_a_server(text: &SecretString) -> Result<bool, Error> {
    let fields = object(text)?;
    Ok(["engine", "host", "port"].iter().any(|key| fields.contains_key(*key)))
}

/// Nothing of the fields is shown: what we do not know may be a secret too.
impl fmt::Debug for DbSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { login, master, .. } = self;
        f.debug_struct("DbSecret").field("login", login).field("master", master).finish_non_exhaustive()
    }
}

fn refused(what: impl fmt::Display) -> Error {
    Error::refused(format!("the secret of a database user: {what}"))
}

fn object(text: &SecretString) -> Result<Map<String, Value>, Error> {
    match serde_json::from_str(text.expose_secret()) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(refused("it is JSON, but not an object")),
        Err(mistake) => Err(refused(format!("it is not JSON (line {}, column {})", mistake.line(), mistake.column()))),
    }
}

/// The keys of a secret, by what they may be.
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&self, key: &str) -> Result<String, Error> {
        match self.0.get(key) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            Some(_) => Err(refused(format!("\"{key}\" is not a text, or is empty"))),
            None => Err(refused(format!("\"{key}\" is missing"))),
        }
    }

    fn optional(&self, key: &str) -> Result<Option<String>, Error> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(_) => self.text(key).map(Some),
        }
    }

    /// A path would be a socket to one of the drivers, and a socket goes without TLS.
    fn host(&self) -> Result<String, Error> {
        let host = self.text("host")?;
        let is_host = |it: u8| it.is_ascii_alphanumeric() || b".-_:".contains(&it);
        if host.bytes().all(is_host) { Ok(host) } else { Err(refused("\"host\" is neither a name nor an address")) }
    }

    fn user(&self, engine: Engine) -> Result<String, Error> {
        let user = self.text("username")?;
        if user.contains('\0') || engine.is_too_long(&user) {
            return Err(refused("\"username\" is longer than a user's name may be, or has a zero byte"));
        }
        Ok(user)
    }

    /// AWS's functions take a number, and a text that is one.
    fn port(&self) -> Result<Option<u16>, Error> {
        let port = match self.0.get("port") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(other) => other.as_u64().and_then(|it| u16::try_from(it).ok()),
        };
        port.filter(|it| *it != 0).map(Some).ok_or_else(|| refused("\"port\" is not a port"))
    }

    /// AWS's functions take whatever else stands here for "with TLS, or without"; here it is a mistake.
    fn is_encrypted(&self) -> Result<bool, Error> {
        match self.0.get("ssl") {
            None => Ok(true),
            Some(Value::Bool(is)) => Ok(*is),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(refused("\"ssl\" is neither true nor false")),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::{ExposeSecret, SecretString};
    use serde_json::{Value, json};

    use super::{DbSecret, Pair, names_a_server};
    use crate::engine::Engine;
    use crate::rds::Place;

    fn secret() -> Value {
        json!({"engine": "postgres", "host": "db.example.com", "username": "app", "password": "hunter2hunter2"})
    }

    fn read(value: &Value) -> Result<DbSecret, String> {
        DbSecret::read(&SecretString::from(value.to_string())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_is_read_as_aws_writes_it() {
        for (engine, ours, port) in [
            ("postgres", Engine::Postgres, 5432),
            ("aurora-postgresql", Engine::Postgres, 5432),
            ("mysql", Engine::Mysql, 3306),
            ("aurora-mysql", Engine::Mysql, 3306),
            ("mariadb", Engine::Mariadb, 3306),
        ] {
            let mut value = secret();
            value["engine"] = engine.into();
            let login = read(&value).unwrap().login;
            assert_eq!((login.engine, login.port, login.is_encrypted), (ours, port, true));
        }
        let mut value = secret();
        value["port"] = "6432".into();
        value["ssl"] = "False".into();
        let login = read(&value).unwrap().login;
        assert_eq!((login.port, login.is_encrypted), (6432, false));
    }

    #[test]
    fn a_mistake_is_named_without_its_value() {
        for (key, wrong, said) in [
            ("engine", json!("hunter2"), "\"engine\" is none of"),
            ("host", json!("/run/hunter2"), "\"host\" is neither a name nor an address"),
            ("port", json!("hunter2"), "\"port\" is not a port"),
            ("port", json!(65_536), "\"port\" is not a port"),
            ("ssl", json!("hunter2"), "\"ssl\" is neither true nor false"),
            ("username", json!(7), "\"username\" is not a text"),
            ("username", json!("hunter2".repeat(10)), "\"username\" is longer"),
            ("password", Value::Null, "\"password\" is not a text"),
            ("masterarn", json!("hunter2"), "\"masterarn\" is not the ARN"),
        ] {
            let mut value = secret();
            value[key] = wrong;
            let message = read(&value).unwrap_err();
            assert!(message.contains(said) && !message.contains("hunter2"), "{message}");
        }
        for text in ["hunter2", "\"hunter2\"", "{\"password\": \"hunter2\""] {
            let message = DbSecret::read(&SecretString::from(text)).unwrap_err().to_string();
            assert!(message.contains("JSON") && !message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn what_we_do_not_know_is_kept_and_not_shown() {
        let mut value = secret();
        value["dbInstanceIdentifier"] = "hunter2".into();
        let other = read(&value).unwrap().with("app_clone", &SecretString::from("correct horse"));
        value["username"] = "app_clone".into();
        value["password"] = "correct horse".into();
        assert_eq!(serde_json::from_str::<Value>(other.to_text().expose_secret()).unwrap(), value);
        let shown = format!("{other:?} {:?}", other.login);
        assert!(shown.contains("app_clone") && !shown.contains("hunter2") && !shown.contains("horse"), "{shown}");
    }

    #[test]
    fn users_take_turns() {
        let app = read(&secret()).unwrap();
        assert_eq!(app.other_user().unwrap(), "app_clone");
        assert_eq!(app.with("app_clone", &SecretString::from("x")).other_user().unwrap(), "app");
        for user in ["app", "app_clone"] {
            let pair = Pair::of(&app.with(user, &SecretString::from("x")).login).unwrap();
            assert_eq!((pair.original.as_str(), pair.clone.as_str()), ("app", "app_clone"), "{user}");
        }
        let long = "x".repeat(58);
        for user in [long.as_str(), "app_clone_clone", "_clone"] {
            assert!(app.with(user, &SecretString::from("x")).other_user().is_err(), "{user}");
        }
    }

    /// RDS's own secret of a master has a user and a password only. What leads to a server comes from RDS then, and from no other
    /// secret; and TLS is on.
    #[test]
    fn a_master_without_a_server_is_where_rds_says_that_it_is() {
        let text = SecretString::from(json!({"username": "postgres", "password": "hunter2"}).to_string());
        assert!(!names_a_server(&text).unwrap() && DbSecret::read(&text).is_err());
        let place = Place { engine: Engine::Mysql, host: "db.example.com".into(), port: 3307 };
        let login = DbSecret::read_at(&text, &place).unwrap().login;
        assert_eq!((login.engine, login.host.as_str(), login.port), (Engine::Mysql, "db.example.com", 3307));
        assert!(login.is_encrypted && login.database.is_none());
        assert!(["engine", "host", "port"].iter().all(|key| {
            let mut value = json!({"username": "postgres", "password": "hunter2"});
            value[key] = "x".into();
            names_a_server(&SecretString::from(value.to_string())).unwrap()
        }));
    }

    #[test]
    fn another_version_is_beside_it_at_the_same_place() {
        let with = |host: &str| {
            let mut value = secret();
            value["host"] = host.into();
            read(&value).unwrap()
        };
        let app = with("db.example.com");
        assert!(app.is_beside(&with("DB.example.com.")) && !app.is_beside(&with("elsewhere.example.com")));
    }

    #[test]
    fn another_version_differs_in_any_key_but_user_and_password() {
        let app = read(&secret()).unwrap();
        assert!(app.differs_in(&app.with("app_clone", &SecretString::from("x"))).is_empty());
        let mut value = secret();
        (value["proxyHost"], value["HOST"], value["host"]) = ("evil".into(), "evil".into(), "DB.example.com".into());
        let other = read(&value).unwrap();
        assert_eq!(app.differs_in(&other), ["HOST", "host", "proxyHost"]);
        assert_eq!(other.differs_in(&app), ["HOST", "host", "proxyHost"]);
    }
}
