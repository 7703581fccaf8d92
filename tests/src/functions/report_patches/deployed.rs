//! The template deployed, with the table of its own template: an event is recorded, and the schedule's report reaches the topic.

use std::collections::BTreeMap;

use local_aws::deploy::{Deployment, Stack};
use serde_json::{Value, json};

use super::{GIVEN, SWEEP, Scene};
use crate::templates::deployed::DeployedAccount;
use crate::world::scene::Scene as _;

/// The table of the stack.
const TABLE: &str = "deployed-patches";

async fn deployed() -> DeployedAccount<Scene> {
    let scene = Scene::set_up(&GIVEN, "an-instance-misses-patches").await;
    let parameters = BTreeMap::from([("TableName".to_owned(), TABLE.to_owned())]);
    let template = local_aws::workspace().join("infra/patches.yaml");
    let stack = Stack { name: "signalbox-patches".into(), template, parameters };
    Deployment::new(scene.world.sessions.config()).apply(&stack).await.unwrap();
    DeployedAccount::of(scene, &[("PatchesTable", TABLE)]).await
}

/// The URL of a new queue that gets what the topic gets.
async fn subscribe(account: &DeployedAccount<Scene>) -> String {
    let queue = account.sqs.create_queue().queue_name("reports").send().await.unwrap().queue_url.unwrap();
    let arn = format!("arn:aws:sqs:eu-west-1:{}:reports", account.scene.world.account);
    let topic = &account.outputs["TopicArn"];
    let subscribe = format!("Action=Subscribe&Version=2010-03-31&TopicArn={topic}&Protocol=sqs&Endpoint={arn}");
    let (head, body) = account.call("sns", "Content-Type: application/x-www-form-urlencoded", &subscribe).await;
    assert!(head.contains("200"), "{head}: {body}");
    queue
}

#[tokio::test]
async fn a_report_goes_by_its_rule_to_the_topic_once() {
    let account = deployed().await;
    let (event, function) = (account.scene.event().to_owned(), account.outputs["FunctionArn"].clone());
    assert_eq!(account.targets_of(&event).await, std::slice::from_ref(&function));
    let report = account.ask(&function, &event).await;
    assert_eq!((&report["outcome"], &report["function"]), (&json!("applied"), &json!("report-patches")), "{report}");
    let queue = subscribe(&account).await;
    let report = account.ask(&function, SWEEP).await;
    assert_eq!((&report["outcome"], &report["counts"]["patches"]["worse"]), (&json!("applied"), &json!(1)), "{report}");
    let received = account.sqs.receive_message().queue_url(&queue).wait_time_seconds(20).send().await.unwrap();
    let [message] = received.messages() else { panic!("one message in time, not {received:?}") };
    let told: Value = serde_json::from_str(message.body().unwrap()).unwrap();
    let text = account.scene.with_sample_ids(told["Message"].as_str().unwrap());
    let expected = "1 thing got worse: i-0123456789abcdef0: openssl.x86_64 is missing (Critical, Security). Of 1 instance, 0 are compliant and 0 are unknown.";
    assert!(text.starts_with("\"111122223333 in eu-west-1, ") && text.contains(expected), "{text}");
    let again = account.ask(&function, SWEEP).await;
    assert_eq!((&again["outcome"], &again["steps"]), (&json!("unchanged"), &json!([])), "{again}");
    let kept = account.scene.world.dynamodb.scan().table_name(TABLE).send().await.unwrap();
    assert!(kept.count() > 3, "{kept:?}");
    account.delete_stacks().await;
    assert_eq!(account.events.list_rules().send().await.unwrap().rules(), []);
}
