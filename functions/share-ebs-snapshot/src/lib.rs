#![doc = include_str!("../README.md")]

mod facts;
mod observe;
mod plan;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use aws::{Clients, Pace, Sessions};
use events::ebs::{SnapshotId, SnapshotNotification, SnapshotsCompletion};
use events::{Detail, Envelope, Origin};
use function::{Function, Setting, Trigger};
use place::{AccountId, Region};
use reaction::settings::Variables;
use reaction::{Error, Key, Plan, Reaction, Run};
use sharing::{Candidate, Kind, Resource, Step, digest};
use sharing_aws::{Ec2, Settings, Source};
use sharing_records::{Grants, record_if_any};

pub use facts::{Facts, Snapshot};

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct ShareEbsSnapshot {
    sessions: Arc<Sessions>,
    clients: Clients<Services>,
    source: Source,
    grants: Option<Grants>,
}

/// The services of one account and region.
#[derive(Clone, Debug)]
struct Services {
    ec2: Ec2,
    kms: aws_sdk_kms::Client,
}

/// Snapshots that are complete: one, or those of several volumes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The snapshots, one at least.
    pub snapshots: BTreeSet<SnapshotId>,
    /// The account that the event says they live in.
    pub account: AccountId,
    /// The region that they live in.
    pub region: Region,
    /// How they were made.
    pub event: String,
    /// When they were complete, as the event writes it.
    pub end: String,
    /// When the event was sent.
    pub time: Option<SystemTime>,
    /// The replay that delivers the event, if one does.
    pub replay: Option<String>,
}

impl Subject {
    /// One of the snapshots, as a thing that is shared.
    fn resource(&self, id: &SnapshotId) -> Resource {
        Resource::new(Kind::Snapshot, &self.account, &self.region, id.as_str())
    }

    /// A snapshot as the manifest's entries see it.
    fn candidate<'a>(&'a self, snapshot: &'a Snapshot) -> Candidate<'a> {
        let (name, tags) = (snapshot.name.as_deref().unwrap_or_default(), &snapshot.tags);
        Candidate { kind: Kind::Snapshot, name, region: Some(&self.region), owner: &self.account, tags }
    }
}

impl ShareEbsSnapshot {
    /// The function with these settings, and with records where there are tables for them; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings, grants: Option<Grants>) -> Self {
        let source = Source::new(&sessions, settings);
        let clients = Clients::new(sessions.clone(), |config| Services {
            ec2: Ec2 { client: aws_sdk_ec2::Client::new(config), pace: Pace::unlimited() },
            kms: aws_sdk_kms::Client::new(config),
        });
        Self { sessions, clients, source, grants }
    }
}

impl Reaction for ShareEbsSnapshot {
    const NAME: &'static str = "share-ebs-snapshot";
    const SETTLES: bool = true;
    const CONCURRENCY: usize = 4;
    type Event = Envelope;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Step;

    fn notes(&self) -> Vec<String> {
        self.source.notes()
    }

    fn parse(event: Envelope) -> Result<Option<Subject>, Error> {
        // The ledger's key holds the time; DynamoDB takes 2,048 bytes.
        const LONGEST_TIME: usize = 64;
        let (snapshots, kind, end) = if let Some(one) = SnapshotNotification::of(&event)? {
            (one.made().map(BTreeSet::from_iter), one.event, one.end_time)
        } else if let Some(several) = SnapshotsCompletion::of(&event)? {
            (several.made(), several.event, several.end_time)
        } else {
            return Ok(None);
        };
        let snapshots = snapshots.map_err(Error::refused)?;
        if snapshots.is_empty() {
            return Ok(None);
        }
        let Origin { account, region, time, replay } = Origin::of(&event)?;
        let end = end.or_else(|| event.time.map(|time| time.to_rfc3339())).unwrap_or_default();
        if end.len() > LONGEST_TIME {
            return Err(Error::refused(format!("endTime is longer than {LONGEST_TIME} bytes")));
        }
        Ok(Some(Subject { snapshots, account, region, event: kind, end, time, replay }))
    }

    fn key(subject: &Subject) -> Key {
        let Subject { snapshots, account, region, event, end, replay, .. } = subject;
        let occurrence = [account.as_str(), region.as_str(), &named(snapshots), event, end];
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
        let share = step.share()?;
        let services = self.clients.at(&subject.account, &subject.region).await?;
        let sharing = services.ec2.share(share);
        let settlement = run.settlement.as_deref();
        record_if_any(self.grants.as_ref(), &Self::key(subject).to_string(), share, settlement, sharing).await
    }
}

/// What a key calls snapshots: one by its id, several by the first and the digest of all. An event about some of them is another
/// occurrence, which must not settle this one.
fn named(snapshots: &BTreeSet<SnapshotId>) -> String {
    let ids: Vec<_> = snapshots.iter().map(SnapshotId::as_str).collect();
    match ids[..] {
        [] => String::new(),
        [one] => one.into(),
        [first, ..] => format!("{first}+{}", digest(ids.join(" "))),
    }
}

impl Function for ShareEbsSnapshot {
    const PURPOSE: &'static str =
        "Shares snapshots of volumes that are complete with the accounts that the manifest names";
    const HEARS: &'static [Trigger] = &[Trigger::of::<SnapshotNotification>(), Trigger::of::<SnapshotsCompletion>()];
    const SETTINGS: &'static [&'static [Setting]] = &[sharing_aws::SETTINGS, sharing_records::SETTINGS];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        let grants = Grants::read(variables, &sessions, Self::NAME)?;
        Ok(Self::new(sessions, Settings::read(variables)?, grants))
    }

    async fn warm(&self) {
        self.open_connections().await;
    }
}
