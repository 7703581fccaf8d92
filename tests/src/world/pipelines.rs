//! Pipelines of `CodePipeline` in the local AWS: what a test waits for, and what it makes one of.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::operation::get_pipeline_state::GetPipelineStateOutput;
use aws_sdk_codepipeline::types::{ActionExecution, ApprovalResult, ApprovalStatus, PipelineExecutionSummary};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};

use local_aws::deploy::{Deployment, Stack};
use serde_json::Value;

use crate::templates::Template;
use crate::world::roles::deploy;
use crate::world::{AWS, REGION, World};

/// The pipeline that the template makes.
pub const PIPELINE: &str = "signalbox-policy";

/// The stack of the pipeline of policies.
pub const STACK: &str = "policy-pipeline";

/// Deploys the pipeline of policies in the account that asks, and the role of its action in the security account, whose template
/// `changed` may change: what the first stack says of itself.
pub async fn deploy_pipeline(
    (requester, security): (&World, &World),
    function: &str,
    given: &[(&str, &str)],
    changed: impl FnOnce(&mut Value),
) -> BTreeMap<String, String> {
    let own = [("SecurityAccountId", security.account.as_str()), ("FunctionName", function)];
    let parameters = own.iter().chain(given).map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let template = local_aws::workspace().join("infra/policy-pipeline.yaml");
    let stack = Stack { name: STACK.into(), template, parameters };
    let outputs = Deployment::new(requester.sessions.config()).apply(&stack).await.unwrap();
    let mut template = Template::read("policy-pipeline-action").json;
    changed(&mut template);
    let of_pipeline = ["PipelineRoleArn", "ArtifactBucketName", "ArtifactKeyArn"].map(|it| (it, outputs[it].as_str()));
    let region = [("PipelineRegion", REGION), own[1]];
    deploy(security, "policy-pipeline-action", &template, &[&of_pipeline[..], &region].concat()).await;
    outputs
}

/// Deploys a template of `infra/delivery/`: what the stack says of itself.
pub async fn deploy_delivery(world: &World, name: &str, given: Vec<(&str, &str)>) -> BTreeMap<String, String> {
    let parameters = given.into_iter().map(|(name, it)| (name.to_owned(), it.to_owned())).collect();
    let template = local_aws::workspace().join(format!("infra/delivery/{name}.yaml"));
    let stack = Stack { name: name.into(), template, parameters };
    Deployment::new(world.sessions.config()).apply(&stack).await.unwrap()
}

/// A pipeline in the account of a test.
pub struct Watched<'a> {
    /// The account.
    pub world: &'a World,
    /// `CodePipeline` there.
    pub client: Client,
    /// The pipeline's name.
    pub name: String,
}

/// An approval that waits: how to give it, and what it says, before and after its variables got their values.
pub struct Waiting {
    /// What has to be shown.
    pub token: String,
    /// What the pipeline says.
    pub configuration: HashMap<String, String>,
    /// What the approver reads.
    pub resolved: HashMap<String, String>,
}

impl<'a> Watched<'a> {
    /// The pipeline of this name.
    pub fn new(world: &'a World, name: &str) -> Self {
        Self { world, client: Client::new(world.sessions.config()), name: name.into() }
    }

    /// The state, as soon as it is such a one.
    pub async fn state_when(&self, is_such: impl Fn(&GetPipelineStateOutput) -> bool) -> GetPipelineStateOutput {
        loop {
            let change = AWS.next_change_of_pipelines(&self.world.account);
            let state = self.client.get_pipeline_state().name(&self.name).send().await.unwrap();
            if is_such(&state) {
                return state;
            }
            change.await;
        }
    }

    /// The last run of the one action of a stage, as soon as it has this status.
    pub async fn run_when(&self, stage: &str, status: &str) -> ActionExecution {
        let has_status = |it: &ActionExecution| it.status().is_some_and(|it| it.as_str() == status);
        let told = self.state_when(|it| run(it, stage).is_some_and(|it| has_status(&it))).await;
        run(&told, stage).unwrap()
    }

    /// Approves what waits at a stage, as soon as it does.
    pub async fn approve(&self, stage: &str) {
        let token = self.run_when(stage, "InProgress").await.token.unwrap();
        let result = ApprovalResult::builder().status(ApprovalStatus::Approved).summary("seen").build().unwrap();
        let put = self.client.put_approval_result().pipeline_name(&self.name).stage_name(stage);
        put.action_name("Approve").token(token).result(result).send().await.unwrap();
    }

    /// The executions, the newest first, as soon as this many have ended.
    pub async fn executions_when(&self, ended: usize) -> Vec<PipelineExecutionSummary> {
        loop {
            let change = AWS.next_change_of_pipelines(&self.world.account);
            let listed = self.client.list_pipeline_executions().pipeline_name(&self.name).send().await.unwrap();
            let executions = listed.pipeline_execution_summaries.unwrap_or_default();
            if executions.iter().filter(|it| it.status().unwrap().as_str() != "InProgress").count() >= ended {
                return executions;
            }
            change.await;
        }
    }

    /// The approval that waits for this version of the source's object, as soon as it does.
    pub async fn approval_of(&self, version: &str) -> Waiting {
        loop {
            let change = AWS.next_change_of_pipelines(&self.world.account);
            let token = run(&self.client.get_pipeline_state().name(&self.name).send().await.unwrap(), "Approve")
                .and_then(|it| it.token);
            let listed = self.client.list_action_executions().pipeline_name(&self.name).send().await.unwrap();
            let runs = listed.action_execution_details.unwrap_or_default();
            let approval = runs.iter().find(|it| it.action_name() == Some("Approve"));
            let executions = self.client.list_pipeline_executions().pipeline_name(&self.name).send().await.unwrap();
            let executions = executions.pipeline_execution_summaries.unwrap_or_default();
            let own = executions
                .iter()
                .find(|it| it.source_revisions().first().and_then(|it| it.revision_id()) == Some(version));
            let own = own.and_then(|it| it.pipeline_execution_id());
            if let (Some(token), Some(approval)) = (token, approval)
                && own.is_some()
                && approval.pipeline_execution_id() == own
            {
                let input = approval.input.clone().unwrap();
                let [configuration, resolved] =
                    [input.configuration, input.resolved_configuration].map(Option::unwrap_or_default);
                return Waiting { token, configuration, resolved };
            }
            change.await;
        }
    }

    /// What becomes of each execution, oldest first.
    pub async fn outcomes_when(&self, ended: usize) -> Vec<String> {
        let executions = self.executions_when(ended).await;
        executions.iter().rev().map(|it| it.status().unwrap().to_string()).collect()
    }
}

/// The last run of the one action of a stage.
pub fn run(told: &GetPipelineStateOutput, stage: &str) -> Option<ActionExecution> {
    let found = told.stage_states().iter().find(|it| it.stage_name() == Some(stage))?;
    found.action_states()[0].latest_execution().cloned()
}

/// Makes a bucket that keeps versions.
pub async fn make_versioned_bucket(world: &World, name: &str) {
    world.make_bucket(name).await;
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    world.s3.put_bucket_versioning().bucket(name).versioning_configuration(enabled).send().await.unwrap();
}

/// Puts a version of an object: its id.
pub async fn put_version(world: &World, bucket: &str, key: &str, bytes: &[u8]) -> String {
    let put = world.s3.put_object().bucket(bucket).key(key).body(bytes.to_vec().into());
    put.send().await.unwrap().version_id.unwrap()
}
