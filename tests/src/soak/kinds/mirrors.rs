//! A repository that is mirrored. The model is git: the bucket has the files of the branch's last commit, and no run is open. What a
//! message asks for comes as SQS hands it over; what cannot be read goes through the queue itself.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use crate::functions::mirror_repository::{GIVEN, JOURNAL, NAME, Scene};
use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, Kind};
use crate::world::World;
use crate::world::git::file;
use crate::world::scene::{Scene as _, read_sample};

/// The repository.
pub struct Mirrors {
    scene: Scene,
    bucket: String,
    queue: RefCell<String>,
}

impl Mirrors {
    /// A repository with a commit that was never mirrored.
    pub async fn new() -> Self {
        let scene = Scene::set_up(&GIVEN, "a-branch-was-pushed").await;
        let bucket = format!("deployed-{}", scene.bucket());
        let mirrors = Self { scene, bucket, queue: RefCell::default() };
        // The stack makes its own.
        mirrors.sqs().delete_queue().queue_url(&mirrors.scene.queue).send().await.unwrap();
        mirrors
    }

    fn sqs(&self) -> Sqs {
        Sqs::new(self.world().sessions.config())
    }

    /// The object of each key that is in the bucket.
    async fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        let s3 = &self.world().s3;
        let listed = s3.list_objects_v2().bucket(&self.bucket).send().await.unwrap();
        let mut objects = BTreeMap::new();
        for key in listed.contents().iter().filter_map(|it| it.key()) {
            let object = s3.get_object().bucket(&self.bucket).key(key).send().await.unwrap();
            objects.insert(key.to_owned(), object.body.collect().await.unwrap().to_vec());
        }
        objects
    }
}

impl Kind for Mirrors {
    fn function(&self) -> &'static str {
        "mirror-repository"
    }

    fn world(&self) -> &World {
        &self.scene.world
    }

    fn parameters(&self) -> Vec<(String, String)> {
        self.scene.parameters().into_iter().chain(given([("BucketName", &self.bucket.clone())])).collect()
    }

    /// The template's time is longer than an invocation, for which no test waits.
    fn deployed<'a>(&'a self, outputs: &'a BTreeMap<String, String>) -> LocalBoxFuture<'a, ()> {
        async {
            let queue = outputs["QueueUrl"].clone();
            let soon = self.sqs().set_queue_attributes().queue_url(&queue);
            soon.attributes(QueueAttributeName::VisibilityTimeout, "1").send().await.unwrap();
            self.queue.replace(queue);
        }
        .boxed_local()
    }

    fn things(&self) -> usize {
        1
    }

    fn calls(&self) -> &'static [Calls] {
        &[("dynamodb", None, 2), ("s3", None, 4)]
    }

    fn event(&self, _: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        let sample = read_sample("mirror-repository", "a-branch-was-pushed");
        let mut body: Value = serde_json::from_str(&sample).unwrap();
        body["delivery"] = json!(format!("00000000-0000-4000-9000-{number:012}"));
        async move { json!({"Records": [{"messageId": "1", "body": body.to_string()}]}) }.boxed_local()
    }

    fn send_poison<'a>(&'a self, name: &'a str) -> Option<LocalBoxFuture<'a, ()>> {
        let queue = self.queue.borrow().clone();
        let send = async move {
            let send = self.sqs().send_message().queue_url(queue).message_group_id(name).message_body(name);
            send.message_deduplication_id(name).send().await.unwrap();
        };
        Some(send.boxed_local())
    }

    /// SQS hands over again what was given back.
    fn follow(&self, event: &Value, report: &Value) -> Option<Value> {
        let failed = report["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{report} of {event}"));
        (!failed.is_empty()).then(|| event.clone())
    }

    fn change(&self) -> LocalBoxFuture<'_, ()> {
        self.scene.push("main", &[file("network/subnets.yaml", "Subnets: 2\n"), file("root.yaml", "Root: 2\n")]);
        async {}.boxed_local()
    }

    fn check<'a>(&'a self, _: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            let (objects, commits) = (self.objects().await, self.scene.commits());
            assert!(!objects.contains_key(JOURNAL), "a run is open");
            let layout = objects.into_iter().filter_map(|(key, body)| {
                let path = key.strip_prefix(NAME)?.strip_prefix('/')?.to_owned();
                Some((path, body))
            });
            assert_eq!(layout.collect::<BTreeMap<_, _>>(), self.scene.files_of(commits.last().unwrap()));
        }
        .boxed_local()
    }
}
