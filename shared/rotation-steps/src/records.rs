//! What is remembered of rotations, in a table of its own. It is no ledger: losing it costs something, and what is written in
//! ARCHITECTURE.md.

mod made;
mod proved;
mod users;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws::{Answer, Sessions};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use reaction::settings::{Setting, Unset, Variables};
use reaction::{Doing, Error};
use rotation::{Attempts, Open, Request, SecretArn, VersionId, What};
use secrecy::SecretString;

use crate::minted::Minted;

pub use made::Made;
pub use proved::Proved;
pub use users::Users;

/// How long a record lives, beside the overlap: longer than a rotation that nobody looks after.
pub const RECORDED: Duration = Duration::from_hours(60 * 24);

/// Writes a time down, of which the first counts.
const FIRST: &str = "SET #what = if_not_exists(#what, :now), expiration = :expiration";

/// The attributes of an item.
type Item = HashMap<String, AttributeValue>;

/// The records of one function.
#[derive(Clone, Debug)]
pub struct Records {
    client: Client,
    table: String,
    function: &'static str,
    now: fn() -> SystemTime,
    overlap: Duration,
}

/// What is remembered of one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// How often a server refused it.
    pub attempts: Attempts,
    /// When a server was first to take it (seconds since the epoch).
    pub set: Option<u64>,
    /// Whether a server has taken it.
    pub is_taken: bool,
    /// When the credential before it stopped working, where there can be only one.
    pub revoked: Option<u64>,
}

/// What is remembered of a secret, whichever version it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfSecret {
    /// The versions whose credentials are to be revoked.
    pub due: BTreeSet<Due>,
    /// The credentials made here which were not revoked yet.
    pub minted: BTreeSet<Minted>,
    /// What the operator has to look at.
    pub open: BTreeSet<Open>,
}

impl OfSecret {
    /// Of what may have been made for a version that has a value: what became that value, where its run could not say so.
    #[must_use]
    pub fn unsaid(&self, version: &VersionId, value: &SecretString) -> Option<&Open> {
        let minted = self.minted.iter().find(|it| it.is_of(version, value))?;
        self.open.iter().find(|it| it.what == What::Made && it.version == *version && it.run == minted.run)
    }

    /// What was made for a version.
    #[must_use]
    pub fn minted_for(&self, version: &VersionId) -> Vec<Minted> {
        self.minted.iter().filter(|it| it.version == *version).cloned().collect()
    }
}

/// A version whose credential is to be revoked, and when (seconds since the epoch).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The version.
    pub version: VersionId,
    /// From when on.
    pub at: u64,
}

/// One thing that is remembered of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// In [`OfSecret::due`].
    Due(Due),
    /// In [`OfSecret::minted`].
    Minted(Minted),
    /// In [`OfSecret::open`].
    Open(Open),
}

impl Entry {
    fn attribute(&self) -> &'static str {
        match self {
            Self::Due(_) => "due",
            Self::Minted(_) => "minted",
            Self::Open(_) => "open",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Due(Due { version, at }) => format!("{version}@{at}"),
            Self::Minted(minted) => minted.text(),
            Self::Open(open) => open.to_string(),
        }
    }
}

/// The setting of [`Records::read`].
pub(crate) const TABLE: Setting = Setting {
    variable: "SIGNALBOX_ROTATIONS_TABLE",
    meaning: "the name of the DynamoDB table with the records of rotations (infra/rotations.yaml)",
    unset: Unset::Refused,
    check: |variables| TABLE.required(variables).map(drop),
};

impl Records {
    /// The records of `function` in this table.
    #[must_use]
    pub fn new(sessions: &Sessions, table: impl Into<String>, function: &'static str) -> Self {
        let client = Client::new(sessions.config());
        Self { client, table: table.into(), function, now: sessions.clock(), overlap: Duration::ZERO }
    }

    /// The same, where a former credential works for so long.
    #[must_use]
    pub fn outliving(self, overlap: Option<Duration>) -> Self {
        Self { overlap: overlap.unwrap_or_default(), ..self }
    }

    /// The records in the table that `SIGNALBOX_ROTATIONS_TABLE` names.
    ///
    /// # Errors
    /// `Refused` where it is not set.
    pub fn read(variables: Variables, sessions: &Sessions, function: &'static str) -> Result<Self, Error> {
        Ok(Self::new(sessions, TABLE.required(variables)?, function))
    }

    fn id(&self, secret: &SecretArn, what: &str) -> AttributeValue {
        AttributeValue::S(format!("{}#rotation/{secret}/{what}", self.function))
    }

    fn place(&self) -> String {
        format!("rotations table {}", self.table)
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

    /// Writes down that a server is about to take the credential; the first time counts. Gives what is recorded then of its value.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn setting(&self, request: &Request, value: &SecretString) -> Result<Made, Error> {
        let item = self.set(request, FIRST, "set").await?;
        Ok(self.made_in(&item, request, value))
    }

    /// Writes down that the credential before this one works no more.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn revoked(&self, request: &Request) -> Result<(), Error> {
        self.set(request, "SET #what = :now, expiration = :expiration", "revoked").await.map(drop)
    }

    /// Gives the whole item as it is then: that costs no more than the write.
    async fn set(&self, request: &Request, expression: &str, what: &str) -> Result<Item, Error> {
        let id = self.id(&request.secret, request.version.as_str());
        let update = self.client.update_item().table_name(&self.table).key("id", id).update_expression(expression);
        let update = update.expression_attribute_names("#what", what);
        let update = update.expression_attribute_values(":now", number(self.now()));
        let update = update.expression_attribute_values(":expiration", self.expiration());
        let answer = update.return_values(ReturnValue::AllNew).send().await.or_error().doing(|| self.place())?;
        Ok(answer.attributes.unwrap_or_default())
    }

    /// Counts that a server refused the credential; gives what is remembered then.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn refused(&self, request: &Request) -> Result<Remembered, Error> {
        let id = self.id(&request.secret, request.version.as_str());
        let update = self.client.update_item().table_name(&self.table).key("id", id);
        let update = update.update_expression("SET expiration = :expiration ADD attempts :one");
        let update = update.expression_attribute_values(":one", number(1));
        let update = update.expression_attribute_values(":expiration", self.expiration());
        let answer = update.return_values(ReturnValue::AllNew).send().await.or_error().doing(|| self.place())?;
        Ok(remembered(&answer.attributes.unwrap_or_default()))
    }

    /// What is remembered of a secret. What nobody looked at lapses.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn of_secret(&self, secret: &SecretArn) -> Result<OfSecret, Error> {
        let get =
            self.client.get_item().table_name(&self.table).key("id", self.id(secret, "due")).consistent_read(true);
        let item = get.send().await.or_error().doing(|| self.place())?.item.unwrap_or_default();
        let all = |name: &str| item.get(name).and_then(|it| it.as_ss().ok()).map(Vec::as_slice).unwrap_or_default();
        let open = all("open").iter().filter_map(|it| it.parse::<Open>().ok());
        Ok(OfSecret {
            due: all("due").iter().filter_map(|it| Due::read(it)).collect(),
            minted: all("minted").iter().filter_map(|it| Minted::read(it)).collect(),
            open: open.filter(|it| self.now() < it.since + RECORDED.as_secs()).collect(),
        })
    }

    /// Writes things down and strikes others out, all at once; no two of one kind in different directions.
    ///
    /// # Errors
    /// What the call's error means.
    pub async fn change(&self, secret: &SecretArn, added: &[Entry], struck: &[Entry]) -> Result<(), Error> {
        let mut expression = "SET expiration = :expiration".to_owned();
        let mut update = self.client.update_item().table_name(&self.table).key("id", self.id(secret, "due"));
        for (verb, entries) in [("ADD", added), ("DELETE", struck)] {
            let mut sets = BTreeMap::<_, Vec<_>>::new();
            for entry in entries {
                sets.entry(entry.attribute()).or_default().push(entry.text());
            }
            let parts: Vec<_> = sets.keys().map(|name| format!("#{name} :{name}")).collect();
            if !parts.is_empty() {
                write!(expression, " {verb} {}", parts.join(", ")).map_err(Error::failed)?;
            }
            for (name, texts) in sets {
                update = update.expression_attribute_names(format!("#{name}"), name);
                update = update.expression_attribute_values(format!(":{name}"), AttributeValue::Ss(texts));
            }
        }
        let update = update.update_expression(expression).expression_attribute_values(":expiration", self.expiration());
        update.send().await.or_error().map(drop).doing(|| self.place())
    }

    fn expiration(&self) -> AttributeValue {
        number(self.now() + (RECORDED + self.overlap).as_secs())
    }
}

impl Due {
    fn read(text: &str) -> Option<Self> {
        let (version, at) = text.split_once('@')?;
        Some(Self { version: version.parse().ok()?, at: at.parse().ok()? })
    }
}

fn remembered(item: &Item) -> Remembered {
    let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<u64>().ok();
    Remembered {
        attempts: Attempts(number("attempts").and_then(|it| it.try_into().ok()).unwrap_or_default()),
        set: number("set"),
        is_taken: item.contains_key(made::TAKEN),
        revoked: number("revoked"),
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
