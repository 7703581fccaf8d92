//! A policy with very many findings: the answer, the ledger and the log each have as much of the verdict as they take, and the log has all.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use local_aws::JobState;
use local_aws::lambda_api::Outcome;
use reaction::{Finding, Report, Severity};
use serde_json::Value;

use super::binary::environment_of;
use super::{GIVEN, METADATA, Scene, zip_of};
use crate::promises::binary::{INVOCATION, start_function};
use crate::world::LEDGER;
use crate::world::scene::Scene as _;

/// 15,000 actions that AWS does not have, a warning each; and after them one that refuses.
const UNKNOWN: usize = 15_000;

/// With what is found beside them: everything on everything, and the size.
const ALL: usize = UNKNOWN + 2;

fn policy() -> String {
    let actions: Vec<_> = (0..UNKNOWN).map(|it| format!(r#""s3:x{it:05}""#)).collect();
    let all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let many = actions.join(",");
    let many = format!(r#"{{"Effect": "Allow", "Action": [{many}], "Resource": "arn:aws:s3:::com-example-data/*"}}"#);
    format!(r#"{{"Version": "2012-10-17", "Statement": [{many}, {all}]}}"#)
}

/// The lines of a log that are JSON.
fn lines(output: &str) -> Vec<(usize, Value)> {
    output.lines().filter_map(|line| Some((line.len(), serde_json::from_str(line).ok()?))).collect()
}

/// The bytes of an item, as DynamoDB counts them: its names and its values.
fn bytes(item: &std::collections::HashMap<String, AttributeValue>) -> usize {
    let of = |it: &AttributeValue| match it {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        other => panic!("{other:?}"),
    };
    item.iter().map(|(name, value)| name.len() + of(value)).sum()
}

#[tokio::test]
async fn a_verdict_of_15_000_findings_is_answered_recorded_and_logged() {
    let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
    scene.send(&zip_of(&[("policy.json", policy().as_bytes()), ("metadata.json", METADATA.as_bytes())])).await;
    let (api, function) = start_function("check-policy", &environment_of(&scene)).await;
    let Outcome::Response(answer) = api.invoke(scene.event(), INVOCATION).await else { panic!("no answer") };
    // Lambda calls a longer answer an error, and invokes the function again.
    assert!(answer.len() < 6_000_000, "{}", answer.len());
    let Some(JobState::Failed(_, message)) = scene.state() else { panic!("{:?}", scene.state()) };
    assert!(message.starts_with("Policy creation request rejected: * permissions not allowed"), "{message:.200}");
    assert_recorded(&scene).await;
    assert_logged(&function.end().await.unwrap());
}

/// The ledger has the worst of them, and says how many it does not have.
async fn assert_recorded(scene: &Scene) {
    let items = scene.world.dynamodb.scan().table_name(LEDGER).send().await.unwrap().items.unwrap();
    let [item] = &items[..] else { panic!("{} items", items.len()) };
    assert!(bytes(item) < 400 * 1024, "{}", bytes(item));
    let kept: Report = serde_json::from_str(item["data"].as_s().unwrap()).unwrap();
    assert!(kept.findings.len() > 500, "{}", kept.findings.len());
    let errors = |of: &[Finding]| of.iter().filter(|it| it.severity == Severity::Error).count();
    assert_eq!(errors(&kept.findings), 2);
    assert!(kept.findings[..2].iter().all(|it| it.severity == Severity::Error), "the worst come first");
    let note = format!("{} of {ALL} findings are not kept here", ALL - kept.findings.len());
    assert!(kept.notes.last().unwrap().starts_with(&note), "{:?}", kept.notes);
}

/// The log has each of them once, in lines that are passed on whole.
fn assert_logged(output: &str) {
    let lines = lines(output);
    assert!(lines.iter().all(|(bytes, _)| *bytes < 256 * 1024), "a line is longer than Lambda passes on");
    let first: Vec<_> = lines.iter().filter_map(|it| it.1.get("report")).collect();
    let rest = lines.iter().filter_map(|it| it.1.get("rest"));
    assert_eq!(first.len(), 1, "one line says what happened");
    let read = |it: &Value| serde_json::from_str::<Report>(it.as_str().unwrap()).unwrap().findings;
    let logged: Vec<_> = first.iter().copied().chain(rest).flat_map(read).collect();
    assert_eq!(logged.len(), ALL);
    assert_eq!(logged.iter().map(|it| &it.path).collect::<BTreeSet<_>>().len(), ALL, "each of them once");
}
