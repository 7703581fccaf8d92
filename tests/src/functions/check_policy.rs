//! The world of `check-policy`: a pipeline in an account of the function's organization, what it sends, and the policies that its
//! account has afterwards.

mod artifacts;
mod binary;
pub mod checks;
mod faults;
mod given;
mod history;
mod large;
mod pipeline;
mod stories;
mod versions;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws::{Members, Sessions, in_name_of};
use aws_sdk_iam::types::{PolicyScopeType, Tag};
use check_policy::{CheckPolicy, Content, OWNER, Settings, answers};
use jobs::Pipeline;
use ledger::DynamoLedger;
use local_aws::JobState;
use percent_encoding::percent_decode_str;
use reaction::{Answers, Error, Left, Mode, Outcome, Reaction, Report, Run, drive_json};
use sharing_records::Grants;

use crate::world::scene::{self, read_sample};
use crate::world::{AUDIT, AWS, GRANTS, LEDGER, Organization, REGION, SAMPLE_ACCOUNT, World, run_for, sessions_of};

pub use given::*;

/// The job of the samples.
const JOB: &str = "11111111-abcd-1111-abcd-111111abcdef";

/// The account of the pipeline in the samples.
const REQUESTER: &str = "222233334444";

/// A world in which a job is about to be heard.
pub struct Scene {
    pub world: World,
    /// The account of the pipeline.
    pub requester: World,
    sessions: Arc<Sessions>,
    organization: Organization,
    grants: Grants,
    settings: Settings,
    /// The event, whose job is that of the samples.
    sample: String,
    event: String,
    /// How many jobs there were: a stage that failed is retried by a job of its own.
    jobs: AtomicU64,
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = CheckPolicy::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let organization = if given.is_here { Organization::default() } else { world.make_organization().await };
        let account = if given.is_here { world.account.clone() } else { organization.with_own_ids(REQUESTER) };
        let requester = World::of(&account).await;
        world.create_grants_tables().await;
        let sessions = Arc::new(sessions_of(&world.account).await.with_members(members(&requester.account)));
        let grants = Grants::new(&world.sessions, GRANTS, AUDIT, CheckPolicy::NAME);
        let (event, jobs) = (String::new(), AtomicU64::new(0));
        let (settings, sample_of_world) = (settings(given), String::new());
        let mut scene =
            Self { world, requester, sessions, organization, grants, settings, sample: sample_of_world, event, jobs };
        scene.sample = scene.with_own_ids(&read_sample(Self::FUNCTION, sample));
        scene.fill(given).await;
        scene.open_job();
        scene.event = scene.event_of_job();
        scene
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        if mode == Mode::Apply && self.state() != Some(JobState::Open) {
            self.open_job();
        }
        let run = self.run();
        in_name_of(&run, async {
            let report = self.drive(mode, &run, &self.event_of_job()).await;
            if mode == Mode::Plan || report.left == Some(Left::Busy) {
                return report;
            }
            match self.answer(&report, &run).await {
                Ok(()) => report,
                // Lambda hears of an error, and delivers the job again.
                Err(error) => Report::of_error(Self::FUNCTION, &Error::failed(error)),
            }
        })
        .await
    }

    /// The policies of the pipeline's account, and what the pipeline was told.
    async fn picture(&self) -> String {
        let mut text = self.policies().await;
        match self.state() {
            Some(JobState::Open) => text.push_str("the job waits\n"),
            Some(JobState::Succeeded(summary)) => writeln!(text, "the job succeeded: {summary}").unwrap(),
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

    fn grants(&self) -> Option<Grants> {
        Some(self.grants.clone())
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let organization = self.organization.with_own_ids("o-exampleorgid");
        let second = if self.settings.asks_access_analyzer { "access-analyzer" } else { "none" };
        let given = [
            ("Accounts", self.requester.account.as_str()),
            ("OrganizationId", organization.as_str()),
            ("PolicyTagKeys", TAG_KEYS),
            ("SecondOpinion", second),
        ];
        given.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
    }
}

/// The function's settings.
fn settings(given: &Given) -> Settings {
    let variable = |name: &str| match name {
        "SIGNALBOX_POLICY_TAGS" => Some(TAG_KEYS.to_owned()),
        "SIGNALBOX_SECOND_OPINION" => given.has_second_opinion.then(|| "access-analyzer".into()),
        _ => None,
    };
    Settings::read(&variable).expect("settings of a test")
}

/// In which account the function may act.
fn members(account: &str) -> Members {
    let variable = |name: &str| match name {
        "SIGNALBOX_ACCOUNTS" => Some(account.to_owned()),
        "SIGNALBOX_MEMBER_ROLE" => Some("central-account-role".into()),
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
        if let Some(denies) = given.denies {
            let iam = aws_sdk_iam::Client::new(self.world.sessions.config());
            let made = iam.create_policy().policy_name("central-deny-policy-sandbox").policy_document(denies);
            made.send().await.unwrap();
        }
        for sent in given.before {
            self.send(&sent.zip()).await;
            self.open_job();
            let report = scene::Scene::hear(self, Mode::Apply).await;
            assert_eq!(report.outcome, Outcome::Applied, "{report}");
        }
        let iam = self.iam();
        for spare in 0..given.spares {
            let arn = format!("arn:aws:iam::{}:policy/signalbox/data-readers", self.requester.account);
            let document = READING.replace("com-example-data", &format!("spare-{spare}"));
            iam.create_policy_version().policy_arn(arn).policy_document(document).send().await.unwrap();
        }
        if let Some(foreign) = &given.foreign {
            let made = iam.create_policy().policy_name(foreign.name).path("/signalbox/").policy_document(READING);
            let tag = Tag::builder().key(OWNER).value(CheckPolicy::NAME).build().unwrap();
            made.set_tags(foreign.is_tagged.then(|| vec![tag])).send().await.unwrap();
        }
        self.send(&given.sent.zip()).await;
    }

    fn run(&self) -> Run {
        Run::new(CheckPolicy::NAME, self.job(), run_for(Duration::from_mins(1)).deadline)
    }

    async fn drive(&self, mode: Mode, run: &Run, event: &str) -> Report {
        self.drive_by(&self.function(), mode, run, event).await
    }

    /// The function, as it is after its init.
    pub fn function(&self) -> CheckPolicy {
        CheckPolicy::new(self.sessions.clone(), self.settings.clone(), Some(self.grants.clone()))
    }

    async fn drive_by(&self, function: &CheckPolicy, mode: Mode, run: &Run, event: &str) -> Report {
        let ledger = DynamoLedger::new(&self.world.sessions, LEDGER, CheckPolicy::NAME);
        drive_json(function, &ledger, mode, run, event).await
    }

    /// What the function makes of an event, without an answer.
    pub async fn hear_of(&self, event: &str) -> Report {
        let run = self.run();
        in_name_of(&run, self.drive(Mode::Apply, &run, event)).await
    }

    /// What a function that may be warm makes of the job, without an answer.
    pub async fn hear_by(&self, function: &CheckPolicy) -> Report {
        let run = self.run();
        in_name_of(&run, self.drive_by(function, Mode::Apply, &run, &self.event_of_job())).await
    }

    /// The same world, of a function that may act in this account only.
    pub async fn admitting(self, account: &str) -> Self {
        let sessions = sessions_of(&self.world.account).await.with_members(members(account));
        Self { sessions: Arc::new(sessions), ..self }
    }

    /// IAM in the account of the pipeline.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(self.requester.sessions.config())
    }

    /// Puts an artifact where the job finds it.
    pub async fn send(&self, zip: &[u8]) {
        self.send_as("source/policy.zip", zip).await;
    }

    /// Puts an artifact there under this key.
    pub async fn send_as(&self, key: &str, zip: &[u8]) {
        self.requester.make_bucket(&self.requester.bucket()).await;
        let put = self.requester.s3.put_object().bucket(self.requester.bucket()).key(key);
        put.body(zip.to_vec().into()).send().await.unwrap();
    }

    /// The event of the job that is open, or was the last one.
    fn event_of_job(&self) -> String {
        self.sample.replace(JOB, &self.job())
    }

    /// The job that is open, or was the last one.
    pub fn job(&self) -> String {
        id_of(self.jobs.load(Ordering::Relaxed))
    }

    fn open_job(&self) {
        if self.state().is_some() {
            self.jobs.fetch_add(1, Ordering::Relaxed);
        }
        AWS.open_job(&self.requester.account, REGION, &self.job());
    }

    /// What became of the job.
    pub fn state(&self) -> Option<JobState> {
        AWS.job(&self.requester.account, REGION, &self.job())
    }

    async fn answer(&self, report: &Report, run: &Run) -> Result<(), Error> {
        let caller = Pipeline::caller(&self.event_of_job()).expect("a job");
        answers(&self.sessions).answer(&caller, report, run).await
    }

    /// A text of the samples with the ids of this world.
    pub fn with_own_ids(&self, text: &str) -> String {
        let text = text.replace(REQUESTER, &self.requester.account).replace(SAMPLE_ACCOUNT, &self.world.account);
        text.replace("com-example-pipeline", &self.requester.bucket())
    }

    /// Every policy of the pipeline's account, with its versions.
    pub async fn policies(&self) -> String {
        let (iam, mut text) = (self.iam(), String::new());
        let listed = iam.list_policies().scope(PolicyScopeType::Local).send().await.unwrap();
        for policy in listed.policies() {
            let arn = policy.arn().unwrap();
            let id = arn.split_once(":policy/").unwrap().1;
            if id == "central-deny-policy-sandbox" {
                continue;
            }
            let tags = iam.list_policy_tags().policy_arn(arn).send().await.unwrap();
            let tags: Vec<_> = tags.tags().iter().map(|it| format!("{}={}", it.key(), it.value())).collect();
            let tags = if tags.is_empty() { "no tag".into() } else { scene::sorted(tags) };
            let default = policy.default_version_id().unwrap();
            let document = self.document(arn, default).await;
            let content: Vec<_> = Content::of(&document).recorded().iter().map(ToString::to_string).collect();
            writeln!(text, "{id}: {default} {} tagged {tags}", content.concat()).unwrap();
            writeln!(text, "  {document}").unwrap();
            let versions = iam.list_policy_versions().policy_arn(arn).send().await.unwrap();
            let others = versions.versions().iter().filter(|it| !it.is_default_version());
            let others: Vec<_> = others.map(|it| it.version_id().unwrap()).collect();
            if !others.is_empty() {
                writeln!(text, "  other versions: {}", others.join(", ")).unwrap();
            }
        }
        text
    }

    /// A version's document.
    pub async fn document(&self, arn: &str, version: &str) -> String {
        let asked = self.iam().get_policy_version().policy_arn(arn).version_id(version).send().await.unwrap();
        let encoded = asked.policy_version.unwrap().document.unwrap();
        percent_decode_str(&encoded).decode_utf8().unwrap().into_owned()
    }
}

/// What the function's own role is asked for beside the stories: in its own account it answers the pipeline; and where the table of grants
/// was lost, the audit says how the record of a policy stands.
async fn operations_beside_the_stories() -> Vec<String> {
    let scene = <Scene as scene::Scene>::set_up(&GIVEN, "a-policy-was-sent").await;
    scene::Scene::hear(&scene, Mode::Apply).await;
    scene.world.lose_grants().await;
    let arn = format!("arn:aws:iam::{}:policy/signalbox/data-readers", scene.requester.account);
    scene.iam().delete_policy().policy_arn(arn).send().await.unwrap();
    let before = scene.world.calls();
    assert_eq!(scene::Scene::hear(&scene, Mode::Apply).await.outcome, Outcome::Applied);
    let mut operations = scene.world.operations_since(before);
    for denies in [GIVEN.denies, None] {
        let here = Given { is_here: true, denies, ..GIVEN };
        let scene = <Scene as scene::Scene>::set_up(&here, "a-policy-was-sent").await;
        let before = scene.world.calls();
        scene::Scene::hear(&scene, Mode::Apply).await;
        let calls = AWS.calls_since(&scene.world.account, before).into_iter();
        let answers = calls.filter(|call| call.service == "codepipeline");
        operations.extend(answers.map(|call| format!("{}:{}", call.service, call.operation)));
    }
    operations
}
