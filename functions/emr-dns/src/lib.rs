#![doc = include_str!("../README.md")]

mod facts;
mod observe;
mod plan;
mod subject;
mod subnets;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws::{Clients, Pace, Sessions};
use events::emr::ClusterStateChange;
use function::{Function, Setting, Trigger};
use naming::Step;
use naming_sweep::{Route53, Services, Sweep, carry_out};
use reaction::settings::Variables;
use reaction::{Error, Key, Plan, Reaction, Repeat, Run};
use serde_json::value::RawValue;

pub use facts::{Look, Seen};
pub use naming_sweep::Settings;
pub use subject::Subject;
use subnets::Subnets;

/// The function: its clients, and what it sweeps with.
#[derive(Debug)]
pub struct EmrDns {
    clients: Clients<Services>,
    route53: Route53,
    /// It calls AWS at the pace of the settings: an event makes a handful of calls, a sweep makes hundreds.
    sweep: Sweep,
    subnets: Subnets,
}

impl EmrDns {
    /// The function with these settings; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings) -> Self {
        let route53 = Route53::new(sessions.config(), Pace::unlimited());
        let clients = Clients::new(sessions.clone(), |config| Services::new(config, Pace::unlimited()));
        Self { clients, route53, sweep: Sweep::new(sessions, settings), subnets: Subnets::default() }
    }
}

impl Reaction for EmrDns {
    const NAME: &'static str = "emr-dns";
    const REPEAT: Repeat = Repeat::Again;
    type Event = Box<RawValue>;
    type Subject = Subject;
    type Facts = Seen;
    type Step = Step;

    fn parse(event: Box<RawValue>) -> Result<Option<Subject>, Error> {
        subject::parse(&event)
    }

    fn key(subject: &Subject) -> Key {
        subject::key(subject)
    }

    async fn observe(&self, subject: &Subject, run: &Run) -> Result<Seen, Error> {
        match subject {
            Subject::Cluster { id, place, .. } => Box::pin(self.look(id, place)).await.map(Seen::Cluster),
            Subject::Sweep(due) => self.sweep.observe(due, run).await.map(Seen::All),
        }
    }

    fn plan(subject: &Subject, seen: &Seen) -> Result<Plan<Step>, Error> {
        match seen {
            Seen::All(facts) => naming_sweep::plan(facts),
            Seen::Cluster(facts) => match &facts.seen {
                None => Ok(Plan::Ignore(format!("EMR does not know {subject} (any more)"))),
                Some(look) => plan::plan(facts.rules(), look),
            },
        }
    }

    async fn apply(&self, subject: &Subject, step: &Step, run: &Run) -> Result<(), Error> {
        match subject {
            Subject::Cluster { .. } => carry_out(&self.route53, step).await,
            Subject::Sweep(due) => self.sweep.apply(due, step, run).await,
        }
    }
}

impl Function for EmrDns {
    const PURPOSE: &'static str =
        "Keeps a CNAME from the name in a cluster's tag to its primary node; on a schedule, of all clusters";
    const HEARS: &'static [Trigger] = &[Trigger::of::<ClusterStateChange>(), Trigger::Schedule];
    const SETTINGS: &'static [&'static [Setting]] = naming_sweep::SETTINGS;

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        Ok(Self::new(sessions, Settings::read(variables)?))
    }

    async fn warm(&self) {
        self.open_connections().await;
    }
}
