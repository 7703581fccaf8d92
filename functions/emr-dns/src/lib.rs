#![doc = include_str!("../README.md")]

mod apply;
mod claim;
mod facts;
mod interlocks;
mod observe;
mod plan;
mod read;
mod settings;
mod step;
mod subject;
mod sweep;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws::{Clients, Pace, Rates, Sessions};
use events::emr::ClusterStateChange;
use function::{Function, Setting, Trigger};
use reaction::settings::Variables;
use reaction::{Error, Key, Plan, Reaction, Repeat, Run};
use read::{Route53, Services};
use serde_json::value::RawValue;

pub use facts::{Facts, Seen};
pub use settings::Settings;
pub use step::Step;
pub use subject::Subject;
pub use table::{Drift, Row, Table};

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct EmrDns {
    sessions: Arc<Sessions>,
    clients: Clients<Services>,
    route53: Route53,
    /// The same at the pace of the settings, for sweeps: an event makes a handful of calls, a sweep makes hundreds.
    paced: Paced,
    settings: Settings,
}

/// Clients whose calls keep to the quotas of their account and region, however many sweeps one process makes.
#[derive(Debug)]
struct Paced {
    clients: Clients<Services>,
    route53: Route53,
}

impl Paced {
    fn new(sessions: &Arc<Sessions>, rates: Rates) -> Self {
        let (clients, pace) = match rates {
            Rates::Documented => {
                (Clients::new(sessions.clone(), |config| Services::new(config, Pace::documented())), Pace::documented())
            }
            Rates::Unlimited => {
                (Clients::new(sessions.clone(), |config| Services::new(config, Pace::unlimited())), Pace::unlimited())
            }
        };
        Self { clients, route53: Route53::new(sessions.config(), pace) }
    }
}

impl EmrDns {
    /// The function with these settings; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings) -> Self {
        let paced = Paced::new(&sessions, settings.rates);
        let clients = Clients::new(sessions.clone(), |config| Services::new(config, Pace::unlimited()));
        Self { clients, route53: Route53::new(sessions.config(), Pace::unlimited()), paced, settings, sessions }
    }

    /// Reads everything, and shows it.
    ///
    /// # Errors
    /// `Failed` where nobody said whose credentials these are.
    pub async fn table(&self, run: &Run) -> Result<Table, Error> {
        let sweep = Subject::Sweep { force: std::collections::BTreeSet::new() };
        Table::of(&self.observe(&sweep, run).await?)
    }
}

impl Reaction for EmrDns {
    const NAME: &'static str = "emr-dns";
    const REPEAT: Repeat = Repeat::Again;
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
        match subject {
            Subject::Cluster { id, place, .. } => Box::pin(self.look(id, place)).await,
            Subject::Sweep { force } => Box::pin(self.survey(force, run.deadline)).await,
        }
    }

    fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Step>, Error> {
        let rules = facts.rules();
        match &facts.seen {
            Seen::All(survey) => sweep::plan(rules, survey),
            Seen::Cluster(None) => Ok(Plan::Ignore(format!("EMR does not know {subject} (any more)"))),
            Seen::Cluster(Some(look)) => plan::plan(rules, look),
        }
    }

    async fn apply(&self, subject: &Subject, step: &Step, _: &Run) -> Result<(), Error> {
        let route53 = match subject {
            Subject::Cluster { .. } => &self.route53,
            Subject::Sweep { .. } => &self.paced.route53,
        };
        Self::carry_out(route53, step).await
    }
}

impl Function for EmrDns {
    const PURPOSE: &'static str =
        "Keeps a CNAME from the name in a cluster's tag to its primary node; on a schedule, of all clusters";
    const HEARS: &'static [Trigger] = &[Trigger::of::<ClusterStateChange>(), Trigger::Schedule];
    const SETTINGS: &'static [&'static [Setting]] = settings::SETTINGS;

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        Ok(Self::new(sessions, Settings::read(variables)?))
    }

    async fn warm(&self) {
        self.open_connections().await;
    }
}
