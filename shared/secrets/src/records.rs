//! What is remembered of rotations, in the ledger's table. It is no ledger: losing it costs something, and what is written in
//! ARCHITECTURE.md.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws::{Answer, Sessions};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use reaction::settings::{Variables, missing};
use reaction::{Doing, Error};
use rotation::{Attempts, Request, SecretArn, VersionId};

/// How long a record lives: longer than any overlap, and than a rotation that nobody looks after.
pub const RECORDED: Duration = Duration::from_hours(60 * 24);

/// The records of one function.
#[derive(Clone, Debug)]
pub struct Records {
    client: Client,
    table: String,
    function: &'static str,
    now: fn() -> SystemTime,
}

/// What is remembered of one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// How often a server refused it.
    pub attempts: Attempts,
    /// When somebody began to make it (seconds since the epoch).
    pub intended: Option<u64>,
    /// When it was kept.
    pub stored: Option<u64>,
    /// When the credential before it stopped working, where there can be only one.
    pub revoked: Option<u64>,
}

/// A version whose credential is to be revoked, and when (seconds since the epoch).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The version.
    pub version: VersionId,
    /// From when on.
    pub at: u64,
}

impl Records {
    /// The records of `function` in the ledger's table.
    #[must_use]
    pub fn new(sessions: &Sessions, table: impl Into<String>, function: &'static str) -> Self {
        Self { client: Client::new(sessions.config()), table: table.into(), function, now: sessions.clock() }
    }

    /// The records in the table that `SIGNALBOX_LEDGER_TABLE` names.
    ///
    /// # Errors
    /// `Refused` where it is not set.
    pub fn read(variables: Variables, sessions: &Sessions, function: &'static str) -> Result<Self, Error> {
        const NAME: &str = "SIGNALBOX_LEDGER_TABLE";
        let table =
            variables(NAME).ok_or_else(|| missing(NAME, "the name of the DynamoDB table that keeps the ledger"))?;
        Ok(Self::new(sessions, table, function))
    }

    fn id(&self, secret: &SecretArn, what: &str) -> AttributeValue {
        AttributeValue::S(format!("{}#rotation/{secret}/{what}", self.function))
    }

    fn place(&self) -> String {
        format!("ledger table {}", self.table)
    }

    /// The time, in seconds since the epoch.
    #[must_use]
    pub fn now(&self) -> u64 {
        (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    /// What is remembered of a version.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn of(&self, request: &Request) -> Result<Remembered, Error> {
        let id = self.id(&request.secret, request.version.as_str());
        let get = self.client.get_item().table_name(&self.table).key("id", id).consistent_read(true);
        let item = get.send().await.or_error().doing(|| self.place())?.item.unwrap_or_default();
        Ok(remembered(&item))
    }

    /// Writes down that a credential is about to be made, and gives what was remembered before.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn intend(&self, request: &Request) -> Result<Remembered, Error> {
        self.set(request, "intended").await
    }

    /// Writes down that the credential is kept.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn stored(&self, request: &Request) -> Result<(), Error> {
        self.set(request, "stored").await.map(drop)
    }

    /// Writes down that the credential before this one works no more.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn revoked(&self, request: &Request) -> Result<(), Error> {
        self.set(request, "revoked").await.map(drop)
    }

    async fn set(&self, request: &Request, what: &str) -> Result<Remembered, Error> {
        let id = self.id(&request.secret, request.version.as_str());
        let update = self.client.update_item().table_name(&self.table).key("id", id);
        let update = update.update_expression("SET #what = :now, expiration = :expiration");
        let update = update.expression_attribute_names("#what", what);
        let update = update.expression_attribute_values(":now", number(self.now()));
        let update = update.expression_attribute_values(":expiration", number(self.now() + RECORDED.as_secs()));
        let answer = update.return_values(ReturnValue::AllOld).send().await.or_error().doing(|| self.place())?;
        Ok(remembered(&answer.attributes.unwrap_or_default()))
    }

    /// Counts that a server refused the credential; gives how often it did.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn refused(&self, request: &Request) -> Result<Attempts, Error> {
        let id = self.id(&request.secret, request.version.as_str());
        let update = self.client.update_item().table_name(&self.table).key("id", id);
        let update = update.update_expression("SET expiration = :expiration ADD attempts :one");
        let update = update.expression_attribute_values(":one", number(1));
        let update = update.expression_attribute_values(":expiration", number(self.now() + RECORDED.as_secs()));
        let answer = update.return_values(ReturnValue::AllNew).send().await.or_error().doing(|| self.place())?;
        Ok(remembered(&answer.attributes.unwrap_or_default()).attempts)
    }

    /// The versions of a secret whose credentials are to be revoked.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn due(&self, secret: &SecretArn) -> Result<BTreeSet<Due>, Error> {
        let get =
            self.client.get_item().table_name(&self.table).key("id", self.id(secret, "due")).consistent_read(true);
        let item = get.send().await.or_error().doing(|| self.place())?.item.unwrap_or_default();
        let all = item.get("due").and_then(|it| it.as_ss().ok()).map(Vec::as_slice).unwrap_or_default();
        Ok(all.iter().filter_map(|text| Due::read(text)).collect())
    }

    /// Writes down that a version's credential is to be revoked, or that it was.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn change_due(&self, secret: &SecretArn, due: &Due, is_done: bool) -> Result<(), Error> {
        let update = self.client.update_item().table_name(&self.table).key("id", self.id(secret, "due"));
        let what = if is_done { "DELETE" } else { "ADD" };
        let update = update.update_expression(format!("SET expiration = :expiration {what} due :due"));
        let value = AttributeValue::Ss(vec![format!("{}@{}", due.version, due.at)]);
        let update = update.expression_attribute_values(":due", value);
        let update = update.expression_attribute_values(":expiration", number(due.at + RECORDED.as_secs()));
        update.send().await.or_error().map(drop).doing(|| self.place())
    }
}

impl Due {
    fn read(text: &str) -> Option<Self> {
        let (version, at) = text.split_once('@')?;
        Some(Self { version: version.parse().ok()?, at: at.parse().ok()? })
    }
}

fn remembered(item: &HashMap<String, AttributeValue>) -> Remembered {
    let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<u64>().ok();
    Remembered {
        attempts: Attempts(number("attempts").and_then(|it| it.try_into().ok()).unwrap_or_default()),
        intended: number("intended"),
        stored: number("stored"),
        revoked: number("revoked"),
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
