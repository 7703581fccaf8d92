#![doc = include_str!("../README.md")]

mod settings;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use aws::{Answer, Clients, Sessions};
use events::{Detail, Envelope, Origin};
use function::{Function, Setting, Trigger};
use place::{AccountId, Region};
use reaction::settings::Variables;
use reaction::{Doing, Error, Key, Plan, Reaction, Run};
use serde::Deserialize;

/// The function: its clients, and the settings that do not change while it lives.
#[derive(Debug)]
pub struct TrialFunction {
    clients: Clients<aws_sdk_ssm::Client>,
    prefix: String,
}

/// The detail of the event: an instance has come into a state.
#[derive(Debug, Deserialize)]
pub struct InstanceStateChange {
    /// The instance.
    #[serde(rename = "instance-id")]
    pub instance_id: String,
    /// The state, such as `stopped`.
    pub state: String,
}

impl Detail for InstanceStateChange {
    const SOURCE: &'static str = "aws.ec2";
    const DETAIL_TYPE: &'static str = "EC2 Instance State-change Notification";
}

/// An instance that was stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The instance.
    pub instance: String,
    /// The account that the event says it lives in.
    pub account: AccountId,
    /// The region that it lives in.
    pub region: Region,
    /// When it was stopped, as RFC 3339 in UTC, which sorts as time does.
    pub time: String,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The parameter's name.
    pub name: String,
    /// Its value; none where there is no such parameter.
    pub value: Option<String>,
}

/// The parameter gets this value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Its name.
    pub name: String,
    /// The value.
    pub value: String,
}

impl fmt::Display for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "put {} into {}", self.value, self.name)
    }
}

impl Reaction for TrialFunction {
    const NAME: &'static str = "trial-function";
    type Event = Envelope;
    type Subject = Subject;
    type Facts = Facts;
    type Step = Put;

    fn parse(event: Envelope) -> Result<Option<Subject>, Error> {
        let Some(InstanceStateChange { instance_id, state }) = InstanceStateChange::of(&event)? else {
            return Ok(None);
        };
        if state != "stopped" {
            return Ok(None);
        }
        if !instance_id.strip_prefix("i-").is_some_and(|id| id.bytes().all(|it| it.is_ascii_hexdigit())) {
            return Err(Error::refused("detail.instance-id is not the id of an instance, such as i-0123456789abcdef0"));
        }
        let time = event.time.map(|time| time.to_rfc3339()).unwrap_or_default();
        let Origin { account, region, .. } = Origin::of(&event)?;
        Ok(Some(Subject { instance: instance_id, account, region, time }))
    }

    fn key(subject: &Subject) -> Key {
        let Subject { instance, account, region, time } = subject;
        Key::new([account.as_str(), region.as_str(), instance, time])
    }

    async fn observe(&self, subject: &Subject, _: &Run) -> Result<Facts, Error> {
        let name = format!("{}{}", self.prefix, subject.instance);
        let ssm = self.clients.at(&subject.account, &subject.region).await?;
        let answer = ssm.get_parameter().name(&name).send().await.or_absent().doing(|| format!("reading {name}"))?;
        Ok(Facts { name, value: answer.and_then(|it| it.parameter?.value) })
    }

    fn plan(subject: &Subject, facts: &Facts) -> Result<Plan<Put>, Error> {
        let Facts { name, value } = facts;
        match value {
            Some(value) if *value > subject.time => return Ok(Plan::Ignore(format!("{name} has a later time"))),
            Some(value) if *value == subject.time => return Ok(Plan::nothing(format!("{name} has this time"))),
            _ => {}
        }
        Ok(Plan::of(vec![Put { name: name.clone(), value: subject.time.clone() }]))
    }

    async fn apply(&self, subject: &Subject, step: &Put, _: &Run) -> Result<(), Error> {
        let ssm = self.clients.at(&subject.account, &subject.region).await?;
        let request = ssm.put_parameter().name(&step.name).value(&step.value).overwrite(true);
        let request = request.r#type(aws_sdk_ssm::types::ParameterType::String);
        request.send().await.or_error().doing(|| format!("writing {}", step.name)).map(drop)
    }
}

impl Function for TrialFunction {
    const PURPOSE: &'static str = "Writes down in a parameter when an instance was last stopped";
    const HEARS: &'static [Trigger] = &[Trigger::of::<InstanceStateChange>()];
    const SETTINGS: &'static [&'static [Setting]] = &[settings::SETTINGS];

    fn open(sessions: Arc<Sessions>, variables: Variables) -> Result<Self, Error> {
        let prefix = settings::prefix(variables)?;
        Ok(Self { clients: Clients::new(sessions, aws_sdk_ssm::Client::new), prefix })
    }
}
