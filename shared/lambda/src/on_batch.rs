//! The entry point for messages of a queue.

use std::process::ExitCode;
use std::sync::Arc;

use function::Function;
use futures_util::{StreamExt, stream};
use lambda_runtime::{Context, Diagnostic, LambdaEvent, Runtime, service_fn};
use reaction::{Error, Outcome, Report};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::log::{self, Head, Invocation};
use crate::on_event::ended;
use crate::opened::{Opened, environment, in_time, run_of, sessions, write};
use crate::traces::Traces;

/// How many messages of a batch are handled side by side.
const AT_ONCE: usize = 10;

/// What SQS hands over. <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>
#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "messageId")]
    id: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
    #[serde(rename = "messageAttributes", default)]
    said: MessageAttributes,
}

/// What SQS says of a message.
#[derive(Default, Deserialize)]
struct Attributes {
    #[serde(rename = "AWSTraceHeader")]
    trace_header: Option<String>,
}

/// What the sender of a message says of it beside its body.
#[derive(Default, Deserialize)]
struct MessageAttributes {
    correlation_id: Option<MessageAttribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageAttribute {
    string_value: Option<String>,
}

impl Message {
    /// What the message is about: what its sender was at work on, or else the event in it, or else the message.
    fn correlation_id(&self) -> String {
        let given = self.said.correlation_id.as_ref().and_then(|it| it.string_value.clone());
        given.or_else(|| Head::of(&self.body).id()).unwrap_or_else(|| self.id.clone())
    }
}

/// Runs a function that a queue of SQS feeds. Each message is an event of its own, with a run, a line in the log
/// and a metric of its own. Messages that failed or were refused are given back one by one: SQS delivers them again, and in the end
/// moves them to the dead-letter queue. A panic, or a run that is cut off near the deadline, loses only its own message.
///
/// The event source mapping must have `FunctionResponseTypes: [ReportBatchItemFailures]`, or SQS deletes what is given back. Messages of
/// one batch are handled side by side, so the mapping of a FIFO queue must have a `BatchSize` of 1. The rest is as of
/// [`on_event`](crate::on_event).
pub async fn on_batch<F: Function>() -> ExitCode {
    log::start(&environment);
    log::report_panics();
    // Boxed, since the compiler gives up on the depth of a type that holds every call of every event.
    ended::<F>(Box::pin(serve::<F>()).await)
}

async fn serve<F: Function>() -> Result<(), Error> {
    let opened = Opened::<F>::open(Arc::new(sessions()?)).await?;
    let traces = Traces::open(F::NAME, &environment);
    let service = service_fn(async |LambdaEvent { payload, context }: LambdaEvent<Box<RawValue>>| {
        let batch: Batch = match serde_json::from_str(payload.get()) {
            Ok(batch) => batch,
            Err(error) => return Err(no_batch::<F>(&context, &error)),
        };
        let handled =
            stream::iter(batch.messages).map(async |message| handle(&opened, &traces, &context, message).await);
        let failed: Vec<_> = handled.buffered(AT_ONCE).filter_map(async |it| it).collect().await;
        Ok(answer(&failed))
    });
    Runtime::new(service).run().await.map_err(Error::failed)
}

/// Handles a message; its id where it is to be given back.
async fn handle<F: Function>(
    opened: &Opened<F>,
    traces: &Traces,
    context: &Context,
    message: Message,
) -> Option<String> {
    let invocation = Invocation::of(context, Some(message.correlation_id()));
    let Message { id, body, attributes, .. } = message;
    let run = run_of(F::NAME, &opened.sessions, context, &invocation.correlation_id);
    let run = run.traced(traces.begin(F::NAME, context, attributes.trace_header.as_deref()));
    let actor = run.actor.as_ref().map(|actor| format!("{actor}, message {id}")).unwrap_or_default();
    let run = run.by(actor);
    let report = in_time(&run, opened.drive_text(&run, &body)).await;
    traces.end(&run, &report);
    write(invocation, &report);
    matches!(report.outcome, Outcome::Failed | Outcome::Refused).then_some(id)
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>
fn answer(failed: &[String]) -> Value {
    let failed: Vec<_> = failed.iter().map(|id| json!({"itemIdentifier": id})).collect();
    json!({"batchItemFailures": failed})
}

fn no_batch<F: Function>(context: &Context, error: &serde_json::Error) -> Diagnostic {
    let error = Error::refused(format!("not a batch of messages that SQS hands over: {}", log::place_of(error)));
    let report = Report::of_error(F::NAME, &error);
    write(Invocation::of(context, None), &report);
    Diagnostic { error_type: "Signalbox.Unreadable".into(), error_message: error.to_string() }
}
