//! The sweep as a reaction, to which a function adds what it hears.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use aws::{Clients, Pace, RATES, Rates, SdkConfig, Sessions};
use function::{Function, Setting, Trigger};
use place::AccountId;
use reaction::settings::Variables;
use reaction::{Error, Key, Loss, Plan, Reaction, Repeat, Run, interlock};
use serde_json::value::RawValue;
use sharing::Kind;
use sharing_aws::{Ec2, Holders, Source};
use sharing_databases::Rds;
use sharing_policies::{Buckets, Keys, Repositories};
use sharing_records::Grants;

use crate::facts::Facts;
use crate::plan::Step;
use crate::settings::{Limits, SETTINGS, Settings};
use crate::subject::Subject;
use crate::{groups, verdict};

/// What a function that sweeps hears.
pub trait Occasion: Send + Sync {
    /// The function's one name.
    const NAME: &'static str;

    /// What the function does, in one line of a list.
    const PURPOSE: &'static str;
    /// What invokes it.
    const HEARS: &'static [Trigger];

    /// Reads an event; `None` where it is not ours.
    ///
    /// # Errors
    /// `Refused` where the event claims to be ours but cannot be read.
    fn parse(event: &RawValue) -> Result<Option<Subject>, Error>;
}

/// A function that sweeps on these occasions.
#[derive(Debug)]
pub struct Sweeping<O> {
    sweep: Sweep,
    occasion: PhantomData<fn() -> O>,
}

impl<O> Sweeping<O> {
    /// The function with these settings; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, source: Source, settings: Settings, grants: Option<Grants>) -> Self {
        Self { sweep: Sweep::new(sessions, source, settings, grants), occasion: PhantomData }
    }

    /// The sweep of one account of a fleet: the manifest names the buckets, keys and repositories of the account `exact`, and records
    /// of other accounts are for the sweeps of those.
    #[must_use]
    pub fn of_one_account(mut self, exact: AccountId) -> Self {
        self.sweep.exact = Some(exact);
        self
    }
}

impl<O> Deref for Sweeping<O> {
    type Target = Sweep;

    fn deref(&self) -> &Sweep {
        &self.sweep
    }
}

/// Everything that a sweep acts by: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct Sweep {
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) clients: Clients<Services>,
    pub(crate) buckets: Buckets,
    pub(crate) repositories: Repositories,
    pub(crate) keys: Keys,
    pub(crate) source: Source,
    pub(crate) grants: Option<Grants>,
    pub(crate) limits: Limits,
    /// Of one account of a fleet: whose buckets, keys and repositories the manifest names.
    pub(crate) exact: Option<AccountId>,
}

/// The services of one account and region.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    pub(crate) ec2: Ec2,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) rds: Rds,
}

impl Services {
    fn new(config: &SdkConfig, pace: Pace) -> Self {
        Self {
            ec2: Ec2 { client: aws_sdk_ec2::Client::new(config), pace: pace.clone() },
            kms: aws_sdk_kms::Client::new(config),
            rds: Rds { client: aws_sdk_rds::Client::new(config), pace },
        }
    }

    /// Who may use a thing of EC2 or RDS; `None` where it is gone.
    pub(crate) async fn holders(&self, kind: Kind, id: &str, owner: &AccountId) -> Result<Option<Holders>, Error> {
        match kind {
            Kind::Image => self.ec2.launch_permissions(id, owner).await,
            Kind::Snapshot => self.ec2.volume_permissions(id, owner).await,
            _ => self.rds.attributes(kind, id, owner).await,
        }
    }
}

impl Sweep {
    fn new(sessions: Arc<Sessions>, source: Source, settings: Settings, grants: Option<Grants>) -> Self {
        let Settings { limits, rates } = settings;
        let clients = match rates {
            Rates::Documented => Clients::new(sessions.clone(), |config| Services::new(config, Pace::documented())),
            Rates::Unlimited => Clients::new(sessions.clone(), |config| Services::new(config, Pace::unlimited())),
        };
        Self {
            buckets: Buckets::new(sessions.clone()),
            repositories: Repositories::new(sessions.clone()),
            keys: Keys::new(sessions.clone()),
            sessions,
            clients,
            source,
            grants,
            limits,
            exact: None,
        }
    }
}

impl<O: Occasion> Reaction for Sweeping<O> {
    const NAME: &'static str = O::NAME;
    const REPEAT: Repeat = Repeat::Again;
    const CONCURRENCY: usize = 100;
    type Event = Box<RawValue>;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Step;

    fn notes(&self) -> Vec<String> {
        self.sweep.source.notes()
    }

    fn parse(event: Box<RawValue>) -> Result<Option<Subject>, Error> {
        O::parse(&event)
    }

    fn key(subject: &Subject) -> Key {
        subject.key()
    }

    async fn observe(&self, subject: &Subject, run: &Run) -> Result<Facts, Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Box::pin(self.sweep.read_facts(subject, run.deadline)).await
    }

    fn plan(_: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        verdict::plan(facts)
    }

    fn phase(step: &Step) -> u8 {
        match step {
            Step::Share(share) => groups::phase(share),
            // Nothing is asked of AWS.
            Step::Forget(_) | Step::CannotShare(_) => u8::MAX,
        }
    }

    fn losses(step: &Step) -> Vec<Loss> {
        step.losses()
    }

    async fn apply(&self, subject: &Subject, step: &Step, _: &Run) -> Result<(), Error> {
        self.sweep.carry_out(&Self::key(subject).to_string(), step).await
    }
}

impl<O: Occasion> Function for Sweeping<O> {
    const PURPOSE: &'static str = O::PURPOSE;
    const HEARS: &'static [Trigger] = O::HEARS;
    const SETTINGS: &'static [&'static [Setting]] =
        &[sharing_aws::SETTINGS, sharing_records::SETTINGS, interlock::SETTINGS, SETTINGS, &[RATES]];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        let source = Source::new(&sessions, sharing_aws::Settings::read(variables)?);
        let settings = Settings::read(variables)?;
        let grants = Grants::read(variables, &sessions, O::NAME)?;
        Ok(Self::new(sessions, source, settings, grants))
    }
}
