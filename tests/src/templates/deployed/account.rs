//! An account in which the suite is deployed, and what an operator asks AWS there.

use std::collections::BTreeMap;
use std::time::Duration;

use aws::SdkConfig;
use aws_sdk_eventbridge::Client as EventBridge;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::types::QueueAttributeName;
use local_aws::deploy::{Deployment, Stack, package};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::world::built::binary;
use crate::world::calls::post;
use crate::world::scene::Scene;
use crate::world::{AWS, World};

/// The stack's table: that of the test's own account is there already.
pub const TABLE: &str = "deployed-ledger";

/// The stacks' tables of grants and of their audit.
pub const RECORDS: [&str; 2] = ["deployed-grants", "deployed-audit"];

/// The stacks that every function shares, in the order in which they are made; its own is made last.
const SHARED_STACKS: [&str; 2] = ["signalbox-ledger", "signalbox-grants"];

/// The zip of a function, the same for every test; it takes seconds to make.
static PACKAGES: Mutex<BTreeMap<&str, Vec<u8>>> = Mutex::const_new(BTreeMap::new());

/// One account at a time has the suite: when a stack makes a function, ministack ends the processes of functions of that
/// name in every account, and an invocation that dies so takes its lease with it.
pub static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// An account with something to share, a manifest, and every stack that one function needs.
pub struct Account<S> {
    /// What there is to share, and the manifest.
    pub scene: S,
    /// CloudFormation.
    pub deployment: Deployment,
    /// What the stack of the function says of itself.
    pub outputs: BTreeMap<String, String>,
    /// The rules.
    pub events: EventBridge,
    /// The functions.
    pub lambda: Lambda,
    /// The queues.
    pub sqs: Sqs,
    _alone: MutexGuard<'static, ()>,
}

impl<S: Scene> Account<S> {
    /// A new account with the function deployed, acting.
    pub async fn set_up(given: &S::Given, sample: &str) -> Self {
        Self::of(S::set_up(given, sample).await, &[]).await
    }

    /// The account of this scene with the function deployed, acting, with these parameters beside the scene's own.
    pub async fn of(scene: S, given: &[(&str, &str)]) -> Self {
        let config = patient(scene.world());
        let (events, lambda, sqs) = (EventBridge::new(&config), Lambda::new(&config), Sqs::new(&config));
        let deployment = Deployment::new(&config);
        let outputs = BTreeMap::new();
        let alone = ONE_AT_A_TIME.lock().await;
        let mut account = Self { scene, deployment, outputs, events, lambda, sqs, _alone: alone };
        account.outputs = account.deploy(given).await;
        account
    }

    /// Deploys the stacks, or updates them, with these parameters beside the scene's own: what the function's says of itself.
    pub async fn deploy(&self, given: &[(&str, &str)]) -> BTreeMap<String, String> {
        let zip = packaged(S::FUNCTION).await;
        let bucket = format!("code-{}", self.scene.world().account);
        self.deployment.upload(&bucket, "function.zip", zip).await.unwrap();
        // Every stack has the same key, where there is one.
        let key = given.iter().copied().filter(|(name, _)| *name == "KmsKeyArn");
        let ledger: Vec<_> = [("TableName", TABLE)].into_iter().chain(key.clone()).collect();
        let records = [("GrantsTableName", RECORDS[0]), ("AuditTableName", RECORDS[1])];
        let records: Vec<_> = records.into_iter().chain(key).collect();
        let code = [("CodeBucket", bucket.as_str()), ("CodeKey", "function.zip")];
        let own = self.scene.parameters();
        let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let function = [("Mode", "Apply"), ("LedgerTable", TABLE)].into_iter().chain(code).chain(own);
        let function: Vec<_> = function.chain(given.iter().copied()).collect();
        self.deployment.apply(&stack(SHARED_STACKS[0], "ledger", &ledger)).await.unwrap();
        self.deployment.apply(&stack(SHARED_STACKS[1], "grants", &records)).await.unwrap();
        self.deployment.apply(&stack(&own_stack::<S>(), S::FUNCTION, &function)).await.unwrap()
    }

    /// Deletes the stacks, the last one first.
    pub async fn delete_stacks(&self) {
        self.deployment.delete(&own_stack::<S>()).await.unwrap();
        for stack in SHARED_STACKS.iter().rev() {
            self.deployment.delete(stack).await.unwrap();
        }
    }

    /// The targets to which EventBridge would hand this event: those of the rules that match it.
    pub async fn targets_of(&self, event: &str) -> Vec<String> {
        let mut targets = Vec::new();
        for rule in self.events.list_rules().send().await.unwrap().rules() {
            // A schedule has no pattern.
            let (name, Some(pattern)) = (rule.name().unwrap(), rule.event_pattern()) else { continue };
            let test = self.events.test_event_pattern().event_pattern(pattern).event(event);
            if test.send().await.unwrap().result() {
                let answer = self.events.list_targets_by_rule().rule(name).send().await.unwrap();
                targets.extend(answer.targets().iter().map(|target| target.arn().to_owned()));
            }
        }
        targets
    }

    /// Hands the event to the function, waits, and returns its answer.
    pub async fn ask(&self, function: &str, event: &str) -> Value {
        let answer = self.lambda.invoke().function_name(function).payload(Blob::new(event)).send().await.unwrap();
        serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap()
    }

    /// Hands the event to the function as EventBridge does, which does not wait.
    pub async fn send(&self, event: &str) {
        let invoke = self.lambda.invoke().function_name(S::FUNCTION).payload(Blob::new(event));
        let answer = invoke.invocation_type(InvocationType::Event).send().await.unwrap();
        assert_eq!(answer.status_code(), 202);
    }

    /// The one message that arrives in the failure queue.
    pub async fn the_failure(&self) -> Value {
        let queue = &self.outputs["FailureQueueUrl"];
        let received = self.sqs.receive_message().queue_url(queue).wait_time_seconds(20).send().await.unwrap();
        let [message] = received.messages() else { panic!("one message in time, not {received:?}") };
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asked = self.sqs.get_queue_attributes().queue_url(queue).set_attribute_names(Some(counts.to_vec()));
        let attributes = asked.send().await.unwrap().attributes.unwrap();
        assert_eq!(counts.map(|count| attributes[&count].clone()), ["0", "1"], "that message and no other");
        serde_json::from_str(message.body().unwrap()).unwrap()
    }

    /// The reports that the ledger keeps, as JSON.
    pub async fn remembered(&self) -> Vec<Value> {
        let items =
            self.scene.world().dynamodb.scan().table_name(TABLE).send().await.unwrap().items.unwrap_or_default();
        // What was given back has no report.
        items.iter().filter_map(|item| Some(serde_json::from_str(item.get("data")?.as_s().unwrap()).unwrap())).collect()
    }

    /// The audit, as JSON, by resource and number.
    pub async fn audit(&self) -> Vec<Value> {
        let world = self.scene.world();
        let grants = sharing_records::Grants::new(&world.sessions, RECORDS[0], RECORDS[1], "share-ami");
        let mut items = Vec::new();
        for (resource, head) in grants.all().await.unwrap().heads {
            let history = grants.history(&resource).await.unwrap();
            assert_eq!(sharing_records::verify(&history, &head), Ok(()));
            items.extend(history.iter().map(|item| serde_json::to_value(item).unwrap()));
        }
        items
    }

    /// The lines that the function wrote itself, oldest first.
    pub async fn log_lines(&self) -> Vec<Value> {
        let body = format!(r#"{{"logGroupName": "{}"}}"#, self.outputs["LogGroupName"]);
        let (_, answer) = self.call("logs", "X-Amz-Target: Logs_20140328.FilterLogEvents", &body).await;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error} in {answer}"));
        let lines = answer["events"].as_array().unwrap().iter().filter_map(|event| event["message"].as_str());
        lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// One call to a service whose client nothing else here needs, in the name of this account.
    pub async fn call(&self, service: &str, header: &str, body: &str) -> (String, String) {
        post((AWS.endpoint(), &self.scene.world().account), service, header, body).await
    }
}

/// How calls are made in this world that deploy or wait for a function: a test's usual patience is for calls that are answered at once.
pub fn patient(world: &World) -> SdkConfig {
    let patience = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_mins(2)).build();
    world.sessions.config().to_builder().timeout_config(patience).build()
}

/// The zip of a function.
pub async fn packaged(function: &'static str) -> Vec<u8> {
    let mut packages = PACKAGES.lock().await;
    packages.entry(function).or_insert_with(|| package(&binary(function)).unwrap()).clone()
}

/// The stack of the function itself.
fn own_stack<S: Scene>() -> String {
    format!("signalbox-{}", S::FUNCTION)
}

/// A stack of this name, of a template of `infra/`.
pub fn stack(name: &str, template: &str, parameters: &[(&str, &str)]) -> Stack {
    Stack {
        name: name.into(),
        template: local_aws::workspace().join(format!("infra/{template}.yaml")),
        parameters: parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}
