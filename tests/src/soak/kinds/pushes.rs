//! Pushes that a forge tells of, and what the queue has of them. The model is the number of a push: the queue names its branch and its
//! commit, and of a request with another body than was signed it has nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;

use aws_sdk_sqs::Client as Sqs;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use ring::hmac;
use serde_json::{Value, json};

use crate::functions::receive_webhook::{SECRET, Scene};
use crate::soak::hub::Functions;
use crate::soak::kind::{Calls, Kind};
use crate::world::World;
use crate::world::scene::{Scene as _, read_sample};

/// A commit of the sample.
const COMMIT: &str = "59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5";

/// The branches of a repository.
pub struct Pushes {
    scene: Scene,
    branches: usize,
    /// The commits that were pushed, each with its branch.
    expected: RefCell<BTreeSet<(String, String)>>,
}

impl Pushes {
    /// So many branches.
    pub async fn new(branches: usize) -> Self {
        let scene = Scene::set_up(&(), "a-branch-was-pushed-at-github").await;
        Self { scene, branches, expected: RefCell::default() }
    }

    /// What the queue has, which is taken out.
    async fn told(&self) -> BTreeSet<(String, String)> {
        let (sqs, queue) = (Sqs::new(self.scene.world.sessions.config()), &self.scene.queue);
        let mut told = BTreeSet::new();
        loop {
            let received = sqs.receive_message().queue_url(queue).max_number_of_messages(10).send().await.unwrap();
            if received.messages().is_empty() {
                return told;
            }
            for message in received.messages() {
                let said: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                assert_eq!(said["repository"], "acme/templates", "{said}");
                told.insert((said["ref"].as_str().unwrap().into(), said["commit"].as_str().unwrap().into()));
                let delete = sqs.delete_message().queue_url(queue).receipt_handle(message.receipt_handle().unwrap());
                delete.send().await.unwrap();
            }
        }
    }
}

/// What the forge sends of a commit of this number.
fn push(thing: usize, number: usize) -> Value {
    let (branch, commit) = pushed(thing, number);
    let text = read_sample("receive-webhook", "a-branch-was-pushed-at-github");
    let mut event: Value = serde_json::from_str(&text).unwrap();
    let body = event["body"].as_str().unwrap().replace(COMMIT, &commit).replace("refs/heads/main", &branch);
    event["headers"]["x-github-delivery"] = json!(format!("00000000-0000-4000-9000-{number:012}"));
    event["headers"]["x-hub-signature-256"] = json!(signature(&body));
    event["body"] = json!(body);
    event
}

/// The branch of this number, and the commit of this number. One of zeros would say that the branch is gone.
fn pushed(thing: usize, number: usize) -> (String, String) {
    (format!("refs/heads/branch-{thing}"), format!("{:040x}", number + 1))
}

/// What GitHub says of a body.
fn signature(body: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body.as_bytes());
    let hex: Vec<_> = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={}", hex.concat())
}

impl Kind for Pushes {
    fn function(&self) -> &'static str {
        "receive-webhook"
    }

    fn world(&self) -> &World {
        &self.scene.world
    }

    fn parameters(&self) -> Vec<(String, String)> {
        self.scene.parameters()
    }

    fn things(&self) -> usize {
        self.branches
    }

    fn calls(&self) -> &'static [Calls] {
        &[("sqs", Some("SendMessage"), 1)]
    }

    fn event(&self, thing: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        self.expected.borrow_mut().insert(pushed(thing, number));
        async move { push(thing, number) }.boxed_local()
    }

    /// A body that was not signed so.
    fn poison<'a>(&'a self, thing: usize, number: usize, name: &'a str) -> LocalBoxFuture<'a, Value> {
        async move {
            let mut event = push(thing, number);
            event["body"] = json!(event["body"].as_str().unwrap().replace("jane", name));
            event
        }
        .boxed_local()
    }

    fn is_told(&self, answer: &Result<Value, Value>) -> bool {
        answer.as_ref().is_ok_and(|it| it["statusCode"] == 401)
    }

    /// A forge sends again what was not taken.
    fn follow(&self, event: &Value, report: &Value) -> Option<Value> {
        assert!(report["statusCode"] == 202 || report["statusCode"] == 503, "{report} of {event}");
        (report["statusCode"] == 503).then(|| event.clone())
    }

    fn check<'a>(&'a self, _: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async { assert_eq!(self.told().await, *self.expected.borrow()) }.boxed_local()
    }
}
