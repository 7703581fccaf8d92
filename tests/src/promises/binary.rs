//! The Lambda function itself: the compiled binary behind a Lambda Runtime API.

use std::collections::BTreeMap;
use std::time::Duration;

use expect_test::{Expect, expect};
use local_aws::lambda_api::{Function, LambdaApi, Outcome};
use serde_json::{Value, json};

use crate::functions::share_ami::{GIVEN, Scene};
use crate::templates::assert_alarm_sounds;
use crate::world::built::binary;
use crate::world::scene;
use crate::world::{AWS, LEDGER, REGION, World};

/// Far more than an invocation takes, so that nothing depends on the machine's mood.
pub const INVOCATION: Duration = Duration::from_secs(30);

/// What the samples' manifests name.
const NAMED: &str = "111122223333,123456789012,222233334444,333344445555,444455556666,555566667777,987654321098";

/// What every function is told.
pub fn environment(world: &World) -> BTreeMap<String, String> {
    let manifest = format!("s3://{}/share.json", world.bucket());
    let pairs = [
        ("AWS_ENDPOINT_URL", AWS.endpoint()),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", &world.account),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("SIGNALBOX_MANIFEST", &manifest),
        ("SIGNALBOX_ALLOWED_ACCOUNTS", NAMED),
        ("SIGNALBOX_LEDGER_TABLE", LEDGER),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// `share-ami`, running with this environment.
async fn start(environment: &BTreeMap<String, String>) -> (LambdaApi, Function) {
    start_function("share-ami", environment).await
}

/// The function of this name, running with this environment.
pub async fn start_function(name: &str, environment: &BTreeMap<String, String>) -> (LambdaApi, Function) {
    let account = &environment["AWS_ACCESS_KEY_ID"];
    let arn = format!("arn:aws:lambda:{REGION}:{account}:function:{name}");
    let api = LambdaApi::start(&arn).await.unwrap();
    let function = Function::spawn(&binary(name), environment, &api).unwrap();
    (api, function)
}

/// What the function answers to an event; an error of the function is none.
pub async fn respond(api: &LambdaApi, event: &str) -> Value {
    match api.invoke(event, INVOCATION).await {
        Outcome::Response(body) => serde_json::from_slice(&body).unwrap(),
        other => panic!("expected a response, got {other:?}"),
    }
}

#[tokio::test]
async fn the_answer_is_the_report_and_the_log_has_one_line_of_it() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let (api, function) = start(&environment(&scene.world)).await;
    let answer = respond(&api, &scene.event).await;
    let told = scene.with_sample_ids(&answer.to_string());
    expect![[r#"{"correlation_id":"5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60","function":"share-ami","key":"111122223333/eu-west-1/ami-0123456789abcdef0/available/7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01","notes":[],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098"}]}"#]].assert_eq(&told);
    assert!(scene.picture().await.starts_with("image: 123456789012, 987654321098\n"));
    assert_eq!(respond(&api, &scene.event).await["outcome"], "repeated");
    let output = function.end().await.unwrap();
    let lines: Vec<Value> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let logged: Vec<_> = lines.iter().filter(|line| line.get("level").is_some()).collect();
    assert_eq!(logged.len(), 2, "{output}");
    for field in ["timestamp", "message", "function_name", "function_request_id", "correlation_id", "outcome", "report"]
    {
        assert!(logged[0].get(field).is_some(), "{field}: {output}");
    }
    assert_eq!((&logged[0]["service"], &logged[0]["level"]), (&json!("share-ami"), &json!("INFO")));
    assert_eq!((&logged[0]["cold_start"], &logged[1]["cold_start"]), (&json!(true), &json!(false)));
    let counted: Vec<_> = lines.iter().filter(|line| line.get("_aws").is_some()).collect();
    assert_eq!((&counted[0]["Applied"], &counted[1]["Repeated"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn poison_is_an_error_and_the_function_lives_on() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let (api, function) = start(&environment(&scene.world)).await;
    let event: Value = serde_json::from_str(&scene.event).unwrap();
    let with = |field: &str, value: Value| {
        let mut event = event.clone();
        event[field] = value;
        event.to_string()
    };
    let without_detail = {
        let mut event = event.clone();
        event.as_object_mut().unwrap().remove("detail");
        event.to_string()
    };
    let large = with("detail", json!("x".repeat(250_000)));
    let poison =
        ["{", "[]", "null", "7", &with("detail", json!("text")), &with("detail", json!(null)), &without_detail, &large];
    for event in poison {
        let Outcome::Error(error) = api.invoke(event, INVOCATION).await else { panic!("{event:.60} is no error") };
        assert!(error.to_string().len() < 1_500, "{event:.60}: {error:.200}");
    }
    let imitation = with("source", json!("custom.aws.ec2"));
    assert_eq!(respond(&api, &imitation).await["outcome"], "ignored");
    assert_eq!(respond(&api, &with("resources", json!(null))).await["outcome"], "applied");
    let output = function.end().await.unwrap();
    assert!(!output.contains("panicked"), "{output}");
    assert!(!output.contains(&"x".repeat(400)), "an event in the log");
}

#[tokio::test]
async fn a_failure_is_the_functions_error_with_the_report_in_it() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let mut environment = environment(&scene.world);
    environment.insert("SIGNALBOX_LEDGER_TABLE".into(), "no-such-table".into());
    let (api, _function) = start(&environment).await;
    let Outcome::Error(error) = api.invoke(scene.event.clone(), INVOCATION).await else { panic!("no error") };
    assert_eq!(error["errorType"], "Signalbox.Failed");
    let report: Value = serde_json::from_str(error["errorMessage"].as_str().unwrap()).unwrap();
    assert_eq!(report["outcome"], "failed");
    assert!(report["reason"].as_str().unwrap().contains("no-such-table"), "{report}");
    assert!(scene.picture().await.starts_with("image: no account\n"));
}

#[tokio::test]
async fn a_refusal_is_an_answer_since_trying_again_would_not_help() {
    let scene = Scene::set_up(&GIVEN, "an-event-came-from-another-account").await;
    let (api, function) = start(&environment(&scene.world)).await;
    assert_eq!(respond(&api, &scene.event).await["outcome"], "refused");
    let output = function.end().await.unwrap();
    assert!(output.contains("\"Refused\":1") && output.contains("\"level\":\"ERROR\""), "{output}");
    assert_alarm_sounds("share-ami", "Refused", &output);
}

#[tokio::test]
async fn in_plan_mode_nothing_is_changed_and_nothing_claimed() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let mut environment = environment(&scene.world);
    environment.insert("SIGNALBOX_MODE".into(), "plan".into());
    let (api, _function) = start(&environment).await;
    let calls = scene.world.calls();
    assert_eq!(respond(&api, &scene.event).await["outcome"], "planned");
    let calls = scene.world.operations_since(calls);
    assert!(calls.iter().all(|call| !call.starts_with("dynamodb:") && !call.contains("Modify")), "{calls:?}");
    assert!(scene.picture().await.starts_with("image: no account\n"));
}

#[tokio::test]
async fn a_setting_that_is_wrong_ends_init_and_is_named() {
    let world = World::new().await;
    for (name, value) in [
        ("SIGNALBOX_MANIFEST", ""),
        ("SIGNALBOX_MANIFEST", "http://x/y"),
        ("SIGNALBOX_LEDGER_TABLE", ""),
        ("SIGNALBOX_MODE", "dry"),
        ("SIGNALBOX_ALLOWED_ACCOUNTS", ""),
        ("SIGNALBOX_ALLOWED_ACCOUNTS", "12"),
        ("SIGNALBOX_MANIFEST_ACCOUNT", "12"),
        ("AWS_CA_BUNDLE", "/no/such/file"),
        ("AWS_REGION", ""),
    ] {
        let mut environment = environment(&world);
        environment.insert(name.into(), value.into());
        let (_api, mut function) = start(&environment).await;
        assert!(!function.wait().await.unwrap().success(), "{name}={value}");
        assert!(function.output().contains(name), "{name}={value}: {}", function.output());
    }
}

#[tokio::test]
async fn the_manifest_is_sent_once_and_then_only_when_it_changed() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let (api, _function) = start(&environment(&scene.world)).await;
    let gets = |scene: &Scene| {
        let calls = AWS.calls(&scene.world.account).into_iter();
        calls.filter(|call| call.operation == "GetObject").filter_map(|call| call.status).collect::<Vec<_>>()
    };
    let again = |occurrence: &str| scene.event.replace("7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01", occurrence);
    assert_eq!(respond(&api, &scene.event).await["outcome"], "applied");
    assert_eq!(respond(&api, &again("second")).await["outcome"], "unchanged");
    scene.world.put_manifest(r#"{"ami": {"base_": {"eu-west-1": []}}}"#).await;
    assert_eq!(respond(&api, &again("third")).await["outcome"], "applied");
    assert_eq!(gets(&scene), [200, 304, 200]);
    assert!(scene.picture().await.starts_with("image: no account\n"));
}

#[tokio::test]
async fn init_opens_connections_and_calls_nothing() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let before = scene.world.calls();
    let (api, _function) = start(&environment(&scene.world)).await;
    assert_eq!(respond(&api, &scene.event).await["outcome"], "applied");
    let calls = scene.world.operations_since(before);
    assert_eq!(calls.len(), 8, "only what the event needs is called: {calls:?}");
    let unsigned = AWS.calls(local_aws::DEFAULT_ACCOUNT);
    assert!(unsigned.iter().any(|call| call.path == "/"), "what opens a connection is unsigned: {unsigned:?}");
}

/// An answer, in which the id of a request is the same each time: it is the correlation id where the event has none.
pub fn with_fixed_request(answer: &Value) -> String {
    let id = answer["correlation_id"].as_str().unwrap_or_default();
    let text = answer.to_string();
    if id.starts_with("00000000-0000-4000-8000-") { text.replace(id, "a-request") } else { text }
}

/// The answer is the report, poison is an error, the function lives on, and the second delivery has this outcome.
pub async fn answer_in<S: scene::Scene>(
    scene: &S,
    settings: impl Iterator<Item = (String, String)>,
    expected: Expect,
    then: &str,
) {
    let mut environment = environment(scene.world());
    environment.extend(settings);
    let (api, function) = start_function(S::FUNCTION, &environment).await;
    let mut poison: Value = serde_json::from_str(scene.event()).unwrap();
    poison["detail"] = json!("x".repeat(250_000));
    let Outcome::Error(error) = api.invoke(poison.to_string(), INVOCATION).await else { panic!("poison is no error") };
    assert!(error.to_string().len() < 1_500, "{error:.200}");
    let answer = respond(&api, scene.event()).await;
    expected.assert_eq(&scene.with_sample_ids(&with_fixed_request(&answer)));
    assert_eq!(respond(&api, scene.event()).await["outcome"], then);
    let output = function.end().await.unwrap();
    let lines: Vec<Value> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let services: Vec<_> = lines.iter().filter(|line| line.get("report").is_some()).map(|it| &it["service"]).collect();
    assert_eq!(services, [S::FUNCTION; 3], "{output}");
    assert!(!output.contains("panicked") && !output.contains(&"x".repeat(400)), "{output:.2000}");
    assert_alarm_sounds(S::FUNCTION, "Refused", &output);
}
