//! The world of `deploy-lambda`: a pipeline in the function's own account, what it sends, and the functions of a target account.

mod artifacts;
mod binary;
pub mod checks;
mod given;
mod jobs;
mod pipeline;
mod stories;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::jobs::Pipeline;
use aws::{Members, Sessions, in_name_of};
use delivery::Settings;
use ledger::DynamoLedger;
use local_aws::{Call, JobState};
use reaction::{Answers, Error, Left, Mode, Outcome, Reaction, Report, Run, drive_json};
use serde_json::{Value, json};
use suite::deploy_lambda::{DeployLambda, answers};

use crate::world::lambda::{VERSION, invoke, lambda, make_alias, make_function, publish, tag};
use crate::world::pipelines::make_versioned_bucket;
use crate::world::scene::{self, read_sample};
use crate::world::{AWS, DEPLOYMENTS, LEDGER, Organization, REGION, SAMPLE_ACCOUNT, World, run_for, sessions_of};

pub use given::*;

/// The job of the samples.
const JOB: &str = "11111111-abcd-1111-abcd-111111abcdef";

/// The target account of the samples.
const TARGET: &str = "222233334444";

/// A world in which a job is about to be heard.
pub struct Scene {
    pub world: World,
    /// The target account.
    pub member: World,
    sessions: Arc<Sessions>,
    organization: Organization,
    settings: Settings,
    sample: String,
    event: String,
    /// How many jobs there were: each round of a deployment has one of its own, and so has a stage that is retried.
    jobs: AtomicU64,
    /// What the function answered last, where its deployment goes on.
    token: std::sync::Mutex<Option<String>>,
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = DeployLambda::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let organization = if given.is_here { Organization::default() } else { world.make_organization().await };
        let account = if given.is_here { world.account.clone() } else { organization.with_own_ids(TARGET) };
        let member = World::of(&account).await;
        world.create_deployments().await;
        let sessions = Arc::new(sessions_of(&world.account).await.with_members(members(&member.account)));
        let settings = settings(&world.account);
        let (jobs, token) = (AtomicU64::new(0), std::sync::Mutex::default());
        let (event, of_world) = (String::new(), String::new());
        let mut it = Self { world, member, sessions, organization, settings, sample: of_world, event, jobs, token };
        it.sample = it.with_own_ids(&read_sample(Self::FUNCTION, sample));
        it.fill(given).await;
        it.open_job();
        it.event = it.event_of_job();
        it
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    /// Hears the job and those that go on with its deployment, as a pipeline sends them.
    async fn hear(&self, mode: Mode) -> Report {
        let mut before = Vec::new();
        loop {
            if mode == Mode::Apply && self.state() != Some(JobState::Open) {
                self.open_job();
            }
            let mut report = self.hear_once(mode).await;
            if report.left != Some(Left::Unfinished) || self.token().is_none() {
                // The steps of the first round are the plan; the last of them is what later rounds go on with.
                before.append(&mut report.steps);
                return Report { steps: before, ..report };
            }
            if before.is_empty() {
                before = report.steps;
                before.pop();
            }
        }
    }

    /// The artifact is read by the job's own credentials, which in the local AWS are of the function's account.
    fn is_by_what_the_event_brought(&self, call: &Call) -> bool {
        call.service == "s3" && call.path.contains("/source/code.zip")
    }

    /// What the alias answers, by which version, and whether the job succeeded; a stage that is retried is told other words than the
    /// first, which `jobs` looks at.
    async fn picture(&self) -> String {
        let (version, told) = invoke(&self.member, ORDERS, "live", "{}").await;
        let mut text = format!("orders:live answers {} by version {version}\n", told["says"]);
        match self.state() {
            Some(JobState::Open) => text.push_str("the job waits\n"),
            Some(JobState::Succeeded(_)) => text.push_str("the job succeeded\n"),
            Some(JobState::Failed(kind, message)) => writeln!(text, "the job failed: {kind}: {message}").unwrap(),
            other => panic!("{other:?}"),
        }
        self.with_sample_ids(&text)
    }

    fn with_sample_ids(&self, text: &str) -> String {
        let mut text = self.organization.with_sample_ids(text);
        for job in 0..=self.jobs.load(Ordering::Relaxed) {
            text = text.replace(&id_of(job), JOB);
        }
        text.replace(&self.world.account, SAMPLE_ACCOUNT)
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let organization = self.organization.with_own_ids("o-exampleorgid");
        let bucket = self.code_bucket();
        let given = [
            ("Accounts", self.member.account.as_str()),
            ("OrganizationId", organization.as_str()),
            ("DeployFunctions", ORDERS),
            ("DeliveryBucket", bucket.as_str()),
            ("DeploymentsTable", DEPLOYMENTS),
        ];
        given.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }
}

/// The function's settings.
fn settings(hub: &str) -> Settings {
    settings_with(hub, ORDERS)
}

/// The same for these functions.
fn settings_with(hub: &str, functions: &str) -> Settings {
    let variable = |name: &str| match name {
        "SIGNALBOX_DEPLOYMENTS_TABLE" => Some(DEPLOYMENTS.to_owned()),
        "SIGNALBOX_CODE_BUCKET" => Some(format!("code-{hub}")),
        "SIGNALBOX_DEPLOY_FUNCTIONS" => Some(functions.into()),
        _ => None,
    };
    Settings::read(&variable).expect("settings of a test")
}

/// In which account the function may act.
fn members(account: &str) -> Members {
    let variable = |name: &str| match name {
        "SIGNALBOX_ACCOUNTS" => Some(account.to_owned()),
        "SIGNALBOX_MEMBER_ROLE" => Some("signalbox-deploy-lambda".into()),
        _ => None,
    };
    Members::read(&variable).expect("settings of a test")
}

/// The id of a job: the first is that of the samples.
fn id_of(job: u64) -> String {
    format!("{:08}-abcd-1111-abcd-111111abcdef", 11_111_111 + job)
}

impl Scene {
    /// What there is before.
    async fn fill(&self, given: &Given) {
        make_versioned_bucket(&self.world, &self.code_bucket()).await;
        let reader = format!("arn:aws:iam::{}:root", self.member.account);
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": reader},
            "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": format!("arn:aws:s3:::{}/code/*", self.code_bucket())}]});
        let put = self.world.s3.put_bucket_policy().bucket(self.code_bucket()).policy(policy.to_string());
        put.send().await.unwrap();
        make_function(&self.member, ORDERS, crate::world::lambda::code(given.before)).await;
        let version = publish(&self.member, ORDERS, crate::world::lambda::code(given.before)).await;
        make_alias(&self.member, ORDERS, "live", &version).await;
        if given.fails {
            tag(&self.member, ORDERS, VERSION, Some("Failed InvalidRuntime")).await;
        }
        if given.is_of_a_stack {
            tag(&self.member, ORDERS, "aws:cloudformation:stack-name", Some("shop")).await;
        }
        self.send(&artifact(&self.with_own_ids(given.order), given.sent)).await;
    }

    /// One job, and its answer.
    pub async fn hear_once(&self, mode: Mode) -> Report {
        self.hear_within(mode, Duration::from_mins(1)).await
    }

    /// One job, in an invocation of which so much time is left, and its answer.
    pub async fn hear_within(&self, mode: Mode, left: Duration) -> Report {
        self.drive(mode, left, &self.event_of_job()).await
    }

    /// The same with this event.
    pub async fn drive(&self, mode: Mode, left: Duration, event: &str) -> Report {
        let run = Run::new(DeployLambda::NAME, self.job(), run_for(left).deadline);
        in_name_of(&run, async {
            let function = DeployLambda::new(self.sessions.clone(), self.settings.clone());
            let ledger = DynamoLedger::new(&self.world.sessions, LEDGER, DeployLambda::NAME);
            let report = drive_json(&function, &ledger, mode, &run, event).await;
            if mode == Mode::Plan || report.left == Some(Left::Busy) {
                return report;
            }
            let caller = Pipeline::caller(event).expect("a job");
            match answers(&self.sessions).answer(&caller, &report, &run).await {
                Ok(()) => {
                    *self.token.lock().unwrap() = match self.state() {
                        Some(JobState::Continued(token)) => Some(token),
                        _ => None,
                    };
                    report
                }
                // Lambda hears of an error, and delivers the job again.
                Err(error) => Report::of_error(Self::NAME, &Error::failed(error)),
            }
        })
        .await
    }

    const NAME: &'static str = DeployLambda::NAME;

    fn token(&self) -> Option<String> {
        self.token.lock().unwrap().clone()
    }

    /// Puts an artifact where the job finds it.
    pub async fn send(&self, zip: &[u8]) {
        self.send_as("source/code.zip", zip).await;
    }

    /// Puts an artifact there under this key.
    pub async fn send_as(&self, key: &str, zip: &[u8]) {
        self.world.make_bucket(&self.world.bucket()).await;
        let put = self.world.s3.put_object().bucket(self.world.bucket()).key(key);
        put.body(zip.to_vec().into()).send().await.unwrap();
    }

    /// The event of the job that is open, or was the last one.
    pub fn event_of_job(&self) -> String {
        let mut event: Value = serde_json::from_str(&self.sample.replace(JOB, &self.job())).unwrap();
        if let Some(token) = self.token() {
            event["CodePipeline.job"]["data"]["continuationToken"] = json!(token);
        }
        event.to_string()
    }

    /// The job that is open, or was the last one.
    pub fn job(&self) -> String {
        id_of(self.jobs.load(Ordering::Relaxed))
    }

    pub fn open_job(&self) {
        if self.state().is_some() {
            self.jobs.fetch_add(1, Ordering::Relaxed);
        }
        AWS.open_job(&self.world.account, REGION, &self.job());
    }

    /// What became of the job.
    pub fn state(&self) -> Option<JobState> {
        AWS.job(&self.world.account, REGION, &self.job())
    }

    fn code_bucket(&self) -> String {
        format!("code-{}", self.world.account)
    }

    /// A text of the samples with the ids of this world.
    pub fn with_own_ids(&self, text: &str) -> String {
        let text = self.organization.with_own_ids(&text.replace(SAMPLE_ACCOUNT, &self.world.account));
        text.replace(TARGET, &self.member.account).replace("com-example-pipeline", &self.world.bucket())
    }
}

/// What the function's own role is asked for beside the stories: what encrypts code, and the history of a function where old versions
/// are deleted.
async fn operations_beside_the_stories() -> Vec<String> {
    let keys = ["kms:Decrypt", "kms:GenerateDataKey"].map(String::from);
    let mut scene = <Scene as scene::Scene>::set_up(&GIVEN, "code-was-sent").await;
    scene.settings.keep = Some(2);
    let before = scene.world.calls();
    let report = scene::Scene::hear(&scene, Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    // The same code, sent again while its object is there.
    lambda(&scene.member).update_alias().function_name(ORDERS).name("live").function_version("1").send().await.unwrap();
    scene::Scene::hear(&scene, Mode::Apply).await;
    scene.world.operations_since(before).into_iter().chain(keys).collect()
}
