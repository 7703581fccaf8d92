//! Sending sample events, to a local AWS that this process has started.

use demo::delivery::{Bus, Sent};
use reaction::Error;

/// The way to send events. Only who has started the AWS makes one: nothing that a page says has a part in that.
pub struct Sender {
    bus: Bus,
    samples: Vec<Sample>,
}

/// An event to begin with.
pub struct Sample {
    /// What it is called: a function and what happens.
    pub name: String,
    /// The event, as JSON.
    pub text: String,
}

impl Sender {
    /// A sender to this bus; the first sample is the one that is proposed.
    #[must_use]
    pub fn new(bus: Bus, samples: Vec<Sample>) -> Self {
        Self { bus, samples }
    }

    pub(crate) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The sample of this name, or else the first.
    pub(crate) fn sample(&self, name: &str) -> Option<&Sample> {
        self.samples.iter().find(|it| it.name == name).or(self.samples.first())
    }

    /// Delivers an event to the functions whose rules match it, and waits for what they answer.
    pub(crate) async fn send(&self, event: &str) -> Result<Sent, Error> {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(event).map_err(|error| {
            Error::refused(format!("the event is no JSON object: {error}; correct it and send it again"))
        })?;
        self.bus.deliver(event).await
    }
}
