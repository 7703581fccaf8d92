//! The compiled function behind the Runtime API: what senders hear, and what the log says.

use expect_test::expect;
use serde_json::{Value, json};

use super::{SECRET, Scene};
use crate::promises::binary::{environment, respond, start_function};
use crate::templates::{Template, assert_alarm_sounds};
use crate::world::scene::{Scene as _, read_sample};

fn sample(name: &str) -> Value {
    serde_json::from_str(&read_sample("receive-webhook", name)).unwrap()
}

/// The answer of a status, which is the same for every reason.
fn answer(status: u16) -> Value {
    json!({"statusCode": status, "headers": {"content-type": "text/plain"}, "body": ""})
}

/// Requests, with the status that each is answered by.
fn requests() -> Vec<(u16, Value)> {
    let pushed = sample("a-branch-was-pushed-at-github");
    let with = |pointer: &str, value: Value| {
        let mut changed = pushed.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let mut unsigned = pushed.clone();
    unsigned["headers"].as_object_mut().unwrap().remove("x-hub-signature-256");
    let mut twice = pushed.clone();
    twice["headers"]["X-Hub-Signature-256"] = pushed["headers"]["x-hub-signature-256"].clone();
    vec![
        (202, pushed.clone()),
        (202, pushed.clone()),
        (202, sample("a-branch-was-pushed-by-force-at-github")),
        (202, sample("github-asks-whether-it-is-heard")),
        (202, sample("a-push-is-of-a-repository-that-is-not-configured")),
        (401, sample("a-path-is-of-no-hook")),
        (401, sample("a-signature-is-of-another-secret")),
        (401, unsigned),
        (401, twice),
        (401, with("/body", json!("{}"))),
        (401, with("/requestContext/http/method", json!("GET"))),
        (401, with("/rawPath", json!("/github/"))),
        (401, with("/rawPath", json!("/gitea"))),
        (400, sample("a-signed-body-is-of-another-forge")),
    ]
}

#[tokio::test]
async fn the_compiled_function_answers_and_never_says_why() {
    let scene = Scene::set_up(&(), "a-branch-was-pushed-at-github").await;
    let mut environment = environment(&scene.world);
    environment.remove("SIGNALBOX_LEDGER_TABLE");
    environment.extend(scene.variables());
    let (api, function) = start_function("receive-webhook", &environment).await;
    for (status, event) in requests() {
        assert_eq!(respond(&api, &event.to_string()).await, answer(status), "{event:#}");
    }
    let before = scene.world.calls();
    assert_eq!(respond(&api, &sample("a-branch-was-pushed-at-github").to_string()).await, answer(202));
    assert_eq!(scene.world.operations_since(before), ["sqs:SendMessage"], "a warm function makes one call");
    assert_eq!(scene.messages().await.len(), 2, "two deliveries, one of them three times");
    let output = function.end().await.unwrap();
    assert_logged(&output);
}

/// A line for each request that was admitted; rejections of one reason have one.
fn assert_logged(output: &str) {
    let lines: Vec<Value> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let said = lines.iter().filter(|line| line.get("report").is_some()).map(|line| line["message"].as_str().unwrap());
    let mut said: Vec<_> = said.collect();
    said.dedup();
    expect![[r#"
        applied
        an event `ping`, which is not a push: the forge tries whether it is heard
        the repository 1296270 (acme/another) is not among those of /github
        a request was not admitted: no hook has its path (it said `POST /gitbuh`)
        a request was not admitted: /github: its signature is not by the secret, or what was signed was changed (it said `POST /github`)
        a request was not admitted: /github: it has no signature of the forge that the path is configured for (it said `POST /github`)
        a request was not admitted: /github: its method is not POST (it said `GET /github`)
        a request was not admitted: /gitea: it has no signature of the forge that the path is configured for (it said `POST /gitea`)
        the body is not what the forge sends: a field is missing, of another type, or there twice, at line 1, column 117; see that the path is configured for the forge that sends to it
        applied"#]].assert_eq(&said.join("\n"));
    for secret in [SECRET, "jane@example.com", "sha256=757107", "https://github.com/acme"] {
        assert!(!output.contains(secret), "{secret}: {output}");
    }
    assert_alarm_sounds("receive-webhook", "Refused", output);
    let rejected = lines.iter().filter_map(|line| line["RejectedCount"].as_u64());
    assert!(rejected.sum::<u64>() >= 4, "{output}");
    let template = Template::read("receive-webhook");
    let watched = template.resources("AWS::CloudWatch::Alarm").into_iter();
    assert!(watched.filter(|(_, it)| it["MetricName"] == "RejectedCount").count() == 1);
}

/// A function without hooks has a URL already, which forges can be told.
#[tokio::test]
async fn without_hooks_every_request_is_rejected() {
    let scene = Scene::set_up(&(), "a-branch-was-pushed-at-github").await;
    let mut environment = environment(&scene.world);
    environment.insert("SIGNALBOX_QUEUE".into(), scene.queue.clone());
    let (api, _function) = start_function("receive-webhook", &environment).await;
    assert_eq!(respond(&api, scene.event()).await, answer(401));
}

#[tokio::test]
async fn a_queue_that_is_gone_is_answered_503_and_sounds_the_alarm() {
    let scene = Scene::set_up(&(), "a-branch-was-pushed-at-github").await;
    let mut environment = environment(&scene.world);
    environment.extend(scene.variables());
    let gone = scene.queue.replace("mirror-repository", "gone");
    environment.insert("SIGNALBOX_QUEUE".into(), gone);
    let (api, function) = start_function("receive-webhook", &environment).await;
    assert_eq!(respond(&api, scene.event()).await, answer(503));
    assert_alarm_sounds("receive-webhook", "Failed", &function.end().await.unwrap());
}
