//! Messages of a queue: each stands for itself.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_lambda::types::FunctionResponseType;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use local_aws::deploy::{Deployment, Stack, package};
use local_aws::lambda_api::Outcome;
use serde_json::{Value, json};

use super::Trial;
use crate::world::built::binary;
use crate::world::git::Folder;
use crate::world::{AWS, World};

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

/// The trial function with a queue whose messages SQS delivers twice before it keeps them apart. A FIFO queue, since the local AWS hands
/// over one batch of it at a time; each message is a group of its own.
const TEMPLATE: &str = "
Parameters:
  CodeBucket: {Type: String}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: trial
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: 'dynamodb:*', Resource: '*'}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: trial
      Runtime: provided.al2023
      Handler: bootstrap
      Code: {S3Bucket: !Ref CodeBucket, S3Key: function.zip}
      Role: !GetAtt Role.Arn
      Timeout: 60
      Environment: {Variables: {TRIAL_ENTRY_POINT: batch, SIGNALBOX_LEDGER_TABLE: signalbox-ledger}}
  Kept:
    Type: AWS::SQS::Queue
    Properties: {QueueName: kept.fifo, FifoQueue: true}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: trial.fifo
      FifoQueue: true
      ContentBasedDeduplication: true
      VisibilityTimeout: 1
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Kept.Arn, maxReceiveCount: 2}
Outputs:
  QueueUrl: {Value: !Ref Queue}
  QueueArn: {Value: !GetAtt Queue.Arn}
  KeptUrl: {Value: !Ref Kept}
";

/// The queue, once messages that do this wait in it, and the mapping hands them over in one batch. What the stack says of itself.
async fn hand_over(world: &World, works: &[&str]) -> BTreeMap<String, String> {
    let config = world.sessions.config();
    let (deployment, sqs) = (Deployment::new(config), aws_sdk_sqs::Client::new(config));
    let code = format!("code-{}", world.account);
    deployment.upload(&code, "function.zip", package(&binary("trial")).unwrap()).await.unwrap();
    let folder = Folder::make();
    let template = folder.path().join("trial.yaml");
    std::fs::write(&template, TEMPLATE).unwrap();
    let parameters = [("CodeBucket".to_owned(), code)].into();
    let outputs = deployment.apply(&Stack { name: "trial".into(), template, parameters }).await.unwrap();
    let entries = works.iter().map(|does| {
        let body = json!({"id": does, "does": does}).to_string();
        SendMessageBatchRequestEntry::builder().id(*does).message_body(body).message_group_id(*does).build().unwrap()
    });
    let send = sqs.send_message_batch().queue_url(&outputs["QueueUrl"]).set_entries(Some(entries.collect()));
    assert_eq!(send.send().await.unwrap().successful.len(), works.len());
    let lambda = aws_sdk_lambda::Client::new(config);
    let mapping = lambda.create_event_source_mapping().event_source_arn(&outputs["QueueArn"]).function_name("trial");
    let mapping = mapping.batch_size(10).function_response_types(FunctionResponseType::ReportBatchItemFailures);
    mapping.send().await.unwrap();
    outputs
}

/// What the messages do that a queue keeps, once there are so many.
async fn kept(sqs: &aws_sdk_sqs::Client, queue: &str, number: usize) -> Vec<String> {
    let mut kept = Vec::new();
    while kept.len() < number {
        let receive = sqs.receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(2);
        for message in receive.send().await.unwrap().messages.unwrap_or_default() {
            let body: Value = serde_json::from_str(&message.body.unwrap()).unwrap();
            kept.push(body["does"].as_str().unwrap().to_owned());
        }
    }
    kept.sort();
    kept
}

#[tokio::test]
async fn sqs_delivers_again_what_failed_of_a_batch_and_keeps_it_in_the_end_and_the_rest_is_gone() {
    let world = World::new().await;
    let works = ["apply", "fail", "panic", "ignore", "refuse", "panic-at-once", "apply-too"];
    let outputs = hand_over(&world, &works).await;
    let sqs = aws_sdk_sqs::Client::new(world.sessions.config());
    let failed = ["fail", "panic", "panic-at-once", "refuse"];
    assert_eq!(kept(&sqs, &outputs["KeptUrl"], failed.len()).await, failed);
    let counts =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let asked = sqs.get_queue_attributes().queue_url(&outputs["QueueUrl"]).set_attribute_names(Some(counts.to_vec()));
    let attributes = asked.send().await.unwrap().attributes.unwrap();
    assert_eq!(counts.map(|it| attributes[&it].clone()), ["0", "0"], "what was done is deleted");
    // Each run claims its occurrence; what is ignored or cannot be read never gets that far.
    let claims = AWS.calls(&world.account);
    let claims = claims.iter().filter(|it| it.operation == "PutItem");
    let claims = |does: &str| claims.clone().filter(|it| it.body.contains(&format!("#{does}\""))).count();
    assert_eq!(["apply", "apply-too", "fail", "panic", "refuse"].map(claims), [1, 1, 2, 2, 2]);
    Deployment::new(world.sessions.config()).delete("trial").await.unwrap();
}
