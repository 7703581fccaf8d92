//! `CodePipeline` of the local AWS: that it takes and plays pipelines as AWS documents, and refuses by name what it does not play.

use aws_sdk_codepipeline::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_codepipeline::types::builders::ActionDeclarationBuilder;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionDeclaration, ActionOwner, ActionTypeId, ApprovalResult, ApprovalStatus, ArtifactStore,
    ArtifactStoreType, ExecutionMode, InputArtifact, OutputArtifact, PipelineDeclaration, PipelineType,
    StageDeclaration,
};
use expect_test::expect;
use local_aws::JobState;
use serde_json::json;

use crate::world::pipelines::{Watched, make_versioned_bucket, put_version, run};
use crate::world::roles::deploy;
use crate::world::{AWS, REGION, World};

const ROLE: &str = "pipeline";

/// An account with buckets, and with a role for pipelines.
async fn account() -> World {
    let world = World::new().await;
    for bucket in [source(&world), artifacts(&world)] {
        make_versioned_bucket(&world, &bucket).await;
    }
    make_role(&world, "codepipeline.amazonaws.com", json!("*")).await;
    world
}

async fn make_role(world: &World, trusted: &str, actions: serde_json::Value) {
    let role = json!({
        "RoleName": ROLE,
        "AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"},
        ]},
        "Policies": [{"PolicyName": "all", "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"},
        ]}}],
    });
    deploy(world, ROLE, &json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}}}), &[]).await;
}

fn source(world: &World) -> String {
    format!("source-{}", world.account)
}

fn artifacts(world: &World) -> String {
    format!("artifacts-{}", world.account)
}

fn action(name: &str, category: ActionCategory, provider: &str) -> ActionDeclarationBuilder {
    let kind = ActionTypeId::builder().category(category).owner(ActionOwner::Aws).provider(provider).version("1");
    ActionDeclaration::builder().name(name).action_type_id(kind.build().unwrap())
}

fn source_action(world: &World) -> ActionDeclarationBuilder {
    action("Source", ActionCategory::Source, "S3")
        .configuration("S3Bucket", source(world))
        .configuration("S3ObjectKey", "a folder/policy+1.zip")
        .output_artifacts(OutputArtifact::builder().name("Policy").build().unwrap())
}

fn approval() -> ActionDeclarationBuilder {
    action("Approve", ActionCategory::Approval, "Manual")
}

fn invoke(function: &str) -> ActionDeclarationBuilder {
    let input = InputArtifact::builder().name("Policy").build().unwrap();
    action("Check", ActionCategory::Invoke, "Lambda").configuration("FunctionName", function).input_artifacts(input)
}

/// A pipeline with one action in each stage; a stage is named as its action is.
fn declared(world: &World, actions: Vec<ActionDeclarationBuilder>, mode: ExecutionMode) -> PipelineDeclaration {
    let store = ArtifactStore::builder().r#type(ArtifactStoreType::S3).location(artifacts(world)).build().unwrap();
    let role = format!("arn:aws:iam::{}:role/{ROLE}", world.account);
    let mut pipeline = PipelineDeclaration::builder()
        .name("pipeline")
        .role_arn(role)
        .pipeline_type(PipelineType::V2)
        .execution_mode(mode)
        .artifact_store(store);
    for action in actions {
        let action = action.build().unwrap();
        let stage = StageDeclaration::builder().name(action.name()).actions(action);
        pipeline = pipeline.stages(stage.build().unwrap());
    }
    pipeline.build().unwrap()
}

/// What the creation of a pipeline is refused with.
async fn refusal(world: &World, pipeline: PipelineDeclaration) -> String {
    let watched = Watched::new(world, "pipeline");
    match watched.client.create_pipeline().pipeline(pipeline).send().await {
        Ok(_) => "taken".into(),
        Err(error) => match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            _ => panic!("{}", DisplayErrorContext(&error)),
        },
    }
}

#[tokio::test]
async fn what_is_not_played_is_refused_by_name() {
    let world = account().await;
    let refused = async |actions: Vec<ActionDeclarationBuilder>| {
        refusal(&world, declared(&world, actions, ExecutionMode::Queued)).await
    };
    let build = action("Build", ActionCategory::Build, "CodeBuild").configuration("ProjectName", "project");
    let elsewhere = invoke("check").region("us-east-1");
    let variable = invoke("check").configuration("UserParameters", "#{Source.VersionId}");
    let unknown = approval().configuration("NotificationArn", "arn:aws:sns:eu-west-1:111122223333:approvals");
    let long = invoke("check").configuration("UserParameters", "x".repeat(1_001));
    let refusals = [
        refused(vec![source_action(&world), build]).await,
        refused(vec![source_action(&world), elsewhere]).await,
        refused(vec![source_action(&world), variable]).await,
        refused(vec![source_action(&world), unknown]).await,
        refused(vec![source_action(&world), long]).await,
        refused(vec![source_action(&world)]).await,
        refused(vec![approval(), source_action(&world)]).await,
        refused(vec![source_action(&world), action("Check", ActionCategory::Invoke, "Lambda")]).await,
        refusal(&world, declared(&world, vec![source_action(&world), approval()], ExecutionMode::Parallel)).await,
    ];
    expect![[r#"
        InvalidActionDeclarationException: action Build of stage Build: the local AWS plays no action Build, AWS, CodeBuild, version 1
        InvalidStructureException: CodePipeline knows no such structure, or the local AWS does not play it: unknown field `region`, expected one of `name`, `actionTypeId`, `runOrder`, `configuration`, `inputArtifacts`, `outputArtifacts`, `namespace`, `roleArn`
        InvalidActionDeclarationException: action Check of stage Check: UserParameters has the variable Source.VersionId: no earlier action has such a variable, or the local AWS does not play it
        InvalidActionDeclarationException: action Approve of stage Approve: Unknown configuration NotificationArn, or the local AWS does not play it
        InvalidActionDeclarationException: action Check of stage Check: UserParameters has more than 1000 characters
        InvalidStructureException: A pipeline has at least 2 stages
        InvalidStageDeclarationException: stage Approve: the first stage has sources, and no other stage has one
        InvalidActionDeclarationException: action Check of stage Check: Missing required configuration FunctionName
        InvalidStructureException: The local AWS plays no execution mode PARALLEL"#]].assert_eq(&refusals.join("\n"));
    let listed = Watched::new(&world, "pipeline").client.list_pipelines().send().await.unwrap();
    assert_eq!(listed.pipelines(), []);
}

#[tokio::test]
async fn a_pipeline_whose_role_does_not_trust_codepipeline_is_refused() {
    let world = account().await;
    make_role(&world, "codebuild.amazonaws.com", json!("*")).await;
    let pipeline = || declared(&world, vec![source_action(&world), approval()], ExecutionMode::Queued);
    let role = format!("arn:aws:iam::{}:role/{ROLE}", world.account);
    assert_eq!(
        refusal(&world, pipeline()).await,
        format!("InvalidStructureException: CodePipeline is not authorized to perform AssumeRole on role {role}")
    );
    make_role(&world, "codepipeline.amazonaws.com", json!("*")).await;
    assert_eq!(refusal(&world, pipeline()).await, "taken");
    let again = refusal(&world, pipeline()).await;
    assert!(again.starts_with("PipelineNameInUseException: "), "{again}");
}

#[tokio::test]
async fn a_source_takes_the_version_that_was_put_and_needs_what_its_role_allows() {
    let world = account().await;
    let pipeline = declared(&world, vec![source_action(&world), approval()], ExecutionMode::Queued);
    assert_eq!(refusal(&world, pipeline).await, "taken");
    let watched = Watched::new(&world, "pipeline");
    let missing = watched.run_when("Source", "Failed").await.error_details.unwrap();
    assert_eq!(missing.code(), Some("ConfigurationError"), "AWS starts a pipeline that was made: {missing:?}");
    make_role(&world, "codepipeline.amazonaws.com", json!(["s3:GetBucketVersioning", "s3:PutObject"])).await;
    put_version(&world, &source(&world), "a folder/policy+1.zip", b"one").await;
    watched.executions_when(2).await;
    let denied = watched.run_when("Source", "Failed").await.error_details.unwrap();
    assert!(denied.message().unwrap().contains("is not authorized to perform: s3:GetObject "), "{denied:?}");
    make_role(&world, "codepipeline.amazonaws.com", json!("*")).await;
    let version = put_version(&world, &source(&world), "a folder/policy+1.zip", b"two").await;
    let taken = watched.run_when("Source", "Succeeded").await;
    assert_eq!(taken.summary(), Some(format!("Amazon S3 version id: {version}").as_str()));
    let kept = world.s3.list_objects_v2().bucket(artifacts(&world)).send().await.unwrap();
    let [artifact] = kept.contents() else { panic!("one artifact: {kept:?}") };
    let read = world.s3.get_object().bucket(artifacts(&world)).key(artifact.key().unwrap()).send().await.unwrap();
    assert_eq!(read.body.collect().await.unwrap().to_vec(), b"two");
    let triggers: Vec<_> = watched.executions_when(2).await;
    let triggers: Vec<_> = triggers.iter().map(|it| it.trigger().unwrap().trigger_type().unwrap().as_str()).collect();
    assert_eq!(triggers, ["PollForSourceChanges", "PollForSourceChanges", "CreatePipeline"]);
    put_version(&world, &source(&world), "another.zip", b"of no pipeline").await;
    assert_eq!(watched.executions_when(2).await.len(), 3);
}

async fn answer(watched: &Watched<'_>, token: &str, status: ApprovalStatus) -> Result<(), String> {
    let result = ApprovalResult::builder().status(status).summary("seen").build().unwrap();
    let put = watched.client.put_approval_result().pipeline_name(&watched.name).stage_name("Approve");
    let put = put.action_name("Approve").token(token).result(result);
    put.send().await.map(drop).map_err(|error| error.code().unwrap_or("no code").to_owned())
}

#[tokio::test]
async fn an_approval_is_given_once_by_its_token_and_a_rejection_ends_the_execution() {
    let world = account().await;
    put_version(&world, &source(&world), "a folder/policy+1.zip", b"one").await;
    let pipeline = declared(&world, vec![source_action(&world), approval()], ExecutionMode::Queued);
    assert_eq!(refusal(&world, pipeline).await, "taken");
    let watched = Watched::new(&world, "pipeline");
    let token = watched.run_when("Approve", "InProgress").await.token.unwrap();
    let wrong = answer(&watched, "11111111-abcd-1111-abcd-111111abcdef", ApprovalStatus::Approved).await;
    assert_eq!(wrong, Err("InvalidApprovalTokenException".into()));
    answer(&watched, &token, ApprovalStatus::Rejected).await.unwrap();
    assert_eq!(watched.outcomes_when(1).await, ["Failed"]);
    let rejected = watched.run_when("Approve", "Failed").await;
    assert_eq!((rejected.token(), rejected.error_details().unwrap().message()), (None, Some("seen")));
    let late = answer(&watched, &token, ApprovalStatus::Approved).await;
    assert_eq!(late, Err("ApprovalAlreadyCompletedException".into()));
    watched.client.start_pipeline_execution().name("pipeline").send().await.unwrap();
    let token = watched.run_when("Approve", "InProgress").await.token.unwrap();
    answer(&watched, &token, ApprovalStatus::Approved).await.unwrap();
    assert_eq!(watched.outcomes_when(2).await, ["Failed", "Succeeded"]);
}

#[tokio::test]
async fn a_variable_is_one_of_an_earlier_action_and_a_namespace_of_one_action() {
    let world = account().await;
    let named = || source_action(&world).namespace("Source");
    let refused = async |actions: Vec<ActionDeclarationBuilder>| {
        refusal(&world, declared(&world, actions, ExecutionMode::Queued)).await
    };
    let of = |variable: &str| invoke("check").configuration("UserParameters", variable);
    let refusals = [
        refused(vec![named(), of("#{Source.BranchName}")]).await,
        refused(vec![named(), of("#{Check.VersionId}").namespace("Check")]).await,
        refused(vec![named(), approval().namespace("Source")]).await,
    ];
    expect![[r#"
        InvalidActionDeclarationException: action Check of stage Check: UserParameters has the variable Source.BranchName: no earlier action has such a variable, or the local AWS does not play it
        InvalidActionDeclarationException: action Check of stage Check: UserParameters has the variable Check.VersionId: no earlier action has such a variable, or the local AWS does not play it
        InvalidStageDeclarationException: stage Approve: two actions have the namespace Source"#]].assert_eq(&refusals.join("\n"));
}

/// What the approval that waits is told, and of which version: a version that was put meanwhile waits before it.
#[tokio::test]
async fn a_variable_has_the_version_of_its_own_execution() {
    let world = account().await;
    let key = "a folder/policy+1.zip";
    let first = put_version(&world, &source(&world), key, b"one").await;
    let told = approval().configuration("CustomData", "read #{Its-Source.VersionId} (#{Its-Source.ETag})");
    let source_action = source_action(&world).namespace("Its-Source");
    assert_eq!(refusal(&world, declared(&world, vec![source_action, told], ExecutionMode::Queued)).await, "taken");
    let watched = Watched::new(&world, "pipeline");
    watched.run_when("Approve", "InProgress").await;
    let second = put_version(&world, &source(&world), key, b"two").await;
    for (version, content) in
        [(first, "f97c5d29941bfb1b2fdab0874906ab82"), (second, "b8a9f715dbb64fd5c56e7783c6820a61")]
    {
        let waits = watched.approval_of(&version).await;
        assert_eq!(waits.configuration["CustomData"], "read #{Its-Source.VersionId} (#{Its-Source.ETag})");
        assert_eq!(waits.resolved["CustomData"], format!("read {version} ({content})"));
        answer(&watched, &waits.token, ApprovalStatus::Approved).await.unwrap();
    }
    assert_eq!(watched.outcomes_when(2).await, ["Succeeded", "Succeeded"]);
}

/// Three executions while the first one waits for an approval.
async fn three(mode: ExecutionMode) -> (World, Vec<String>) {
    let world = account().await;
    put_version(&world, &source(&world), "a folder/policy+1.zip", b"one").await;
    let pipeline = declared(&world, vec![source_action(&world), approval()], mode.clone());
    assert_eq!(refusal(&world, pipeline).await, "taken");
    let watched = Watched::new(&world, "pipeline");
    watched.run_when("Approve", "InProgress").await;
    for _ in 0..2 {
        watched.client.start_pipeline_execution().name("pipeline").send().await.unwrap();
        watched
            .state_when(|state| {
                let source = &state.stage_states()[0];
                source.inbound_executions().is_empty()
                    && run(state, "Source").is_some_and(|it| it.status().unwrap().as_str() == "Succeeded")
            })
            .await;
    }
    let mut approved = 0;
    let expected = if mode == ExecutionMode::Queued { 3 } else { 2 };
    while approved < expected {
        let token = watched.run_when("Approve", "InProgress").await.token.unwrap();
        answer(&watched, &token, ApprovalStatus::Approved).await.unwrap();
        approved += 1;
    }
    let outcomes = watched.outcomes_when(3).await;
    (world, outcomes)
}

#[tokio::test]
async fn an_execution_that_waits_is_superseded_by_a_newer_one_unless_the_pipeline_queues() {
    assert_eq!(three(ExecutionMode::Superseded).await.1, ["Succeeded", "Superseded", "Succeeded"]);
    assert_eq!(three(ExecutionMode::Queued).await.1, ["Succeeded", "Succeeded", "Succeeded"]);
}

#[tokio::test]
async fn a_function_that_is_not_there_fails_the_execution() {
    let world = account().await;
    put_version(&world, &source(&world), "a folder/policy+1.zip", b"one").await;
    let pipeline = declared(&world, vec![source_action(&world), invoke("missing")], ExecutionMode::Queued);
    assert_eq!(refusal(&world, pipeline).await, "taken");
    let failed = Watched::new(&world, "pipeline").run_when("Check", "Failed").await.error_details.unwrap();
    assert_eq!(failed.code(), Some("ConfigurationError"), "{failed:?}");
    assert!(failed.message().unwrap().starts_with("invoking the function missing: "), "{failed:?}");
}

#[tokio::test]
async fn what_is_unknown_has_its_own_error() {
    let world = World::new().await;
    let client = Watched::new(&world, "pipeline").client;
    let error = client.get_pipeline().name("pipeline").send().await.unwrap_err();
    assert_eq!(error.code(), Some("PipelineNotFoundException"));
    let id = "11111111-abcd-1111-abcd-111111abcdef";
    let error = client.put_job_success_result().job_id(id).send().await.unwrap_err();
    assert_eq!(error.code(), Some("JobNotFoundException"));
    AWS.open_job(&world.account, REGION, id);
    client.put_job_success_result().job_id(id).send().await.unwrap();
    let error = client.put_job_success_result().job_id(id).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidJobStateException"));
    assert_eq!(AWS.job(&world.account, REGION, id), Some(JobState::Succeeded(String::new())));
    let error = client.list_webhooks().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnknownOperationException"));
}
