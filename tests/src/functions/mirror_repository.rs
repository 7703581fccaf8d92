//! The world of `mirror-repository`: a repository that real git made at a forge on loopback, a bucket, and a queue. The truth about the
//! bucket is what S3 lists and sends; the truth about a commit is what `git ls-tree` says.

pub mod checks;
mod deployed;
mod full;
mod given;
mod hazards;
mod races;
mod reader;
mod stories;
mod warm;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use aws::in_name_of;
use aws_sdk_s3::config::AppName;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use ledger::DynamoLedger;
use mirror_repository::{MirrorRepository, Settings};
use reaction::{Mode, Reaction, Report, Run, drive_json};
use serde_json::{Value, json};

use crate::world::git::forge::{Forge, TOKEN};
use crate::world::git::{Folder, Repository};
use crate::world::scene::{self, read_sample};
use crate::world::{LEDGER, SAMPLE_ACCOUNT, World, run_for};

pub use given::*;

/// The name by which the repository is mirrored.
pub const NAME: &str = "acme/templates";

/// What commits are called in texts, in the order in which they were made.
const COMMITS: [&str; 4] = ["FIRST", "SECOND", "THIRD", "FOURTH"];

/// A world in which a message is about to be heard.
pub struct Scene {
    pub world: World,
    pub repository: Repository,
    pub forge: Forge,
    /// What looks into the bucket, whatever else is held up.
    observer: aws_sdk_s3::Client,
    given: Given,
    folder: Folder,
    event: String,
    pub queue: String,
    secret: String,
    commits: Mutex<Vec<String>>,
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = MirrorRepository::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let repository = Repository::make("templates");
        let forge = Forge::start(&repository).await;
        let event = read_sample(Self::FUNCTION, sample).replace(SAMPLE_ACCOUNT, &world.account);
        let queue = make_queue(&world).await;
        let (secret, folder, given) = (make_secret(&world).await, Folder::make(), given.clone());
        let (observer, commits) = (observer(&world), Mutex::default());
        let scene = Self { world, repository, forge, observer, given, folder, event, queue, secret, commits };
        scene.fill().await;
        scene
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        self.hear_of(&self.event, mode).await
    }

    /// The objects of the bucket, and the messages of the queue.
    async fn picture(&self) -> String {
        let mut lines = Vec::new();
        for (key, body) in self.objects().await {
            lines.push(self.with_sample_ids(&format!("{key}: {}\n", shown(&key, &body))));
        }
        for message in self.messages().await {
            lines.push(self.with_sample_ids(&format!("message: {message}\n")));
        }
        // By the names of the commits, whose ids differ from run to run.
        lines.sort();
        lines.concat()
    }

    fn with_sample_ids(&self, text: &str) -> String {
        let commits = self.commits.lock().unwrap();
        let named = commits.iter().zip(COMMITS);
        let text = named.fold(text.to_owned(), |text, (commit, name)| text.replace(commit, name));
        let text =
            text.replace(&self.forge.base, "https://git.example.com").replace(&self.world.account, SAMPLE_ACCOUNT);
        text.replace(self.folder.path().to_str().unwrap(), "/tmp").replace(&"x".repeat(1020), "xxx..")
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let given = [
            ("Repositories", self.location()),
            ("BucketName", self.bucket()),
            ("SecretArns", self.secret.clone()),
            ("ConnectionArns", format!("arn:aws:codeconnections:eu-west-1:{}:connection/1", self.world.account)),
            ("CodeCommitArns", format!("arn:aws:codecommit:eu-west-1:{}:templates", self.world.account)),
        ];
        given.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }
}

/// A client whose calls no gate holds.
fn observer(world: &World) -> aws_sdk_s3::Client {
    let name = AppName::new(local_aws::OBSERVER).unwrap();
    let config = aws_sdk_s3::config::Builder::from(world.sessions.config()).app_name(name);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// Makes the secret with the token: its ARN.
async fn make_secret(world: &World) -> String {
    let secrets = aws_sdk_secretsmanager::Client::new(world.sessions.config());
    let token = json!({"token": TOKEN}).to_string();
    secrets.create_secret().name("git-token").secret_string(token).send().await.unwrap().arn.unwrap()
}

async fn make_queue(world: &World) -> String {
    let sqs = aws_sdk_sqs::Client::new(world.sessions.config());
    let request = sqs.create_queue().queue_name("signalbox-mirror-repository.fifo");
    let fifo = [(QueueAttributeName::FifoQueue, "true"), (QueueAttributeName::ContentBasedDeduplication, "true")];
    let request = fifo.into_iter().fold(request, |it, (name, value)| it.attributes(name, value));
    request.send().await.unwrap().queue_url.unwrap()
}

impl Scene {
    /// What there is before.
    async fn fill(&self) {
        self.world.make_bucket(&self.bucket()).await;
        self.put_list(&self.list()).await;
        for before in self.given.earlier.into_iter().chain(self.given.before) {
            self.push("main", before);
            let report = self.mirror().await;
            assert_eq!(report.outcome, reaction::Outcome::Applied, "{report}");
            self.world.lose_ledger().await;
        }
        // The branch stays where it is, where it is to have what was mirrored.
        if self.given.before.is_none_or(|before| !std::ptr::eq(before, self.given.now)) {
            self.push("main", self.given.now);
        }
    }

    /// The bucket that the repository is mirrored to.
    pub fn bucket(&self) -> String {
        format!("mirror-{}", self.world.account)
    }

    /// The folder in which commits are kept.
    pub fn kept(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The commits that were pushed.
    pub fn commits(&self) -> Vec<String> {
        self.commits.lock().unwrap().clone()
    }

    /// Where the list of repositories lies.
    pub fn location(&self) -> String {
        if self.given.is_parameter {
            "ssm:/repositories".into()
        } else {
            format!("s3://{}/repositories.json", self.world.bucket())
        }
    }

    /// The list of repositories.
    pub fn list(&self) -> Value {
        let url = format!("{}/templates.git", self.forge.base);
        let from = json!({"https": url, "token": self.secret, "certificates": self.forge.authority});
        json!({"repositories": {NAME: {"from": from, "branch": "main", "copies": self.given.copies, "lfs": self.given.lfs}}})
    }

    /// Puts the list where the function reads it.
    pub async fn put_list(&self, list: &Value) {
        let text = list.to_string();
        if self.given.is_parameter {
            let ssm = aws_sdk_ssm::Client::new(self.world.sessions.config());
            let request = ssm.put_parameter().name("/repositories").value(text).overwrite(true);
            request.r#type(aws_sdk_ssm::types::ParameterType::String).send().await.unwrap();
            return;
        }
        self.world.make_bucket(&self.world.bucket()).await;
        let put = self.world.s3.put_object().bucket(self.world.bucket()).key("repositories.json");
        put.body(text.into_bytes().into()).send().await.unwrap();
    }

    /// Makes a commit with exactly these files: its id.
    pub fn push(&self, branch: &str, files: &[crate::world::git::File]) -> String {
        let commit = self.repository.commit(branch, files);
        self.commits.lock().unwrap().push(commit.clone());
        commit
    }

    /// The function, as a new sandbox has it, but for what earlier ones kept on the disk.
    pub fn function(&self) -> MirrorRepository {
        let (location, bucket, queue) = (self.location(), self.bucket(), self.queue.clone());
        let kept = self.given.kept;
        let variables = move |name: &str| match name {
            "SIGNALBOX_KEPT_COPIES" => kept.map(String::from),
            "SIGNALBOX_REPOSITORIES" => Some(location.clone()),
            "SIGNALBOX_MIRROR_BUCKET" => Some(bucket.clone()),
            "SIGNALBOX_MIRROR_QUEUE" => Some(queue.clone()),
            _ => None,
        };
        let settings = Settings::read(&variables).unwrap();
        MirrorRepository::new(self.world.sessions.clone(), settings).keeping(self.folder.path().join("kept"))
    }

    /// What the function makes of a message.
    pub async fn hear_of(&self, event: &str, mode: Mode) -> Report {
        self.hear_as(&self.function(), event, mode).await
    }

    /// What this very function makes of a message.
    pub async fn hear_as(&self, function: &MirrorRepository, event: &str, mode: Mode) -> Report {
        let ledger = DynamoLedger::new(&self.world.sessions, LEDGER, MirrorRepository::NAME);
        let run = Run::new(MirrorRepository::NAME, "a-message", run_for(Duration::from_mins(5)).deadline);
        in_name_of(&run, drive_json(function, &ledger, mode, &run, event)).await
    }

    /// Asks for a copy of the repository.
    pub async fn mirror(&self) -> Report {
        self.hear_of(&json!({"repository": NAME}).to_string(), Mode::Apply).await
    }

    /// Every object of the bucket, by key.
    pub async fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let listed = self.observer.list_objects_v2().bucket(self.bucket()).send().await.unwrap();
        let mut objects = BTreeMap::new();
        for object in listed.contents.unwrap_or_default() {
            let key = object.key.unwrap();
            let body = self.object(&key).await.unwrap();
            objects.insert(key, body);
        }
        objects
    }

    /// An object of the bucket.
    pub async fn object(&self, key: &str) -> Option<Vec<u8>> {
        let found = self.observer.get_object().bucket(self.bucket()).key(key).send().await.ok()?;
        Some(found.body.collect().await.unwrap().into_bytes().to_vec())
    }

    /// What is below a prefix, by path.
    pub async fn below(&self, prefix: &str) -> BTreeMap<String, Vec<u8>> {
        let objects = self.objects().await.into_iter();
        objects.filter_map(|(key, body)| Some((key.strip_prefix(prefix)?.to_owned(), body))).collect()
    }

    /// What git says that a commit's files are: those of the bucket, whatever else the tree has.
    pub fn files_of(&self, commit: &str) -> BTreeMap<String, Vec<u8>> {
        let entries = self.repository.entries(commit).into_iter();
        let files = entries.filter(|it| matches!(it.mode, git::Mode::File | git::Mode::Executable));
        files
            .filter_map(|it| Some((String::from_utf8(it.path.clone()).ok()?, self.repository.content(&it.blob))))
            .collect()
    }

    /// Asserts that the bucket is as git says that the branch is, in the layout and where the pointer leads.
    pub async fn assert_mirrored(&self) {
        let commit = self.repository.line(&["rev-parse", "refs/heads/main"]);
        let files = self.files_of(&commit);
        assert_eq!(self.below(&format!("{NAME}/")).await, files, "the layout");
        if self.given.copies.contains(&"main") {
            let pointer: Value = serde_json::from_slice(&self.object(POINTER).await.unwrap()).unwrap();
            assert_eq!(pointer["commit"], commit.as_str());
            assert_eq!(self.below(pointer["prefix"].as_str().unwrap()).await, files, "the copy");
        }
        assert_eq!(self.object(JOURNAL).await, None, "no run is open");
    }

    /// The messages that wait in the queue, each with its group.
    pub async fn messages(&self) -> Vec<String> {
        let sqs = aws_sdk_sqs::Client::new(self.world.sessions.config());
        let request = sqs.receive_message().queue_url(&self.queue).max_number_of_messages(10).visibility_timeout(0);
        let group = MessageSystemAttributeName::MessageGroupId;
        let received = request.message_system_attribute_names(group.clone()).send().await.unwrap().messages;
        let received = received.unwrap_or_default().into_iter();
        received.map(|it| format!("{}: {}", it.attributes.unwrap()[&group], it.body.unwrap())).collect()
    }
}

/// An object as the stories show it: of a manifest what counts, of a file its text.
fn shown(key: &str, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).trim_end().to_owned();
    let Ok(json) = serde_json::from_str::<Value>(&text) else { return text };
    match key {
        MANIFEST => {
            let Some(files) = json["files"].as_object() else { return text };
            format!(
                "commit {}, {} files, {} left",
                json["commit"].as_str().unwrap(),
                files.len(),
                json["left"].as_array().unwrap().len()
            )
        }
        _ => text,
    }
}
