//! Messages: what each is about goes with it through the queue, and each is traced by itself.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::MessageSystemAttributeName;
use local_aws::lambda_api::{LambdaApi, Outcome};
use serde_json::{Value, json};
use trace::Document;

use crate::functions::receive_webhook;
use crate::promises::binary::{INVOCATION, environment, respond, start_function};
use crate::world::World;
use crate::world::daemon::{SAMPLED, TRACE, XrayDaemon};
use crate::world::scene::Scene as _;

const UPSTREAM: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

fn lines(output: &str) -> Vec<Value> {
    output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[tokio::test]
async fn each_message_of_a_batch_has_a_subsegment_that_links_to_what_sent_it() {
    let (world, daemon) = (World::new().await, XrayDaemon::start());
    let mut environment: BTreeMap<_, _> = daemon.beside(environment(&world));
    environment.insert("TRIAL_ENTRY_POINT".into(), "batch".into());
    let (api, function) = start_function("trial", &environment).await;
    api.set_trace_header(SAMPLED);
    let message = |id: &str, does: &str, attributes: Value, said: Value| {
        let body = json!({"id": format!("event-{id}"), "does": does}).to_string();
        json!({"messageId": id, "body": body, "attributes": attributes, "messageAttributes": said})
    };
    let said = json!({"correlation_id": {"stringValue": "the-request", "dataType": "String"}});
    let batch = json!({"Records": [
        message("one", "apply", json!({"AWSTraceHeader": UPSTREAM}), said),
        message("two", "panic", json!({"AWSTraceHeader": SAMPLED}), json!({})),
        message("three", "apply", json!({}), json!({})),
    ]});
    respond(&api, &batch.to_string()).await;
    // They go side by side: whichever ends first is sent first.
    let mut documents = daemon.documents();
    let about = |it: &Document| it.annotations["correlation_id"].as_str().unwrap().to_owned();
    documents.sort_by_key(about);
    let told: Vec<_> = documents
        .iter()
        .map(|it| (it.annotations["correlation_id"].as_str().unwrap(), it.links.len(), it.fault))
        .collect();
    assert_eq!(told, [("event-three", 0, false), ("event-two", 0, true), ("the-request", 1, false)]);
    assert!(documents.iter().all(|it| it.trace_id.as_deref() == Some(TRACE) && it.kind.is_some()));
    assert_eq!(documents[2].links[0].trace_id, "1-5759e988-bd862e3fe1be46a994272793");
    let output = function.end().await.unwrap();
    let of = |id: &str| lines(&output).into_iter().filter(|line| line["correlation_id"] == id).collect::<Vec<_>>();
    assert_eq!(of("the-request").len(), 2, "a line of the log and one of metrics: {output}");
    let panicked = of("event-two")
        .into_iter()
        .filter(|line| line["message"].as_str().is_some_and(|it| it.contains("panicked at")));
    assert_eq!(panicked.count(), 1, "where it panicked is told with its id: {output}");
}

/// The message in the queue, with all that SQS says of it.
async fn received(scene: &receive_webhook::Scene) -> aws_sdk_sqs::types::Message {
    let sqs = aws_sdk_sqs::Client::new(scene.world.sessions.config());
    let receive = sqs.receive_message().queue_url(&scene.queue).message_attribute_names("All");
    let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
    receive.send().await.unwrap().messages.unwrap().remove(0)
}

async fn hear(scene: &receive_webhook::Scene, daemon: Option<&XrayDaemon>) -> (LambdaApi, String) {
    let mut environment = environment(&scene.world);
    environment.extend(scene.variables());
    let environment = daemon.map_or(environment.clone(), |daemon| daemon.beside(environment));
    let (api, function) = start_function("receive-webhook", &environment).await;
    api.set_trace_header(SAMPLED);
    let Outcome::Response(_) = api.invoke(scene.event().to_owned(), INVOCATION).await else { panic!("no answer") };
    (api, function.end().await.unwrap())
}

#[tokio::test]
async fn what_a_request_asks_for_by_a_message_has_the_requests_id_and_its_trace() {
    let scene = receive_webhook::Scene::set_up(&(), "a-branch-was-pushed-at-github").await;
    let daemon = XrayDaemon::start();
    let (_api, output) = hear(&scene, Some(&daemon)).await;
    let message = received(&scene).await;
    let id = message.message_attributes.unwrap()["correlation_id"].string_value.clone().unwrap();
    let of_id = lines(&output).into_iter().filter(|line| line["correlation_id"] == id);
    assert_eq!(of_id.count(), 2, "{id}: {output}");
    let header = message.attributes.unwrap()[&MessageSystemAttributeName::AwsTraceHeader].clone();
    let documents = daemon.documents();
    let apply = documents[0].subsegments.iter().find(|it| it.name.starts_with("apply ")).unwrap();
    assert_eq!(header, format!("Root={TRACE};Parent={};Sampled=1", apply.id));
    let phases: Vec<_> = documents[0].subsegments.iter().map(|it| it.name.split(' ').next().unwrap()).collect();
    assert_eq!(phases, ["admit", "observe", "plan", "apply"], "it claims nothing");
}

#[tokio::test]
async fn without_a_daemon_a_message_has_the_id_and_no_trace() {
    let scene = receive_webhook::Scene::set_up(&(), "a-branch-was-pushed-at-github").await;
    hear(&scene, None).await;
    let message = received(&scene).await;
    assert!(message.message_attributes.unwrap().contains_key("correlation_id"));
    assert!(!message.attributes.unwrap().contains_key(&MessageSystemAttributeName::AwsTraceHeader));
}
