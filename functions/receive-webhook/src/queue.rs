//! The queue that takes what was pushed: one request of SQS for each step.

use aws::{Answer, SdkConfig, open_only};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use mirror::Push;
use reaction::{Doing, Error};

/// How many messages one request of SQS takes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
pub(crate) const BATCH: usize = 10;

/// A FIFO queue.
#[derive(Debug)]
pub(crate) struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    pub(crate) fn new(config: &SdkConfig, url: String) -> Self {
        Self { client: Client::new(config), url }
    }

    /// Opens the connection that messages will use.
    pub(crate) async fn open_connection(&self) {
        let request = self.client.send_message().queue_url(&self.url).message_body("none");
        drop(request.customize().mutate_request(open_only).send().await);
    }

    /// Sends a message for each of at most [`BATCH`] pushes.
    ///
    /// # Errors
    /// `Failed` where one of them was not taken; those that were taken are known when they come again.
    pub(crate) async fn send(&self, pushes: &[Push]) -> Result<(), Error> {
        let doing = || format!("sending to the queue {}", self.url);
        match pushes {
            [push] => self.send_one(push).await.doing(doing),
            pushes => self.send_all(pushes).await.doing(doing),
        }
    }

    async fn send_one(&self, push: &Push) -> Result<(), Error> {
        let request = self.client.send_message().queue_url(&self.url).message_body(body(push)?);
        let request = request.message_group_id(push.group()).message_deduplication_id(push.deduplication_id());
        let request = request.set_message_attributes(queues::correlation());
        let request = request.set_message_system_attributes(queues::trace());
        request.send().await.or_error().map(drop)
    }

    async fn send_all(&self, pushes: &[Push]) -> Result<(), Error> {
        let entries = pushes.iter().enumerate().map(|(index, push)| {
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body(push)?);
            let entry = entry.message_group_id(push.group()).message_deduplication_id(push.deduplication_id());
            let entry = entry.set_message_attributes(queues::correlation());
            let entry = entry.set_message_system_attributes(queues::trace());
            entry.build().map_err(Error::failed)
        });
        let entries = entries.collect::<Result<_, _>>()?;
        let request = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let answer = request.send().await.or_error()?;
        let Some(first) = answer.failed().first() else { return Ok(()) };
        let (failed, all) = (answer.failed().len(), pushes.len());
        let why = first.message().unwrap_or("no reason was given");
        Err(Error::failed(format!("{failed} of {all} messages were not taken: {}: {why}", first.code())))
    }
}

fn body(push: &Push) -> Result<String, Error> {
    serde_json::to_string(push).map_err(Error::failed)
}
