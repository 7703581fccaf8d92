//! Jobs of a pipeline, whose answers go to a queue that the job names: a test reads there how often it was answered.

use std::fmt;
use std::sync::Arc;

use aws::{Answer, Sessions};
use aws_sdk_sqs::Client;
use reaction::{Answers, Error, Reply, Report, Run};
use serde_json::{Value, json};

/// A secret that is in each job.
pub const CREDENTIAL: &str = "a-secret-of-the-pipeline";

/// What the operator has written into the action of the pipeline.
pub fn parameters(event: &Value) -> Option<Value> {
    let configuration = &event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"];
    serde_json::from_str(configuration["UserParameters"].as_str()?).ok()
}

/// Who waits for the answer.
pub struct Caller {
    job: String,
    queue: String,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.job)
    }
}

/// Answers by a message in a queue.
pub struct Queue(Client);

impl Queue {
    /// By the queues of this account.
    pub fn new(sessions: &Arc<Sessions>) -> Self {
        Self(Client::new(sessions.config()))
    }
}

impl Answers for Queue {
    type Caller = Caller;

    fn caller(event: &str) -> Option<Caller> {
        let event: Value = serde_json::from_str(event).ok()?;
        let job = event["CodePipeline.job"]["id"].as_str()?.to_owned();
        assert_ne!(job, "panic", "{event}");
        let queue = event["CodePipeline.job"]["data"]["queue"].as_str()?.to_owned();
        Some(Caller { job, queue })
    }

    async fn answer(&self, caller: &Caller, report: &Report, run: &Run) -> Result<(), Error> {
        let reply = match report.reply() {
            Reply::Done => "success".to_owned(),
            Reply::Later => "success with a continuation token".to_owned(),
            Reply::NotDone => format!("failure: {}", report.reason.as_deref().unwrap_or_default()),
        };
        let answer = json!({"job": run.occurrence, "reply": reply});
        let sent = self.0.send_message().queue_url(&caller.queue).message_body(answer.to_string()).send().await;
        sent.or_error().map(drop)
    }
}
