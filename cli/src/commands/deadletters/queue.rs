//! The failure queues of the templates: which there are, whose each is, and what waits in them.
//!
//! SQS shows a message only by handing it out: it is hidden from other readers then, until it is given back.

use std::collections::BTreeSet;
use std::time::Duration;

use aws::{Answer, Sessions, all_pages};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::get_queue_url::GetQueueUrlError;
use aws_sdk_sqs::types::{MessageSystemAttributeName as Attribute, QueueAttributeName};
use futures_util::future::join_all;
use reaction::{Doing, Error};
use serde::Serialize;
use suite::{Entry, FUNCTIONS};

use super::letter::Letter;

/// How long a message that was read stays hidden, at most: longer than a function runs, which is 15 minutes.
pub(crate) const HIDDEN: Duration = Duration::from_mins(16);

/// How long SQS looks for a message, in seconds: it then asks all of its servers.
const LOOK: i32 = 1;

/// Queues of the templates that are not of one function.
const SHARED: [&str; 3] =
    ["signalbox-forward-failures", "signalbox-organization-failures", "signalbox-fleet-schedule-failures"];

/// A failure queue.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Queue {
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) url: String,
    /// The function whose it is, by the queue's name; none of a queue that all functions share.
    pub(crate) function: Option<&'static str>,
}

impl Queue {
    /// A failure queue by its name; `None` where the templates make none of that name.
    pub(crate) fn of(name: &str, url: &str) -> Option<Self> {
        let base = name.strip_suffix(".fifo").unwrap_or(name).strip_suffix("-failures")?;
        let base = base.strip_suffix("-rule").unwrap_or(base);
        let function = FUNCTIONS.iter().find(|it| it.name == base).map(|it| it.name);
        let is_shared = base.ends_with("-bus") || base.ends_with("-pipeline") || SHARED.contains(&name);
        (function.is_some() || is_shared).then(|| Self { name: name.into(), url: url.into(), function })
    }

    /// Whose messages these are: the queue's function, or else the one that the operator names.
    ///
    /// # Errors
    /// What the operator has to name, or may not.
    pub(crate) fn function(&self, given: Option<&str>) -> Result<&'static Entry, String> {
        let name = match (self.function, given) {
            (Some(own), Some(given)) if own != given => {
                return Err(format!(
                    "{} is of {own}, and its messages go to no other function; leave --function out",
                    self.name
                ));
            }
            (Some(name), _) | (None, Some(name)) => name,
            (None, None) => {
                let name = &self.name;
                return Err(format!(
                    "{name} has messages of several functions; name the one that is to have them with --function"
                ));
            }
        };
        let known = || FUNCTIONS.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
        let found = FUNCTIONS.iter().find(|it| it.name == name);
        found.ok_or_else(|| format!("there is no function `{}`; there are {}", place::shortened(name, 60), known()))
    }
}

/// A message that was handed out, until it is deleted or given back.
pub(crate) struct Held {
    pub(crate) letter: Letter,
    receipt: String,
}

/// The queues of an account and Region.
pub(crate) struct Queues {
    sqs: Client,
}

impl Queues {
    pub(crate) fn new(sessions: &Sessions) -> Self {
        Self { sqs: Client::new(sessions.config()) }
    }

    /// Every failure queue that is there, by name. Of those that several functions share only what begins as the templates' defaults do: to
    /// read a queue hides its messages for a moment, and another team's `orders-bus-failures` is not ours to read. By its name an operator
    /// reaches each.
    pub(crate) async fn all(&self) -> Result<Vec<Queue>, Error> {
        let pages = self.sqs.list_queues().into_paginator().page_size(1_000).items().send();
        let urls = all_pages(pages).await.doing(|| "listing the queues")?;
        let mut queues: Vec<_> =
            urls.iter().filter_map(|url| Queue::of(url.rsplit('/').next().unwrap_or_default(), url)).collect();
        queues.retain(|it| it.function.is_some() || it.name.starts_with("signalbox"));
        queues.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(queues)
    }

    /// The failure queue of this name.
    ///
    /// # Errors
    /// `Refused` where the templates make none of that name, or it is not there.
    pub(crate) async fn named(&self, name: &str) -> Result<Queue, Error> {
        let unknown = || {
            let name = place::shortened(name, 80);
            Error::refused(format!(
                "{name} is not a failure queue that is here; `signalbox deadletters list` shows which are"
            ))
        };
        Queue::of(name, "").ok_or_else(unknown)?;
        let asked = self.sqs.get_queue_url().queue_name(name).send().await;
        let is_absent = asked
            .as_ref()
            .err()
            .and_then(|it| it.as_service_error())
            .is_some_and(GetQueueUrlError::is_queue_does_not_exist);
        if is_absent {
            return Err(unknown());
        }
        let url = asked.or_error().doing(|| format!("looking for the queue {name}"))?.queue_url.unwrap_or_default();
        Queue::of(name, &url).ok_or_else(unknown)
    }

    /// How many messages wait, as SQS counts them: approximately, and without those that a reader has.
    pub(crate) async fn waiting(&self, queue: &Queue) -> Result<u64, Error> {
        let count = QueueAttributeName::ApproximateNumberOfMessages;
        let asked = self.sqs.get_queue_attributes().queue_url(&queue.url).attribute_names(count.clone()).send().await;
        let attributes = asked.or_error().doing(|| format!("counting the messages of {}", queue.name))?.attributes;
        Ok(attributes.and_then(|it| it.get(&count)?.parse().ok()).unwrap_or_default())
    }

    /// Up to ten messages, which are hidden from now on; none where none was found.
    pub(crate) async fn take(&self, queue: &Queue, most: usize) -> Result<Vec<Held>, Error> {
        let receive = self.sqs.receive_message().queue_url(&queue.url).wait_time_seconds(LOOK);
        let seconds = i32::try_from(HIDDEN.as_secs()).unwrap_or(i32::MAX);
        let receive =
            receive.visibility_timeout(seconds).max_number_of_messages(i32::try_from(most.min(10)).unwrap_or(10));
        let receive = receive.message_attribute_names("All").message_system_attribute_names(Attribute::All);
        let received = receive.send().await.or_error().doing(|| format!("reading the queue {}", queue.name))?;
        Ok(received.messages.unwrap_or_default().iter().map(held).collect())
    }

    /// Up to `most` messages, each once.
    pub(crate) async fn take_all(&self, queue: &Queue, most: usize) -> Result<Vec<Held>, Error> {
        let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
        while all.len() < most {
            let taken = match self.take(queue, most - all.len()).await {
                Ok(taken) => taken,
                Err(error) => {
                    self.give_back(queue, &all).await;
                    return Err(error);
                }
            };
            if taken.is_empty() {
                break;
            }
            all.extend(taken.into_iter().filter(|it| seen.insert(it.letter.id.clone())));
        }
        Ok(all)
    }

    /// Shows messages to other readers again. Where that fails they show by themselves after [`HIDDEN`].
    pub(crate) async fn give_back(&self, queue: &Queue, held: &[Held]) {
        for some in held.chunks(10) {
            let back = some.iter().map(async |it| {
                let request = self.sqs.change_message_visibility().queue_url(&queue.url).receipt_handle(&it.receipt);
                drop(request.visibility_timeout(0).send().await);
            });
            join_all(back).await;
        }
    }

    /// Deletes a message that was handed out.
    pub(crate) async fn delete(&self, queue: &Queue, held: &Held) -> Result<(), Error> {
        let request = self.sqs.delete_message().queue_url(&queue.url).receipt_handle(&held.receipt);
        request
            .send()
            .await
            .or_error()
            .map(drop)
            .doing(|| format!("deleting message {} of {}", held.letter.id, queue.name))
    }

    /// Puts a message into the queue that a function reads. Within five minutes SQS takes a message with the same id once.
    pub(crate) async fn send(&self, url: &str, letter: &Letter, body: &str) -> Result<(), Error> {
        let send = self.sqs.send_message().queue_url(url).message_body(body);
        let send = if url.rsplit_once('.').is_some_and(|(_, end)| end == "fifo") {
            let group = letter.group.clone().unwrap_or_else(|| "signalbox".into());
            send.message_group_id(group).message_deduplication_id(&letter.id)
        } else {
            send
        };
        send.send().await.or_error().map(drop).doing(|| "sending the message to the function's queue")
    }

    /// The URL of a queue of this account and Region, by its name.
    pub(crate) async fn url(&self, name: &str) -> Result<String, Error> {
        let asked = self.sqs.get_queue_url().queue_name(name).send().await.or_error();
        Ok(asked.doing(|| format!("looking for the queue {name}"))?.queue_url.unwrap_or_default())
    }
}

fn held(message: &aws_sdk_sqs::types::Message) -> Held {
    let attribute = |name: &str| message.message_attributes.as_ref()?.get(name)?.string_value.clone();
    let system = |name: &Attribute| message.attributes.as_ref()?.get(name).cloned();
    let id = message.message_id().unwrap_or_default();
    let letter = Letter {
        sent_ms: system(&Attribute::SentTimestamp).and_then(|it| it.parse().ok()),
        group: system(&Attribute::MessageGroupId),
        ..Letter::read(id, message.body().unwrap_or_default(), &attribute)
    };
    Held { letter, receipt: message.receipt_handle().unwrap_or_default().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn a_queue_is_known_by_the_names_that_the_templates_give() {
        let function = |name: &str| Queue::of(name, "").map(|it| it.function);
        for (name, of) in [
            ("share-ami-failures", Some("share-ami")),
            ("mirror-repository-failures.fifo", Some("mirror-repository")),
            ("mirror-repository-rule-failures", Some("mirror-repository")),
            ("signalbox-bus-failures", None),
            ("signalbox-forward-failures", None),
            ("signalbox-fleet-schedule-failures", None),
            ("policies-pipeline-failures", None),
        ] {
            assert_eq!(function(name), Some(of), "{name}");
        }
        for name in ["share-ami", "signalbox-mirror-repository.fifo", "orders-failures", "failures", "-failures", ""] {
            assert_eq!(function(name), None, "{name}");
        }
    }

    #[test]
    fn a_queue_of_one_function_hands_to_no_other_and_a_shared_one_is_told_to_which() {
        let own = Queue::of("share-ami-failures", "").unwrap();
        assert_eq!(own.function(None).map(|it| it.name), Ok("share-ami"));
        assert!(own.function(Some("emr-dns")).is_err(), "the operator cannot be led to another one");
        let shared = Queue::of("signalbox-bus-failures", "").unwrap();
        assert_eq!(shared.function(Some("emr-dns")).map(|it| it.name), Ok("emr-dns"));
        assert!(shared.function(None).map(drop).unwrap_err().contains("with --function"));
        assert!(shared.function(Some("no-such")).map(drop).unwrap_err().starts_with("there is no function `no-such`"));
    }
}
