#![doc = include_str!("../README.md")]

mod body;
mod delivery;
mod door;
mod hook;
mod keys;
mod plan;
mod proof;
mod queue;
mod secrets;
mod settings;
#[cfg(test)]
mod tests;
mod unique;

use std::sync::Arc;

use aws::Sessions;
use function::{Function, Setting, Trigger};
use reaction::settings::Variables;
use reaction::{Admission, Door, Error, Key, Plan, Reaction, Repeat, Request, Run};

use crate::queue::Queue;
use crate::secrets::Secrets;

pub use body::{Change, News, Repository};
pub use delivery::{Admitted, Delivery};
pub use hook::{Hook, Hooks, Proof};
pub use plan::Step;
pub use settings::Settings;

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct ReceiveWebhook {
    hooks: Hooks,
    secrets: Secrets,
    queue: Queue,
}

impl ReceiveWebhook {
    /// The function with these settings; makes no call.
    #[must_use]
    pub fn new(sessions: &Arc<Sessions>, settings: Settings) -> Self {
        let Settings { hooks, queue } = settings;
        let secrets = Secrets::new(sessions.clone(), &hooks);
        Self { secrets, queue: Queue::new(sessions.config(), queue), hooks }
    }
}

impl Reaction for ReceiveWebhook {
    const NAME: &'static str = "receive-webhook";
    /// The FIFO queue knows a repeated message, and the mirror converges.
    const REPEAT: Repeat = Repeat::Unclaimed;
    type Event = Admitted;
    type Subject = Delivery;
    type Facts = Hook;
    type Step = Step;

    fn parse(event: Admitted) -> Result<Option<Delivery>, Error> {
        Delivery::read(event).map(Some)
    }

    fn key(delivery: &Delivery) -> Key {
        Key::new([delivery.path.trim_start_matches('/'), delivery.id.as_str()])
    }

    async fn observe(&self, delivery: &Delivery, _: &Run) -> Result<Hook, Error> {
        let hook = self.hooks.by_path.get(&delivery.path);
        hook.cloned().ok_or_else(|| Error::refused(format!("no hook has the path {}", delivery.path)))
    }

    fn plan(delivery: &Delivery, hook: &Hook) -> Result<Plan<Step>, Error> {
        plan::plan(delivery, hook)
    }

    async fn apply(&self, _: &Delivery, step: &Step, _: &Run) -> Result<(), Error> {
        self.queue.send(&step.0).await
    }
}

impl Door for ReceiveWebhook {
    async fn admit(&self, request: &Request) -> Result<Admission<Admitted>, Error> {
        door::admit(&self.hooks, &self.secrets, request).await
    }
}

impl Function for ReceiveWebhook {
    const PURPOSE: &'static str = "Receives the webhooks of git forges, and says in a queue which branches were pushed";
    const HEARS: &'static [Trigger] = &[Trigger::Webhook];
    const SETTINGS: &'static [&'static [Setting]] = &[settings::SETTINGS];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        Ok(Self::new(&sessions, Settings::read(variables)?))
    }

    async fn warm(&self) {
        tokio::join!(self.secrets.open_connection(), self.queue.open_connection());
    }
}
