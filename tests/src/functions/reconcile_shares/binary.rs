//! The compiled sweep behind a Lambda Runtime API.

use expect_test::expect;
use local_aws::lambda_api::Outcome;
use serde_json::{Value, json};

use super::{Given, SWEEP, Scene};
use crate::promises::binary::{INVOCATION, environment, respond, start_function};
use crate::templates::assert_alarm_sounds;
use crate::world::scene::Scene as _;

#[tokio::test]
async fn it_answers_with_its_report_and_counts_in_metrics() {
    let scene = Scene::set_up(&Given::Parameter, "the-manifest-parameter-was-updated").await;
    let mut environment = environment(&scene.world);
    environment.insert("SIGNALBOX_MANIFEST".into(), "ssm:/share".into());
    let (api, function) = start_function("reconcile-shares", &environment).await;
    let answer = respond(&api, scene.event()).await;
    expect![[r#"{"correlation_id":"6a7e4feb-b491-4cf7-a9f1-bf3703467718","counts":{"ami":{"added":0,"expired":0,"foreign":0,"missed_events":0,"removed":2,"unchanged":0},"ebs":{"added":0,"expired":0,"foreign":0,"missed_events":0,"removed":2,"unchanged":0}},"function":"reconcile-shares","key":"111122223333/eu-west-1/ssm:/share/6a7e4feb-b491-4cf7-a9f1-bf3703467718","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"share ami-base in eu-west-1: -123456789012 -444455556666; snap-base: -123456789012 -444455556666"}]}"#]]
    .assert_eq(&scene.with_sample_ids(&answer.to_string()));
    let Outcome::Error(poison) = api.invoke("[]", INVOCATION).await else { panic!("poison is no error") };
    assert!(poison.to_string().contains("neither an event"), "{poison}");
    assert_eq!(respond(&api, SWEEP).await["outcome"], "unchanged");
    let output = function.end().await.unwrap();
    let lines: Vec<Value> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let metrics: Vec<_> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
    assert_eq!((&metrics[0]["RemovedCount"], &metrics[0]["Applied"]), (&json!(4), &json!(1)), "{output}");
    assert_alarm_sounds("reconcile-shares", "Refused", &output);
}
