//! The world of `trial-function`: an event about an instance, and the parameter that says when it was stopped.

pub mod checks;
mod stories;

use std::time::Duration;

use aws_sdk_ssm::types::ParameterType;
use ledger::DynamoLedger;
use reaction::{Mode, Reaction, Report, drive_json};
use suite::trial_function::TrialFunction;

use crate::world::scene::{self, read_sample};
use crate::world::{LEDGER, SAMPLE_ACCOUNT, World, run_for};

/// The parameter's value before the event comes; none where there is no parameter.
pub type Given = Option<&'static str>;

const NAME: &str = "/signalbox/stopped/i-0123456789abcdef0";

/// A world in which an event is about to be heard.
pub struct Scene {
    world: World,
    function: TrialFunction,
    event: String,
    ssm: aws_sdk_ssm::Client,
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = TrialFunction::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let ssm = aws_sdk_ssm::Client::new(world.sessions.config());
        if let Some(value) = given {
            ssm.put_parameter().name(NAME).value(*value).r#type(ParameterType::String).send().await.unwrap();
        }
        let function = function::Function::open(world.sessions.clone(), &|_| None).unwrap();
        let event = read_sample(Self::FUNCTION, sample).replace(SAMPLE_ACCOUNT, &world.account);
        Self { world, function, event, ssm }
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        let ledger = DynamoLedger::new(&self.world.sessions, LEDGER, Self::FUNCTION);
        drive_json(&self.function, &ledger, mode, &run_for(Duration::from_mins(1)), &self.event).await
    }

    async fn picture(&self) -> String {
        let answer = self.ssm.get_parameter().name(NAME).send().await;
        let value = answer.ok().and_then(|it| it.parameter?.value);
        format!("stopped: {}\n", value.as_deref().unwrap_or("never"))
    }

    fn with_sample_ids(&self, text: &str) -> String {
        text.replace(&self.world.account, SAMPLE_ACCOUNT)
    }

    fn parameters(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}
