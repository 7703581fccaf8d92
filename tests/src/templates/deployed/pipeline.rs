//! The pipeline of policies, deployed in the account that asks and in the security account: each version of the object reaches the
//! function as a job, with credentials that read it and prove whose it is.

use std::collections::BTreeMap;

use aws_sdk_codepipeline::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_codepipeline::types::{ApprovalResult, ApprovalStatus, FailureDetails, FailureType};
use jobs::Job;
use local_aws::JobState;
use local_aws::deploy::Deployment;
use serde_json::{Value, json};

use crate::world::pipelines::{PIPELINE, STACK, Watched, deploy_pipeline, put_version, run};
use crate::world::roles::{deploy, without_action};
use crate::world::{AWS, REGION, World};

/// A function that leaves the answer to the test.
const FUNCTION: &str = "answered-by-a-test";

/// The account that asks, and the security account.
struct Accounts {
    requester: World,
    security: World,
    outputs: BTreeMap<String, String>,
}

impl Accounts {
    /// Both with their stacks; `changed` may change the template of the security account.
    async fn new(given: &[(&str, &str)], changed: impl FnOnce(&mut Value)) -> Self {
        let (requester, security) = (World::new().await, World::new().await);
        make_function(&security).await;
        let outputs = deploy_pipeline((&requester, &security), FUNCTION, given, changed).await;
        Self { requester, security, outputs }
    }

    fn watched(&self) -> Watched<'_> {
        Watched::new(&self.requester, PIPELINE)
    }

    /// Puts a version of the object: its id.
    async fn ask(&self, bytes: &[u8]) -> String {
        put_version(&self.requester, &self.outputs["SourceBucketName"], "policy.zip", bytes).await
    }

    /// The event that the function got last, as soon as it got this many.
    async fn event(&self, number: usize) -> String {
        loop {
            let call = AWS.next_call(&self.security.account);
            let invoked = AWS.calls(&self.security.account).into_iter().filter(|it| it.operation == "Invoke");
            if let Some(last) = invoked.skip(number - 1).last() {
                return last.body;
            }
            call.await;
        }
    }
}

async fn make_function(security: &World) {
    let role = json!({"RoleName": FUNCTION, "AssumeRolePolicyDocument": {"Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]}});
    let function = json!({
        "FunctionName": FUNCTION, "Runtime": "python3.12", "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {"ZipFile": "def handler(event, context):\n    return None\n"},
    });
    let resources = json!({
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
    });
    deploy(security, FUNCTION, &json!({"Resources": resources}), &[]).await;
}

/// The job of an event.
fn id_of(event: &str) -> String {
    let event: Value = serde_json::from_str(event).unwrap();
    event["CodePipeline.job"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_version_reaches_the_function_as_a_job_that_is_answered_once() {
    let accounts = Accounts::new(&[], |_| {}).await;
    let watched = accounts.watched();
    // AWS starts a pipeline that was made, and there is no object yet.
    assert_eq!(watched.outcomes_when(1).await, ["Failed"]);
    let version = accounts.ask(b"one").await;
    let event: Value = serde_json::from_str(&accounts.event(1).await).unwrap();
    let job = &event["CodePipeline.job"];
    assert_eq!(job["accountId"], accounts.requester.account.as_str());
    assert_eq!(job["data"]["actionConfiguration"], json!({"configuration": {"FunctionName": FUNCTION}}));
    let [artifact] = job["data"]["inputArtifacts"].as_array().unwrap().as_slice() else { panic!("{job}") };
    assert_eq!((&artifact["name"], &artifact["revision"]), (&json!("Policy"), &json!(version)));
    let key = json!({"id": accounts.outputs["ArtifactKeyArn"], "type": "KMS"});
    assert_eq!((&job["data"]["encryptionKey"], &job["data"]["continuationToken"]), (&key, &Value::Null));
    let mut fields: Vec<_> = job["data"].as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let all = ["actionConfiguration", "artifactCredentials", "encryptionKey", "inputArtifacts", "outputArtifacts"];
    assert_eq!(fields, all);
    answer_by_and_by(&accounts, &id_of(&event.to_string())).await;
}

/// Out of time, then a failure, and no second answer to either; the next version succeeds.
async fn answer_by_and_by(accounts: &Accounts, id: &str) {
    let watched = accounts.watched();
    let state = |id: &str| AWS.job(&accounts.requester.account, REGION, id);
    let later = watched.client.put_job_success_result().job_id(id).continuation_token("a-token");
    later.send().await.unwrap();
    assert_eq!(state(id), Some(JobState::Continued("a-token".into())));
    let again = accounts.event(2).await;
    let (next, told): (_, Value) = (id_of(&again), serde_json::from_str(&again).unwrap());
    assert_eq!(told["CodePipeline.job"]["data"]["continuationToken"], "a-token");
    assert_ne!(next, id, "the job that goes on is another one");
    let details =
        FailureDetails::builder().r#type(FailureType::ConfigurationError).message("too much").build().unwrap();
    watched.client.put_job_failure_result().job_id(&next).failure_details(details).send().await.unwrap();
    for answered in [id, &next] {
        let second = watched.client.put_job_success_result().job_id(answered).send().await.unwrap_err();
        assert_eq!(second.code(), Some("InvalidJobStateException"), "{}", DisplayErrorContext(&second));
    }
    let failed = watched.run_when("Check", "Failed").await.error_details.unwrap();
    assert_eq!((failed.code(), failed.message()), (Some("ConfigurationError"), Some("too much")));
    accounts.ask(b"two").await;
    let third = id_of(&accounts.event(3).await);
    watched.client.put_job_success_result().job_id(&third).send().await.unwrap();
    assert_eq!(watched.outcomes_when(3).await, ["Failed", "Failed", "Succeeded"]);
    let by = watched.executions_when(3).await[0].trigger().unwrap().clone();
    assert_eq!(by.trigger_type().unwrap().as_str(), "CloudWatchEvent");
    assert!(by.trigger_detail().unwrap().ends_with(":rule/signalbox-policy-start"), "{by:?}");
}

/// The credentials are of the role in the security account: they prove the account that this role is named by, and no other.
#[tokio::test]
async fn the_credentials_of_a_job_prove_its_account_and_read_its_artifact_and_nothing_else() {
    let accounts = Accounts::new(&[], |_| {}).await;
    accounts.ask(b"a request").await;
    let event = accounts.event(1).await;
    let job = Job::read(&event).unwrap();
    let config = job.config(accounts.security.sessions.config());
    job.prove(&config, &accounts.security.sessions).await.unwrap();
    let artifact = job.artifact().unwrap();
    assert_eq!(job.read_artifact(&config, artifact, 100).await.unwrap(), b"a request");
    let mut forged: Value = serde_json::from_str(&event).unwrap();
    forged["CodePipeline.job"]["accountId"] = json!(World::new().await.account);
    let forged = Job::read(&forged.to_string()).unwrap();
    let refused = forged.prove(&config, &accounts.security.sessions).await.unwrap_err();
    let role = format!("/signalbox-policy-{}-{REGION}/", accounts.requester.account);
    assert!(refused.to_string().contains(&role), "{refused}");
    // For a function of a third account the same credentials prove nothing.
    let third = World::new().await;
    job.prove(&config, &third.sessions).await.unwrap_err();
    let s3 = aws_sdk_s3::Client::new(&config);
    let listed = s3.list_objects_v2().bucket(&artifact.bucket).send().await.unwrap_err();
    assert_eq!(listed.code(), Some("AccessDenied"));
    let lambda = aws_sdk_lambda::Client::new(&config);
    let other = lambda.invoke().function_name("another").send().await.unwrap_err();
    assert_eq!(other.code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn with_an_approval_the_function_gets_no_job_before_a_person_approves() {
    let accounts = Accounts::new(&[("Approval", "Yes")], |_| {}).await;
    let watched = accounts.watched();
    assert_eq!(watched.outcomes_when(1).await, ["Failed"]);
    for (status, outcome) in [(ApprovalStatus::Rejected, "Failed"), (ApprovalStatus::Approved, "InProgress")] {
        accounts.ask(b"one").await;
        let token = watched.run_when("Approve", "InProgress").await.token.unwrap();
        let invoked = AWS.calls(&accounts.security.account).iter().any(|it| it.operation == "Invoke");
        assert!(!invoked, "nothing reaches the function before");
        let result = ApprovalResult::builder().status(status).summary("seen").build().unwrap();
        let put = watched.client.put_approval_result().pipeline_name(PIPELINE).stage_name("Approve");
        put.action_name("Approve").token(token).result(result).send().await.unwrap();
        let state = watched.client.get_pipeline_state().name(PIPELINE).send().await.unwrap();
        let last = state.stage_states().last().unwrap().latest_execution();
        assert_eq!(last.map_or("Failed", |it| it.status().as_str()), outcome);
    }
    let id = id_of(&accounts.event(1).await);
    watched.client.put_job_success_result().job_id(id).send().await.unwrap();
    assert_eq!(watched.outcomes_when(3).await, ["Failed", "Failed", "Succeeded"]);
}

/// A writer puts an innocent version once the first one waits: the approver is led to the one that is made by the approval.
#[tokio::test]
async fn an_approval_names_the_version_that_waits_and_not_the_newest() {
    let accounts = Accounts::new(&[("Approval", "Yes")], |_| {}).await;
    let watched = accounts.watched();
    assert_eq!(watched.outcomes_when(1).await, ["Failed"]);
    let first = accounts.ask(b"one").await;
    watched.run_when("Approve", "InProgress").await;
    let newest = accounts.ask(b"two").await;
    let waits = watched.approval_of(&first).await;
    let (told, bucket) = (&waits.resolved["CustomData"], &accounts.outputs["SourceBucketName"]);
    assert!(
        told.starts_with(&format!("Approve the policy in version {first} of s3://{bucket}/policy.zip, ")),
        "{told}"
    );
    assert!(told.contains(&format!(" --bucket {bucket} --key policy.zip --version-id {first} policy.zip. ")), "{told}");
    assert!(!told.contains(&newest) && !told.contains("#{") && told.chars().count() <= 1_000, "{told}");
    let read = accounts.requester.s3.get_object().bucket(bucket).key("policy.zip").version_id(&first);
    assert_eq!(read.send().await.unwrap().body.collect().await.unwrap().to_vec(), b"one");
}

#[tokio::test]
async fn the_action_needs_the_role_of_the_security_account_which_lets_in_that_pipeline_only() {
    for (changed, code, why) in [
        (
            Box::new(without_action("ActionRole", "lambda:InvokeFunction")) as Box<dyn FnOnce(&mut Value)>,
            "PermissionError",
            "is not authorized to perform: lambda:InvokeFunction on resource: ",
        ),
        (
            Box::new(|template: &mut Value| {
                let trust = &mut template["Resources"]["ActionRole"]["Properties"]["AssumeRolePolicyDocument"];
                trust["Statement"][0]["Condition"]["ArnEquals"]["aws:PrincipalArn"] =
                    json!("arn:aws:iam::111122223333:role/another");
            }),
            "PermissionError",
            "is not authorized to perform: sts:AssumeRole on resource: ",
        ),
    ] {
        let accounts = Accounts::new(&[], changed).await;
        let watched = accounts.watched();
        assert_eq!(watched.outcomes_when(1).await, ["Failed"]);
        accounts.ask(b"one").await;
        let failed = watched.run_when("Check", "Failed").await.error_details.unwrap();
        assert_eq!(failed.code(), Some(code), "{failed:?}");
        assert!(failed.message().unwrap().contains(why), "{failed:?}");
    }
}

/// What the roles allow is what the pipeline does, and a deleted stack leaves no pipeline behind.
#[tokio::test]
async fn deleted_stacks_leave_no_pipeline_behind() {
    let accounts = Accounts::new(&[], |_| {}).await;
    let watched = accounts.watched();
    let state = watched.state_when(|state| run(state, "Source").is_some()).await;
    assert_eq!(state.pipeline_version(), Some(1));
    Deployment::new(accounts.requester.sessions.config()).delete(STACK).await.unwrap();
    let gone = watched.client.get_pipeline().name(PIPELINE).send().await.unwrap_err();
    assert_eq!(gone.code(), Some("PipelineNotFoundException"));
    for bucket in ["SourceBucketName", "ArtifactBucketName"] {
        accounts.requester.s3.head_bucket().bucket(&accounts.outputs[bucket]).send().await.unwrap();
    }
}
