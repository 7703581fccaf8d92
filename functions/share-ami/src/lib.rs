#![doc = include_str!("../README.md")]

mod facts;
mod observe;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::SystemTime;

use aws::{Clients, Pace, Sessions};
use events::ec2::{AmiStateChange, ImageId, ImageState};
use events::{Detail, Envelope, Origin};
use function::{Function, Setting, Trigger};
use place::{AccountId, Region};
use reaction::settings::Variables;
use reaction::{Error, Key, Loss, Plan, Reaction, Run};
use sharing::{Candidate, Kind, Resource, Step, Tags};
use sharing_aws::{Ec2, Settings, Source};
use sharing_records::{Grants, record_if_any};

pub use facts::{Facts, Image, ImageSnapshot};

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct ShareAmi {
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

/// An image that has become available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The image.
    pub image: ImageId,
    /// The account that the event says it lives in.
    pub account: AccountId,
    /// The region that it lives in.
    pub region: Region,
    /// The API request that made it available.
    pub request_id: String,
    /// When it became available.
    pub time: Option<SystemTime>,
    /// The replay that delivers the event, if one does.
    pub replay: Option<String>,
}

impl Subject {
    /// The image, or a snapshot of it, by its id.
    fn resource(&self, kind: Kind, id: &str) -> Resource {
        Resource::new(kind, &self.account, &self.region, id)
    }

    /// The image with this name and these tags, as the manifest's entries see it.
    fn candidate<'a>(&'a self, name: &'a str, tags: &'a Tags) -> Candidate<'a> {
        Candidate { kind: Kind::Image, name, region: Some(&self.region), owner: &self.account, tags }
    }
}

impl ShareAmi {
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

impl Reaction for ShareAmi {
    const NAME: &'static str = "share-ami";
    const SETTLES: bool = true;
    type Event = Envelope;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Step;

    fn notes(&self) -> Vec<String> {
        self.source.notes()
    }

    fn parse(event: Envelope) -> Result<Option<Subject>, Error> {
        // The ledger's key holds the request id; DynamoDB takes 2,048 bytes.
        const LONGEST_REQUEST_ID: usize = 128;
        let Some(change) = AmiStateChange::of(&event)? else { return Ok(None) };
        if change.state != ImageState::Available {
            return Ok(None);
        }
        if change.request_id.len() > LONGEST_REQUEST_ID {
            return Err(Error::refused(format!("RequestId is longer than {LONGEST_REQUEST_ID} bytes")));
        }
        let Origin { account, region, time, replay } = Origin::of(&event)?;
        Ok(Some(Subject { image: change.image_id, account, region, request_id: change.request_id, time, replay }))
    }

    fn key(subject: &Subject) -> Key {
        let Subject { image, account, region, request_id, replay, .. } = subject;
        let state = ImageState::Available.as_str();
        let occurrence = [account.as_str(), region.as_str(), image.as_str(), state, request_id];
        Key::new(occurrence.into_iter().chain(replay.as_deref()))
    }

    async fn observe(&self, subject: &Subject, _: &Run) -> Result<Facts, Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Box::pin(self.read_facts(subject)).await
    }

    fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        plan::plan(subject, facts)
    }

    fn losses(step: &Step) -> Vec<Loss> {
        step.losses()
    }

    async fn apply(&self, subject: &Subject, step: &Step, run: &Run) -> Result<(), Error> {
        let share = step.share()?;
        let services = self.clients.at(&subject.account, &subject.region).await?;
        let sharing = services.ec2.share(share);
        let settlement = run.settlement.as_deref();
        record_if_any(self.grants.as_ref(), &Self::key(subject).to_string(), share, settlement, sharing).await
    }
}

impl Function for ShareAmi {
    const PURPOSE: &'static str =
        "Shares an image that has become available, and its snapshots, with the accounts that the manifest names";
    const HEARS: &'static [Trigger] = &[Trigger::of::<AmiStateChange>()];
    const SETTINGS: &'static [&'static [Setting]] = &[sharing_aws::SETTINGS, sharing_records::SETTINGS];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        let grants = Grants::read(variables, &sessions, Self::NAME)?;
        Ok(Self::new(sessions, Settings::read(variables)?, grants))
    }

    async fn warm(&self) {
        self.open_connections().await;
    }
}
