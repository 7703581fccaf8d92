//! The compiled function: behind the Runtime API, and deployed with its role and the role in the pipeline's account.

use std::collections::BTreeMap;

use expect_test::expect;
use local_aws::JobState;
use local_aws::lambda_api::Outcome;
use serde_json::{Value, json};

use super::{GIVEN, Given, READERS, Scene};
use crate::promises::binary::{INVOCATION, environment, start_function};
use crate::templates::assert_alarm_sounds;
use crate::templates::deployed::DeployedAccount;
use crate::world::roles::{EXTERNAL_ID, make_member};
use crate::world::scene::Scene as _;
use crate::world::{AUDIT, GRANTS};

/// What a job's credentials hold, which no log may have.
const SECRET: &str = "a-secret-of-the-pipeline";

/// What the compiled function is told.
pub fn environment_of(scene: &Scene) -> BTreeMap<String, String> {
    let mut environment = environment(&scene.world);
    let own = [
        ("SIGNALBOX_GRANTS_TABLE", GRANTS),
        ("SIGNALBOX_AUDIT_TABLE", AUDIT),
        ("SIGNALBOX_ACCOUNTS", scene.requester.account.as_str()),
        ("SIGNALBOX_MEMBER_ROLE", "central-account-role"),
        ("SIGNALBOX_POLICY_TAGS", "team"),
    ];
    environment.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    environment
}

#[tokio::test]
async fn the_compiled_function_answers_the_pipeline() {
    let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
    let (api, function) = start_function("check-policy", &environment_of(&scene)).await;
    let event = scene.event().replace("\"example\"", &json!(SECRET).to_string());
    let respond = async |event: &str| match api.invoke(event, INVOCATION).await {
        Outcome::Response(body) => serde_json::from_slice::<Value>(&body).unwrap(),
        other => panic!("expected a response, got {other:?}"),
    };
    let report = respond(&event).await;
    expect![[r#"{"correlation_id":"11111111-abcd-1111-abcd-111111abcdef","function":"check-policy","key":"222233334444/11111111-abcd-1111-abcd-111111abcdef","notes":["the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers","judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)"],"outcome":"applied","reason":null,"steps":[{"error":null,"step":"make arn:aws:iam::222233334444:policy/signalbox/data-readers (298 characters)"}]}"#]].assert_eq(&scene.with_sample_ids(&report.to_string()));
    let answered = scene.state();
    assert!(
        matches!(&answered, Some(JobState::Succeeded(summary)) if summary.contains(":policy/signalbox/data-readers; judged as type identity "))
    );
    assert_eq!(respond(&event).await["outcome"], "unchanged", "a job that is delivered again");
    assert_eq!(scene.state(), answered, "is answered once");
    scene.send(b"this is not a zip").await;
    scene.open_job();
    let event = event.replace("11111111-abcd", &scene.job()[..13]);
    assert_eq!(respond(&event).await["outcome"], "refused");
    let Some(JobState::Failed(kind, message)) = scene.state() else { panic!("{:?}", scene.state()) };
    assert_eq!(kind, "ConfigurationError");
    assert!(
        message.starts_with("Policy creation request rejected: artifact Policy ") && message.contains("not a zip"),
        "{message}"
    );
    let output = function.end().await.unwrap();
    assert!(!output.contains(SECRET), "{output}");
    assert_alarm_sounds("check-policy", "Refused", &output);
}

/// The function deployed, and in the pipeline's account the role that it enters.
pub async fn deployed() -> DeployedAccount<Scene> {
    let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
    let account = DeployedAccount::of(scene, &[("ExternalId", EXTERNAL_ID)]).await;
    let scene = &account.scene;
    let organization = scene.parameters().into_iter().find(|(name, _)| name == "OrganizationId").unwrap().1;
    let given = [("HubRoleArn", account.outputs["RoleArn"].as_str()), ("OrganizationId", &organization)];
    make_member(&scene.requester, &scene.world.account, "check-policy", &given, |_| {}).await;
    account
}

/// IAM judges each call: the function's by its own role, and those in the pipeline's account by the role there and the session's policy.
#[tokio::test]
async fn deployed_it_makes_the_policy_by_its_roles() {
    let account = deployed().await;
    let scene = &account.scene;
    let report = account.ask(&account.outputs["FunctionArn"], scene.event()).await;
    assert_eq!(report["outcome"], "applied", "{report}");
    let made = scene.picture().await;
    assert!(made.starts_with("signalbox/data-readers: v1 sha256:") && made.contains("the job succeeded: "), "{made}");
    let again = account.ask(&account.outputs["FunctionArn"], scene.event()).await;
    assert_eq!(again["outcome"], "unchanged", "{again}");
    assert_eq!(scene.picture().await, made);
    let Given { sent, .. } = Given { sent: super::WRITERS, ..GIVEN };
    scene.send(&sent.zip()).await;
    scene.open_job();
    let report = account.ask(&account.outputs["FunctionArn"], &scene.event_of_job()).await;
    assert_eq!(report["outcome"], "applied", "{report}");
    scene.send(&READERS.zip()).await;
    account.delete_stacks().await;
}

/// The role in the pipeline's account lets the function do what its sessions are for, and nothing else.
#[test]
fn the_role_of_the_pipelines_account_allows_policies_below_the_path_and_answers() {
    let template = crate::templates::Template::of_members("check-policy");
    let (_, role) = template.resources("AWS::IAM::Role")[0];
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let said: Vec<_> = statements.iter().map(|it| json!([it["Action"], it["Resource"]])).collect();
    let policies = json!({"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy${PolicyPath}*"});
    let of_policies = [
        "iam:CreatePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicyVersion",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:ListPolicyVersions",
        "iam:SetDefaultPolicyVersion",
        "iam:TagPolicy",
    ];
    let answers = ["codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"];
    assert_eq!(said, [json!([of_policies, policies]), json!([answers, "*"])]);
}
