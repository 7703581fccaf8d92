#![doc = include_str!("../README.md")]

mod apply;
mod bucket;
mod facts;
mod forge;
mod look;
mod observe;
mod opener;
mod plan;
mod settings;
mod subject;
#[cfg(test)]
mod tests;
mod work;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aws::{Document, Sessions};
use function::{Function, Setting, Trigger};
use mirror::RefName;
use reaction::settings::Variables;
use reaction::{AfterFailure, Error, Key, Plan, Reaction, Repeat, Run};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use crate::bucket::Bucket;
use crate::opener::Opener;
use crate::work::Work;

pub use mirror::{CommitId, RepositoryName};

pub use facts::{Facts, OfCopy, OfLayout, OfRepository};
pub use look::{Row, Verified};
pub use plan::Step;
pub use settings::Settings;
pub use subject::{Asked, RepositoryStateChange, Subject};

/// The function: its clients, and what its run has at hand.
#[derive(Debug)]
pub struct MirrorRepository {
    sessions: Arc<Sessions>,
    settings: Settings,
    repositories: Document,
    bucket: Bucket,
    sqs: aws_sdk_sqs::Client,
    secrets: aws_sdk_secretsmanager::Client,
    kms: aws_sdk_kms::Client,
    s3: aws_sdk_s3::Client,
    in_flight: Semaphore,
    /// Where commits are kept between two runs.
    folder: PathBuf,
    /// Where lies what opened each repository, and for which of its branches.
    openers: Mutex<BTreeMap<(RepositoryName, Option<RefName>), Opener>>,
    /// Of the repository that was read last. One message is handled at a time.
    work: Mutex<Option<Arc<Work>>>,
}

impl MirrorRepository {
    /// The function with these settings; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings) -> Self {
        let config = sessions.config();
        Self {
            repositories: Document::new(config, settings.repositories.clone()),
            bucket: Bucket::new(sessions.clone(), settings.bucket.clone()),
            sqs: aws_sdk_sqs::Client::new(config),
            secrets: aws_sdk_secretsmanager::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            in_flight: Semaphore::new(apply::IN_FLIGHT as usize),
            folder: std::env::temp_dir().join(Self::NAME),
            openers: Mutex::default(),
            work: Mutex::default(),
            settings,
            sessions,
        }
    }

    /// The same, which keeps commits in this folder.
    #[must_use]
    pub fn keeping(self, folder: PathBuf) -> Self {
        Self { folder, ..self }
    }

    /// Lets go of what the last run had at hand.
    fn end(&self) {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Keeps what the steps of a run need.
    fn begin(&self, work: Work) {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(work));
    }

    fn work(&self) -> Result<Arc<Work>, Error> {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).clone();
        work.ok_or_else(|| {
            Error::failed("nothing was read before the first step; this is a fault of Signalbox, report it")
        })
    }
}

impl Reaction for MirrorRepository {
    const NAME: &'static str = "mirror-repository";
    const REPEAT: Repeat = Repeat::Again;
    const AFTER_FAILURE: AfterFailure = AfterFailure::Stop;
    type Event = Box<RawValue>;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Step;

    fn parse(event: Box<RawValue>) -> Result<Option<Subject>, Error> {
        subject::parse(&event)
    }

    fn key(subject: &Subject) -> Key {
        subject::key(subject)
    }

    async fn observe(&self, subject: &Subject, run: &Run) -> Result<Facts, Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Box::pin(self.read_facts(subject, run)).await
    }

    fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        plan::plan(subject, facts)
    }

    fn phase(step: &Step) -> u8 {
        match step {
            Step::Mirror(step) => mirror::phase(step),
            Step::Send(_) => 0,
        }
    }

    async fn apply(&self, _: &Subject, step: &Step, _: &Run) -> Result<(), Error> {
        Box::pin(self.carry_out(step)).await
    }
}

impl Function for MirrorRepository {
    const PURPOSE: &'static str =
        "Mirrors git repositories to S3: the head of a branch, and copies of commits with a pointer";
    const HEARS: &'static [Trigger] = &[Trigger::Queue, Trigger::of::<RepositoryStateChange>(), Trigger::Schedule];
    const SETTINGS: &'static [&'static [Setting]] = &[settings::SETTINGS];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        Ok(Self::new(sessions, Settings::read(variables)?))
    }

    async fn warm(&self) {
        tokio::join!(self.bucket.open_connection(), self.repositories.open_connection());
    }
}
