//! `reconcile-shares`: the sweep that makes the whole share manifest true, whatever events came or did not come.
//!
//! What invokes it is in `subject.rs`, what is read in `observe.rs` and `read/`, what follows from it in `plan.rs`, what is
//! never done without force in `interlocks.rs`, and how it is carried out in `apply.rs`.

mod apply;
mod counts;
mod facts;
mod groups;
mod interlocks;
mod observe;
mod plan;
mod proposal;
mod read;
mod settings;
mod stored;
mod subject;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws::{Clients, Pace, SdkConfig, Sessions};
use grants::Grants;
use permissions::{Buckets, Ec2, Keys, Rds, Repositories, Source};
use reaction::{Counts, Deadline, Error, Key, Plan, Reaction, Repeat};
use serde_json::value::RawValue;

pub use apply::Applied;
pub use facts::{Facts, Found, Unread};
pub use groups::turn;
pub use plan::Step;
pub use proposal::Proposal;
pub use settings::{Limits, Rates, Settings};
pub use stored::StoredPlan;
pub use subject::Subject;

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct ReconcileShares {
    sessions: Arc<Sessions>,
    clients: Clients<Services>,
    buckets: Buckets,
    repositories: Repositories,
    keys: Keys,
    source: Source,
    grants: Option<Grants>,
    limits: Limits,
}

/// The services of one account and region.
#[derive(Clone, Debug)]
struct Services {
    ec2: Ec2,
    kms: aws_sdk_kms::Client,
    rds: Rds,
}

impl Services {
    fn new(config: &SdkConfig, pace: Pace) -> Self {
        Self {
            ec2: Ec2 { client: aws_sdk_ec2::Client::new(config), pace: pace.clone() },
            kms: aws_sdk_kms::Client::new(config),
            rds: Rds { client: aws_sdk_rds::Client::new(config), pace },
        }
    }
}

impl ReconcileShares {
    /// The function with these settings; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, source: Source, settings: Settings, grants: Option<Grants>) -> Self {
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
        }
    }
}

impl Reaction for ReconcileShares {
    const NAME: &'static str = "reconcile-shares";
    const REPEAT: Repeat = Repeat::Again;
    const CONCURRENCY: usize = 100;
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

    async fn observe(&self, subject: &Subject, deadline: Deadline) -> Result<Facts, Error> {
        // Boxed, since the compiler gives up on the depth of a type that holds every call of a run.
        Box::pin(self.read_facts(subject, deadline)).await
    }

    fn plan(_: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        plan::plan(facts)
    }

    fn counts(facts: &Facts, _: &Plan<Step>) -> Counts {
        counts::counts(facts)
    }

    fn turn(step: &Step) -> u8 {
        match step {
            Step::Share(share) => groups::turn(share),
            // Nothing is asked of AWS.
            Step::Forget(_) | Step::CannotShare { .. } => u8::MAX,
        }
    }

    async fn apply(&self, subject: &Subject, step: &Step) -> Result<(), Error> {
        self.carry_out(&Self::key(subject).to_string(), step).await
    }
}
