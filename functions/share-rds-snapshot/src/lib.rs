#![doc = include_str!("../README.md")]

mod copy;
mod facts;
mod observe;
mod plan;
mod settings;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws::{Clients, Pace, Sessions};
use events::rds::{DbClusterSnapshotEvent, DbSnapshotEvent, DbSnapshotId, SnapshotChange};
use events::{Detail, Envelope, Origin};
use function::{Function, Setting, Trigger};
use place::{AccountId, Region};
use reaction::settings::Variables;
use reaction::{Error, Key, Plan, Reaction, Run};
use sharing::{Candidate, Kind, Resource, Tags};
use sharing_aws::Source;
use sharing_databases::Rds;
use sharing_records::{Grants, record_if_any};

pub use copy::Copy;
pub use facts::{Facts, Namesake, Snapshot};
pub use settings::Settings;

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct ShareRdsSnapshot {
    sessions: Arc<Sessions>,
    clients: Clients<Services>,
    source: Source,
    grants: Option<Grants>,
    copies_automated: bool,
}

/// The services of one account and region.
#[derive(Clone, Debug)]
struct Services {
    rds: Rds,
    kms: aws_sdk_kms::Client,
}

/// A snapshot that has been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Of an instance or of a cluster.
    pub kind: Kind,
    /// Its name.
    pub snapshot: DbSnapshotId,
    /// The account that the event says it lives in.
    pub account: AccountId,
    /// The region that it lives in.
    pub region: Region,
    /// How it was made.
    pub change: SnapshotChange,
    /// When, as the event writes it.
    pub date: String,
    /// When the event was sent.
    pub time: Option<SystemTime>,
    /// The replay that delivers the event, if one does.
    pub replay: Option<String>,
}

impl Subject {
    /// The snapshot, as a thing that is shared.
    fn resource(&self) -> Resource {
        Resource::new(self.kind, &self.account, &self.region, self.snapshot.as_str())
    }

    /// A snapshot of this account and region, as the manifest's entries see it.
    fn candidate<'a>(&'a self, name: &'a str, tags: &'a Tags) -> Candidate<'a> {
        Candidate { kind: self.kind, name, region: Some(&self.region), owner: &self.account, tags }
    }
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The snapshot is shared, or cannot be.
    Share(sharing::Step),
    /// The snapshot is copied.
    Copy(Copy),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(step) => step.fmt(f),
            Self::Copy(copy) => copy.fmt(f),
        }
    }
}

impl ShareRdsSnapshot {
    /// The function with these settings, and with records where there are tables for them; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings, grants: Option<Grants>) -> Self {
        let Settings { sharing, copies_automated } = settings;
        let source = Source::new(&sessions, sharing);
        let clients = Clients::new(sessions.clone(), |config| Services {
            rds: Rds { client: aws_sdk_rds::Client::new(config), pace: Pace::unlimited() },
            kms: aws_sdk_kms::Client::new(config),
        });
        Self { sessions, clients, source, grants, copies_automated }
    }
}

impl Reaction for ShareRdsSnapshot {
    const NAME: &'static str = "share-rds-snapshot";
    const SETTLES: bool = true;
    type Event = Envelope;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Step;

    fn notes(&self) -> Vec<String> {
        self.source.notes()
    }

    fn parse(event: Envelope) -> Result<Option<Subject>, Error> {
        // The ledger's key holds the date; DynamoDB takes 2,048 bytes.
        const LONGEST_DATE: usize = 64;
        let of_instance = DbSnapshotEvent::of(&event)?.map(|it| (Kind::DbSnapshot, it.0));
        let of_cluster = DbClusterSnapshotEvent::of(&event)?.map(|it| (Kind::DbClusterSnapshot, it.0));
        let Some((kind, detail)) = of_instance.or(of_cluster) else { return Ok(None) };
        let Some(change) = detail.change() else { return Ok(None) };
        let Origin { account, region, time, replay } = Origin::of(&event)?;
        let snapshot = detail.snapshot(&account, &region)?;
        let date = detail.date.or_else(|| event.time.map(|time| time.to_rfc3339())).unwrap_or_default();
        if date.len() > LONGEST_DATE {
            return Err(Error::refused(format!("Date is longer than {LONGEST_DATE} bytes")));
        }
        Ok(Some(Subject { kind, snapshot, account, region, change, date, time, replay }))
    }

    fn key(subject: &Subject) -> Key {
        let Subject { kind, snapshot, account, region, change, date, replay, .. } = subject;
        let (kind, change) = (kind.section(), change.as_str());
        let occurrence = [account.as_str(), region.as_str(), kind, snapshot.as_str(), change, date];
        Key::new(occurrence.into_iter().chain(replay.as_deref()))
    }

    async fn observe(&self, subject: &Subject, _: &Run) -> Result<Facts, Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Box::pin(self.read_facts(subject)).await
    }

    fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        plan::plan(subject, facts)
    }

    async fn apply(&self, subject: &Subject, step: &Step, run: &Run) -> Result<(), Error> {
        let services = self.clients.at(&subject.account, &subject.region).await?;
        match step {
            Step::Share(step) => {
                let share = step.share()?;
                let sharing = services.rds.share(share);
                let (grants, settlement) = (self.grants.as_ref(), run.settlement.as_deref());
                record_if_any(grants, &Self::key(subject).to_string(), share, settlement, sharing).await
            }
            Step::Copy(copy) => services.copy(copy).await,
        }
    }
}

impl Function for ShareRdsSnapshot {
    const PURPOSE: &'static str =
        "Shares a snapshot of a database with the accounts that the manifest names, or copies one of RDS's own";
    const HEARS: &'static [Trigger] = &[Trigger::of::<DbSnapshotEvent>(), Trigger::of::<DbClusterSnapshotEvent>()];
    const SETTINGS: &'static [&'static [Setting]] =
        &[sharing_aws::SETTINGS, sharing_records::SETTINGS, settings::SETTINGS];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        let grants = Grants::read(variables, &sessions, Self::NAME)?;
        Ok(Self::new(sessions, Settings::read(variables)?, grants))
    }

    async fn warm(&self) {
        self.open_connections().await;
    }
}
