//! The workflow, deployed: the state machine of the template calls the compiled function for 40 accounts.
//!
//! ministack interprets Distributed Map. What it does not do as AWS does stands in `docs/explain/aws-as-it-is.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use aws_sdk_organizations::Client as Organizations;
use aws_sdk_sfn::Client as StepFunctions;
use aws_sdk_sfn::types::ExecutionStatus;
use aws_sdk_sqs::types::QueueAttributeName;
use fleet::{Entry, List};
use fleet_runs::{AllOr, Manifest, Request, RunId, Select, Session, Tolerance, Work, keys, lines};
use local_aws::deploy::Stack;
use local_aws::{Fault, FaultKind};
use operations::Operation;
use serde_json::Value;

use super::Scene;
use crate::templates::deployed::DeployedAccount;
use crate::world::fleet::Given;
use crate::world::roles::make_member;
use crate::world::scene::Scene as _;
use crate::world::{AWS, World};

/// The accounts beside the one that manages the organization.
const ACCOUNTS: usize = 40;

/// Which accounts meet what, by their place in the order of ids.
const DIES: usize = 5;
const THROTTLED: usize = 8;
pub(super) const WITHOUT_ROLE: [usize; 2] = [12, 33];
pub(super) const SUSPENDED: [usize; 3] = [2, 19, 39];
pub(super) const STOPPED_AT: usize = 24;

/// A deployed workflow, and the accounts of its organization.
pub(super) struct Fleet {
    pub(super) hub: DeployedAccount<Scene>,
    workflow: StepFunctions,
    machine: String,
    /// The members, in the order of their ids.
    pub(super) accounts: Vec<String>,
    /// The queue that hears the topic.
    queue: String,
}

impl Fleet {
    pub(super) async fn set_up() -> Self {
        let scene = Scene::set_up(&Given { is_closed: true, ..Given::default() }, "a-run-begins").await;
        let accounts = members(&scene).await;
        let organization = scene.organization_id();
        let bucket = format!("runs-{}", scene.world.account);
        let hub = DeployedAccount::of(scene, &[("BucketName", &bucket)]).await;
        let own = [("OrganizationId", organization.as_str()), ("HubRoleArn", &hub.outputs["RoleArn"])];
        // A role that trusts another one is answered as a role that is not there.
        let others = [own[0], ("HubRoleArn", "arn:aws:iam::444455556666:role/another")];
        for (place, account) in accounts.iter().enumerate() {
            let own = if WITHOUT_ROLE.contains(&place) { &others } else { &own };
            make_member(&World::of(account).await, "", Scene::FUNCTION, own, |_| {}).await;
        }
        let parameters = [("BucketName".to_owned(), bucket)].into();
        let template = local_aws::workspace().join("infra/fleet.yaml");
        let outputs =
            hub.deployment.apply(&Stack { name: "signalbox-fleet".into(), template, parameters }).await.unwrap();
        let queue = hear(&hub, &outputs["TopicArn"]).await;
        let workflow = StepFunctions::new(hub.scene.world.sessions.config());
        Self { hub, workflow, machine: outputs["StateMachineArn"].clone(), accounts, queue }
    }

    pub(super) fn bucket(&self) -> &str {
        &self.hub.outputs["BucketName"]
    }

    /// Starts the run's so many-th attempt; the ARN of the execution.
    async fn start(&self, request: &Request, attempt: u32) -> String {
        let start = self.workflow.start_execution().state_machine_arn(&self.machine);
        let start = start.name(request.run.execution(attempt)).input(serde_json::to_string(request).unwrap());
        start.send().await.unwrap().execution_arn
    }

    async fn status(&self, execution: &str) -> ExecutionStatus {
        self.workflow.describe_execution().execution_arn(execution).send().await.unwrap().status
    }

    /// What the topic told of a run, and how its execution ended, which is a moment later.
    async fn end(&self, execution: &str) -> (String, ExecutionStatus) {
        let told = loop {
            let received =
                self.hub.sqs.receive_message().queue_url(&self.queue).wait_time_seconds(20).send().await.unwrap();
            if let [message] = received.messages() {
                let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                break body["Message"].as_str().unwrap().to_owned();
            }
            let status = self.status(execution).await;
            assert_eq!(status, ExecutionStatus::Running, "it ended and told nothing: {}", self.why(execution).await);
        };
        loop {
            let status = self.status(execution).await;
            if status != ExecutionStatus::Running {
                return (told, status);
            }
        }
    }

    /// Asserts that the first state refuses what was asked for, so that the execution ends without a message.
    async fn assert_refused(&self, execution: &str) {
        while self.status(execution).await == ExecutionStatus::Running {
            tokio::task::yield_now().await;
        }
        let told = self.workflow.describe_execution().execution_arn(execution).send().await.unwrap();
        assert_eq!(told.error.as_deref(), Some("Signalbox.Refused"), "{}", self.why(execution).await);
    }

    /// Why an execution failed, and what its function said.
    async fn why(&self, execution: &str) -> String {
        let told = self.workflow.describe_execution().execution_arn(execution).send().await.unwrap();
        format!("{:?} {:?} {:#?}", told.error, told.cause, self.hub.log_lines().await)
    }

    /// Every line of a run, by account.
    pub(super) async fn lines(&self, run: &RunId) -> BTreeMap<String, Vec<Entry<Value>>> {
        let s3 = &self.hub.scene.world.s3;
        let listed = s3.list_objects_v2().bucket(self.bucket()).prefix(keys::results_prefix(run)).send().await.unwrap();
        let mut found = BTreeMap::<String, Vec<Entry<Value>>>::new();
        for key in listed.contents().iter().filter_map(|it| it.key()) {
            for entry in lines::read(&self.object(key).await).unwrap() {
                found.entry(entry.account.id.to_string()).or_default().push(entry);
            }
        }
        found
    }

    async fn object(&self, key: &str) -> Vec<u8> {
        let object = self.hub.scene.world.s3.get_object().bucket(self.bucket()).key(key).send().await.unwrap();
        object.body.collect().await.unwrap().to_vec()
    }

    async fn manifest(&self, run: &RunId) -> Manifest {
        serde_json::from_slice(&self.object(&keys::manifest(run)).await).unwrap()
    }

    /// Ends the processes of the function, as a machine that is lost would.
    fn kill_the_function(&self) {
        let of_function = format!("AWS_LAMBDA_FUNCTION_NAME={}\0", Scene::FUNCTION).into_bytes();
        let has = |text: &[u8], part: &[u8]| text.windows(part.len()).any(|it| it == part);
        let mut killed = 0;
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
            if has(&environment, &of_function) && has(&environment, self.hub.scene.world.account.as_bytes()) {
                killed += 1;
                let id = process.file_name();
                assert!(Command::new("kill").arg("-9").arg(id).status().unwrap().success());
            }
        }
        assert!(killed > 0, "the function runs");
    }
}

/// The accounts of the organization, in the order of their ids; some are closed.
async fn members(scene: &Scene) -> Vec<String> {
    let client = Organizations::new(scene.world.sessions.config());
    let mut accounts = BTreeSet::from([scene.member.account.clone()]);
    while accounts.len() < ACCOUNTS {
        let name = format!("member-{}", accounts.len());
        let made =
            client.create_account().account_name(&name).email(format!("{name}@example.com")).send().await.unwrap();
        accounts.insert(made.create_account_status.unwrap().account_id.unwrap());
    }
    let accounts: Vec<_> = accounts.into_iter().collect();
    for place in SUSPENDED {
        client.close_account().account_id(&accounts[place]).send().await.unwrap();
    }
    accounts
}

/// A queue that hears a topic.
async fn hear(hub: &DeployedAccount<Scene>, topic: &str) -> String {
    let queue = hub.sqs.create_queue().queue_name("reports").send().await.unwrap().queue_url.unwrap();
    let asked = hub.sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::QueueArn);
    let arn = asked.send().await.unwrap().attributes.unwrap()[&QueueAttributeName::QueueArn].clone();
    let form = [
        ("Action", "Subscribe"),
        ("Version", "2010-03-31"),
        ("TopicArn", topic),
        ("Protocol", "sqs"),
        ("Endpoint", &arn),
    ];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let (status, answer) = hub.call("sns", "Content-Type: application/x-www-form-urlencoded", &body).await;
    assert!(status.contains("200"), "{status} {answer}");
    queue
}

/// The identities of every account, in two Regions.
fn request(run: &str, concurrency: u32) -> Request {
    let regions = ["eu-west-1", "eu-central-1"].map(|it| it.parse().unwrap()).into();
    let work = Work {
        operation: Operation::CallerIdentity,
        apply: false,
        regions: Some(AllOr::These(regions)),
        regions_at_once: 2,
        session: Session::default(),
    };
    let select = Select { targets: AllOr::All, ignore: Vec::new(), include_caller: false };
    Request { run: run.parse().unwrap(), select, work, tolerance: Tolerance::of(None), concurrency, series: None }
}

/// Starts a run whose worker dies in one account, and stops it in another.
async fn break_off(fleet: &Fleet, request: &Request) {
    let throttled = Fault {
        operation: Some("AssumeRole".into()),
        contains: Some(fleet.accounts[THROTTLED].clone()),
        // One more than a client asks, so that the first invocation gives up.
        times: 5,
        ..Fault::new(&fleet.hub.scene.world.account, FaultKind::Throttle)
    };
    AWS.inject(&throttled);
    let mut dies = AWS.gate(&fleet.accounts[DIES]);
    let mut last = AWS.gate(&fleet.accounts[STOPPED_AT]);
    let execution = fleet.start(request, 1).await;
    let held = dies.next().await;
    fleet.kill_the_function();
    drop((held, dies));
    let held = last.next().await;
    fleet.workflow.stop_execution().execution_arn(&execution).send().await.unwrap();
    drop((held, last));
    assert_eq!(fleet.status(&execution).await, ExecutionStatus::Aborted);
}

#[tokio::test]
async fn a_run_that_was_stopped_is_finished_and_has_each_account_once() {
    let fleet = Fleet::set_up().await;
    let mut request = request("identities-1", 1);
    break_off(&fleet, &request).await;
    let began = fleet.lines(&request.run).await;
    let has = |place: usize| began.contains_key(&fleet.accounts[place]);
    assert!(has(0) && has(THROTTLED) && has(WITHOUT_ROLE[0]) && !has(DIES) && !has(STOPPED_AT + 2), "{began:#?}");
    // Other work is not the run.
    request.work.regions_at_once = 1;
    let other = fleet.start(&request, 2).await;
    fleet.assert_refused(&other).await;
    request.work.regions_at_once = 2;
    request.concurrency = 8;
    let second = fleet.start(&request, 3).await;
    let (told, status) = fleet.end(&second).await;
    assert_eq!(status, ExecutionStatus::Succeeded, "{}", fleet.why(&second).await);
    let expected =
        "caller-identity identities-1: 37 accounts; results: 70; failures: 2; left alone: 4; without a result: 0";
    assert_eq!(told, expected);
    assert_each_once(&fleet, fleet.lines(&request.run).await);
    let manifest = fleet.manifest(&request.run).await;
    assert_eq!((manifest.execution.as_str(), manifest.without_result.len()), (second.as_str(), 0));
    assert_eq!((manifest.lines.results, manifest.lines.failed_assume_role, manifest.lines.skipped), (70, 2, 4));
}

/// Each account of the organization is in the lines once, with what it is there.
fn assert_each_once(fleet: &Fleet, mut lines: BTreeMap<String, Vec<Entry<Value>>>) {
    let hub = &fleet.hub.scene.world.account;
    assert_eq!(lines.remove(hub).map(|it| it.len()), Some(1), "the hub is left alone");
    assert_eq!(
        lines.keys().collect::<Vec<_>>(),
        fleet.accounts.iter().collect::<Vec<_>>(),
        "each account, and no other"
    );
    for (place, account) in fleet.accounts.iter().enumerate() {
        let expected = match place {
            _ if SUSPENDED.contains(&place) => vec![(List::Skipped, "")],
            _ if WITHOUT_ROLE.contains(&place) => vec![(List::FailedAssumeRole, "")],
            _ => vec![(List::Results, "eu-central-1"), (List::Results, "eu-west-1")],
        };
        let mut found: Vec<_> = lines[account].iter().map(|it| (it.list(), it.place().1)).collect();
        found.sort();
        assert_eq!(found, expected, "{place}: {:#?}", lines[account]);
    }
}

/// The state machine, not the function, counts failures: more than are tolerated end the run, and the manifest says so.
#[tokio::test]
async fn more_failures_than_are_tolerated_end_a_run_with_a_manifest_of_what_there_is() {
    let fleet = Fleet::set_up().await;
    let mut request = request("identities-2", 8);
    request.tolerance.accounts = 1;
    let execution = fleet.start(&request, 1).await;
    let (told, status) = fleet.end(&execution).await;
    assert_eq!(status, ExecutionStatus::Failed);
    assert!(told.ends_with("; ended by States.ExceedToleratedFailureThreshold"), "{told}");
    let manifest = fleet.manifest(&request.run).await;
    assert_eq!(manifest.failure.unwrap().error, "States.ExceedToleratedFailureThreshold");
    assert_eq!(manifest.lines.failed_assume_role, 2);
}
