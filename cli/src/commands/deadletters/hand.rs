//! Hands events to a function: by invoking it, or by its queue. Which of both, and which queue, the function's own configuration says,
//! never an event.

use std::sync::Arc;

use aws::{Answer, Sessions, all_pages};
use aws_sdk_lambda::Client as Lambda;
use function::Trigger;
use place::{Arn, plain};
use reaction::{Doing, Error, Outcome, Report};
use serde::Serialize;
use serde_json::Value;
use suite::Entry;

use super::letter::Letter;
use super::queue::Queues;
use crate::delivery::{self, Reply};

/// What became of an event that was handed over.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Handed {
    /// The function answered with this report, and nothing is left to do.
    Done(Report),
    /// It waits in the function's queue.
    Queued,
    /// It is still to be done, for this reason.
    NotDone(String),
}

impl Handed {
    /// Whether nothing of it is left to do here.
    pub(crate) fn is_over(&self) -> bool {
        !matches!(self, Self::NotDone(_))
    }

    /// What became of it in one line.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Done(report) => match &report.reason {
                Some(reason) => plain(&format!("{}: {reason}", report.outcome)),
                None => report.outcome.to_string(),
            },
            Self::Queued => "queued".into(),
            Self::NotDone(why) => plain(why),
        }
    }
}

/// How a function is reached.
enum Way {
    Invoked,
    /// By this queue's URL.
    Queue(String),
}

/// The way to one function.
pub(crate) struct Hand {
    lambda: Lambda,
    function: &'static Entry,
    way: Way,
}

impl Hand {
    /// Looks how this function is reached in the account and Region of these sessions.
    ///
    /// # Errors
    /// `Refused` where it is not deployed here, or hears several queues; otherwise as of Lambda and SQS.
    pub(crate) async fn to(function: &'static Entry, sessions: &Arc<Sessions>, queues: &Queues) -> Result<Self, Error> {
        let lambda = Lambda::new(sessions.config());
        let asked = lambda.get_function_configuration().function_name(function.name).send().await;
        let name = function.name;
        asked.or_absent().doing(|| format!("looking for the function {name}"))?.ok_or_else(|| {
            Error::refused(format!(
                "{name} is not deployed in this account and Region; choose where it is with --profile and --region"
            ))
        })?;
        let way = if function.hears.contains(&Trigger::Queue) {
            Way::Queue(queues.url(&queue_of(&lambda, name, sessions).await?).await?)
        } else {
            Way::Invoked
        };
        Ok(Self { lambda, function, way })
    }

    /// Which function it is.
    pub(crate) fn function(&self) -> &'static Entry {
        self.function
    }

    /// Hands an event over that was admitted, as an occurrence of this replay, where there is one.
    pub(crate) async fn over(&self, queues: &Queues, letter: &Letter, event: &Value, replay: Option<&str>) -> Handed {
        let text = of_replay(event, replay).to_string();
        if let Way::Queue(url) = &self.way {
            return match queues.send(url, letter, &text).await {
                Ok(()) => Handed::Queued,
                Err(error) => Handed::NotDone(error.to_string()),
            };
        }
        // The SDK tries again where Lambda throttles. A second invocation finds the occurrence claimed or settled.
        match delivery::ask(&self.lambda, self.function.name, &text, delivery::patience()).await {
            Reply::Report(report) if is_over(&report) => Handed::Done(report),
            Reply::Report(report) => {
                let reason = match report.outcome {
                    Outcome::Planned => "the function is deployed with Mode=Plan, and changes nothing",
                    _ => report.reason.as_deref().unwrap_or("the log of the function says more"),
                };
                Handed::NotDone(format!("{}: {reason}", report.outcome))
            }
            Reply::Answer(_) => {
                Handed::NotDone("the function answered without a report: its code is not Signalbox's".into())
            }
            Reply::Error(why) | Reply::Skipped(why) => Handed::NotDone(why),
        }
    }
}

/// A function that only plans has not done it.
fn is_over(report: &Report) -> bool {
    matches!(report.outcome, Outcome::Applied | Outcome::Unchanged | Outcome::Repeated | Outcome::Ignored)
}

/// The event with the name of a replay, which functions take into the key of the occurrence. What is not an event of `EventBridge` is
/// looked at anew each time.
fn of_replay(event: &Value, replay: Option<&str>) -> Value {
    let mut event = event.clone();
    if let (Some(object), Some(name)) = (event.as_object_mut(), replay)
        && object.contains_key("detail-type")
    {
        object.insert("replay-name".into(), name.into());
    }
    event
}

/// The queue whose messages Lambda hands to this function, of this account and Region.
async fn queue_of(lambda: &Lambda, function: &str, sessions: &Sessions) -> Result<String, Error> {
    let pages = lambda.list_event_source_mappings().function_name(function).into_paginator().items().send();
    let mappings = all_pages(pages).await.doing(|| format!("looking which queue {function} hears"))?;
    let (account, region) = (sessions.home()?.account.clone(), sessions.region()?);
    let queues = mappings
        .iter()
        .filter_map(|it| it.event_source_arn())
        .filter_map(Arn::parse)
        .filter(|arn| arn.service == "sqs" && arn.account == account.as_str() && arn.region == region.as_str());
    let queues: Vec<_> = queues.map(|arn| arn.resource.to_owned()).collect();
    match queues.as_slice() {
        [queue] => Ok(queue.clone()),
        [] => Err(Error::refused(format!("{function} hears no queue here; deploy infra/{function}.yaml"))),
        _ => Err(Error::refused(format!(
            "{function} hears several queues ({}), and which one is meant is not known; remove the event source mappings that \
             infra/{function}.yaml does not make",
            queues.join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of_replay;

    #[test]
    fn a_replay_names_itself_in_events_and_leaves_all_else_as_it_is() {
        let event = json!({"detail-type": "EC2 AMI State Change", "replay-name": "before"});
        assert_eq!(of_replay(&event, None), event);
        assert_eq!(of_replay(&event, Some("again"))["replay-name"], "again");
        let push = json!({"repository": "acme/templates"});
        assert_eq!(of_replay(&push, Some("again")), push);
    }
}
