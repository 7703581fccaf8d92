//! The sweep of names: it looks at all living clusters and at all records of the zones, and makes every name lead where it should.
//! `emr-dns` sweeps on a schedule, and an operation of a fleet in each account. What becomes of one name, `naming` decides, as it
//! does for the event of one cluster.

mod apply;
mod due;
mod facts;
mod interlocks;
mod observe;
mod plan;
mod read;
mod settings;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws::{Clients, Pace, Rates, Sessions};
use naming::{Place, Step};
use place::AccountId;
use reaction::{Error, Key, Plan, Reaction, Repeat, Run};
use serde_json::Value;

pub use apply::carry_out;
pub use due::Due;
pub use facts::{Facts, Survey};
pub use plan::plan;
pub use read::{Route53, Services, describe, live, vpcs_of};
pub use settings::{SETTINGS, Settings};
pub use table::{Drift, Row, Table};

/// What a sweep acts by. Its calls keep to the quotas of their account and region, however many sweeps one process makes.
#[derive(Debug)]
pub struct Sweep {
    sessions: Arc<Sessions>,
    clients: Clients<Services>,
    route53: Route53,
    settings: Settings,
}

impl Sweep {
    /// A sweep with these settings; makes no call.
    #[must_use]
    pub fn new(sessions: Arc<Sessions>, settings: Settings) -> Self {
        let (clients, pace) = match settings.rates {
            Rates::Documented => {
                (Clients::new(sessions.clone(), |config| Services::new(config, Pace::documented())), Pace::documented())
            }
            Rates::Unlimited => {
                (Clients::new(sessions.clone(), |config| Services::new(config, Pace::unlimited())), Pace::unlimited())
            }
        };
        let route53 = Route53::new(sessions.config(), pace);
        Self { sessions, clients, route53, settings }
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The services of a place, at the pace of a sweep.
    ///
    /// # Errors
    /// As of [`Sessions::admit`] and of entering the account.
    pub async fn services_at(&self, place: &Place) -> Result<Services, Error> {
        self.clients.at(&place.account, &place.region).await
    }

    /// What is known, where this was seen and these accounts are ours to act in.
    ///
    /// # Errors
    /// `Failed` before it is known whose credentials these are.
    pub fn facts<S>(&self, accounts: BTreeSet<AccountId>, seen: S) -> Result<naming::Facts<S>, Error> {
        let (settings, account) = (self.settings.naming.clone(), self.sessions.home()?.account.clone());
        Ok(naming::Facts { settings, account, accounts, has_members: self.sessions.has_members()?, seen })
    }

    /// Whether clusters of that place are ours to name.
    ///
    /// # Errors
    /// As of [`Sessions::admit`], but for a refusal.
    pub async fn is_admitted(&self, place: &Place) -> Result<bool, Error> {
        match self.sessions.admit(&place.account, &place.region).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_refused() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads everything, and shows it.
    ///
    /// # Errors
    /// `Failed` before it is known whose credentials these are.
    pub async fn table(&self, run: &Run) -> Result<Table, Error> {
        Ok(Table::of(&self.observe(&Due::default(), run).await?))
    }
}

impl Reaction for Sweep {
    const NAME: &'static str = "emr-dns";
    const REPEAT: Repeat = Repeat::Again;
    type Event = Value;
    type Subject = Due;
    type Facts = Facts;
    type Step = Step;

    fn parse(event: Value) -> Result<Option<Due>, Error> {
        Due::of(&event)
    }

    fn key(_: &Due) -> Key {
        Key::new(["sweep"])
    }

    async fn observe(&self, due: &Due, run: &Run) -> Result<Facts, Error> {
        Box::pin(self.survey(&due.force, run.deadline)).await
    }

    fn plan(_: &Due, facts: &Facts) -> Result<Plan<Step>, Error> {
        plan(facts)
    }

    async fn apply(&self, _: &Due, step: &Step, _: &Run) -> Result<(), Error> {
        carry_out(&self.route53, step).await
    }
}
