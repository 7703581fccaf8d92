//! Messages of a queue: each stands for itself.

use std::time::Duration;

use local_aws::lambda_api::Outcome;
use serde_json::{Value, json};

use super::Trial;

/// A batch of one message for each of these: its id is what it does.
fn batch(works: &[&str]) -> Value {
    let message = |(index, does): (usize, &&str)| {
        let body = match *does {
            "not-json" => "{".to_owned(),
            does => json!({"id": format!("event-{index}"), "does": does}).to_string(),
        };
        json!({
            "messageId": does, "receiptHandle": "handle", "body": body, "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "eu-west-1",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:trial",
        })
    };
    json!({"Records": works.iter().enumerate().map(message).collect::<Vec<_>>()})
}

fn failures(ids: &[&str]) -> Value {
    json!({"batchItemFailures": ids.iter().map(|id| json!({"itemIdentifier": id})).collect::<Vec<_>>()})
}

#[tokio::test]
async fn failed_and_refused_messages_are_given_back_and_a_panic_loses_only_its_own() {
    let trial = Trial::start("batch", &[]).await;
    let works = ["apply", "fail", "panic", "ignore", "refuse", "panic-at-once", "not-json", "apply-too"];
    let answer = trial.respond(&batch(&works)).await;
    assert_eq!(answer, failures(&["fail", "panic", "refuse", "panic-at-once", "not-json"]));
    assert_eq!(trial.respond(&batch(&["apply"])).await, failures(&[]), "the function lives on");
    let (output, lines) = trial.end().await;
    let mut outcomes: Vec<_> = lines.iter().take(works.len()).map(|line| line["outcome"].as_str().unwrap()).collect();
    outcomes.sort_unstable();
    assert_eq!(
        outcomes,
        ["applied", "applied", "failed", "failed", "failed", "ignored", "refused", "refused"],
        "{output}"
    );
    let about = |id: &str| lines.iter().filter(|line| line["correlation_id"] == id).count();
    assert_eq!((about("event-1"), about("not-json"), lines.len()), (1, 1, works.len() + 1), "{output}");
    let metrics = output.lines().filter(|line| line.contains("\"_aws\"")).count();
    assert_eq!(metrics, lines.len(), "{output}");
}

#[tokio::test]
async fn a_message_that_hangs_is_given_back_and_the_others_are_done() {
    let trial = Trial::start("batch", &[]).await;
    trial.respond(&batch(&["apply"])).await;
    let answer = trial.api.invoke(batch(&["apply", "hang", "apply-too"]).to_string(), Duration::from_secs(8)).await;
    let Outcome::Response(answer) = answer else { panic!("the whole batch is lost: {answer:?}") };
    assert_eq!(serde_json::from_slice::<Value>(&answer).unwrap(), failures(&["hang"]));
}

#[tokio::test]
async fn what_is_no_batch_is_an_error_that_quotes_nothing() {
    let trial = Trial::start("batch", &[]).await;
    let Outcome::Error(error) = trial.api.invoke(r#"{"secret": 1}"#, super::INVOCATION).await else {
        panic!("no error")
    };
    assert_eq!(error["errorType"], "Signalbox.Unreadable");
    assert!(!error.to_string().contains("secret\\\""), "{error}");
}
