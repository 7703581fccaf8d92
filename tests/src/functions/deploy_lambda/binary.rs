//! The compiled function: behind the Runtime API, and deployed with its role and the role in the target account.

use local_aws::JobState;
use local_aws::lambda_api::{Function, LambdaApi, Outcome};
use serde_json::{Value, json};

use super::{GIVEN, ORDERS, Scene};
use crate::promises::binary::{INVOCATION, environment, start_function};
use crate::templates::assert_alarm_sounds;
use crate::templates::deployed::DeployedAccount;
use crate::world::DEPLOYMENTS;
use crate::world::roles::{EXTERNAL_ID, make_member};
use crate::world::scene::Scene as _;

/// What a job's credentials hold, which no log may have.
const SECRET: &str = "a-secret-of-the-pipeline";

/// Goes on with the deployment as long as its jobs come again.
async fn until_answered(scene: &Scene, mut hear: impl AsyncFnMut(String) -> Value) -> Value {
    let mut last = Value::Null;
    for _ in 0..200 {
        let report = hear(scene.event_of_job()).await;
        let Some(JobState::Continued(token)) = scene.state() else { return report };
        *scene.token.lock().unwrap() = Some(token);
        scene.open_job();
        last = report;
    }
    panic!("it goes on and on: {last}");
}

/// The function of a scene, which may deploy these functions in its target account, and says all that it can say.
async fn start(scene: &Scene, functions: &str) -> (LambdaApi, Function) {
    let mut environment = environment(&scene.world);
    let bucket = scene.code_bucket();
    let own = [
        ("SIGNALBOX_DEPLOYMENTS_TABLE", DEPLOYMENTS),
        ("SIGNALBOX_CODE_BUCKET", bucket.as_str()),
        ("SIGNALBOX_DEPLOY_FUNCTIONS", functions),
        ("SIGNALBOX_ACCOUNTS", scene.member.account.as_str()),
        ("SIGNALBOX_MEMBER_ROLE", "signalbox-deploy-lambda"),
    ];
    environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    environment.insert("AWS_LAMBDA_LOG_LEVEL".into(), "TRACE".into());
    start_function("deploy-lambda", &environment).await
}

#[tokio::test]
async fn the_compiled_function_delivers_round_by_round() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let (api, function) = start(&scene, ORDERS).await;
    let report = until_answered(&scene, async |event| {
        let event = event.replace("\"example\"", &json!(SECRET).to_string());
        match api.invoke(event.as_str(), INVOCATION).await {
            Outcome::Response(body) => serde_json::from_slice::<Value>(&body).unwrap(),
            other => panic!("expected a response, got {other:?}"),
        }
    })
    .await;
    assert_eq!(report["outcome"], "applied", "{report}");
    assert!(scene.picture().await.starts_with("orders:live answers \"new\" by version 2"));
    let output = function.end().await.unwrap();
    // Neither the job's credentials, nor those of a session, nor the address under which Lambda shows code to who has it.
    for secret in [SECRET, "ASIA", "SessionToken", "X-Amz-Signature", "X-Amz-Credential"] {
        assert!(!output.contains(secret), "{secret}: {output}");
    }
    assert!(output.contains("deploy-lambda"), "it has a log");
    // A round that waits for the next one is no failure, which an alarm would tell of.
    assert!(output.contains("\"Applied\":1") && output.contains("\"Later\":1"), "{output}");
    assert!(!output.contains("\"Failed\":1"), "{output}");
}

/// What the settings do not let a pipeline deploy is refused, at the first job.
#[tokio::test]
async fn a_deployment_of_another_function_sets_off_the_alarm_on_refusals() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let (api, function) = start(&scene, "invoices").await;
    api.invoke(scene.event_of_job(), INVOCATION).await;
    assert!(matches!(scene.state(), Some(JobState::Failed(..))), "{:?}", scene.state());
    assert_alarm_sounds("deploy-lambda", "Refused", &function.end().await.unwrap());
}

/// IAM judges each call: the function's by its own role, and those in the target account by the role there and the session's policy.
#[tokio::test]
async fn deployed_it_delivers_by_its_roles() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let account = DeployedAccount::of(scene, &[("ExternalId", EXTERNAL_ID)]).await;
    let scene = &account.scene;
    let organization = scene.parameters().into_iter().find(|(name, _)| name == "OrganizationId").unwrap().1;
    let bucket = scene.code_bucket();
    let given = [
        ("HubRoleArn", account.outputs["RoleArn"].as_str()),
        ("OrganizationId", &organization),
        ("FunctionNames", ORDERS),
        ("DeliveryBucket", &bucket),
    ];
    make_member(&scene.member, &scene.world.account, "deploy-lambda", &given, |_| {}).await;
    let report = until_answered(scene, async |event| account.ask(&account.outputs["FunctionArn"], &event).await).await;
    assert_eq!(report["outcome"], "applied", "{report}");
    assert!(scene.picture().await.starts_with("orders:live answers \"new\" by version 2"));
    account.delete_stacks().await;
}
