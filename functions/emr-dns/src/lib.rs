#![doc = include_str!("../README.md")]

mod apply;
mod change;
mod claim;
mod cluster;
mod decide;
mod facts;
mod fate;
mod interlocks;
mod mark;
mod name;
mod observe;
mod plan;
mod read;
mod record;
mod rivals;
mod settings;
mod step;
mod subject;
mod suffixes;
mod sweep;
mod table;
#[cfg(test)]
mod tests;
mod zone;

use std::sync::Arc;

use aws::{Clients, Pace, Rates, Sessions};
use reaction::{Counts, Error, Key, Plan, Reaction, Repeat, Run};
use read::{Route53, Services};
use serde_json::value::RawValue;

pub use facts::{Facts, Seen};
pub use name::Name;
pub use settings::{Policy, Settings};
pub use step::Step;
pub use subject::Subject;
pub use suffixes::Suffixes;
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

    fn counts(facts: &Facts, _: &Plan<Step>) -> Counts {
        match &facts.seen {
            Seen::Cluster(_) => Counts::new(),
            Seen::All(survey) => sweep::counts(facts.rules(), survey),
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
