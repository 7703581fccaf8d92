//! Policies that a pipeline of another account sends. The model is the number of a policy: every fourth one is right, every fourth one
//! allows everything and is corrected later, every fourth one may do more later, and every fourth artifact is not an archive.

use std::cell::Cell;
use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::jobs::{Jobs, Verdict};
use crate::functions::check_policy::{GIVEN, READING, Scene, WRITING, zip_of};
use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, Kind};
use crate::world::World;
use crate::world::roles::{EXTERNAL_ID, make_member};
use crate::world::scene::{Scene as _, read_sample};

/// What no policy may say.
const EVERYTHING: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]}"#;

/// The policies of a pipeline.
pub struct Policies {
    scene: Scene,
    count: usize,
    has_changed: Cell<bool>,
    jobs: Jobs,
}

impl Policies {
    /// So many policies.
    pub async fn new(count: usize) -> Self {
        let scene = Scene::set_up(&GIVEN, "a-policy-was-sent").await;
        let jobs = Jobs::of(&scene.requester.account);
        let policies = Self { scene, count, has_changed: Cell::new(false), jobs };
        policies.send_all().await;
        policies
    }

    async fn send_all(&self) {
        for number in 0..self.count {
            let metadata = json!({"PolicyName": name(number), "PolicyDescription": "of a soak"}).to_string();
            let zip = match policy(number, self.has_changed.get()) {
                Some(policy) => zip_of(&[("policy.json", policy.as_bytes()), ("metadata.json", metadata.as_bytes())]),
                None => b"this is not an archive".to_vec(),
            };
            self.scene.send_as(&key(number), &zip).await;
        }
    }

    /// What a job about this policy is told now.
    fn verdict(&self, number: usize) -> Verdict {
        match policy(number, self.has_changed.get()) {
            Some(policy) if policy != EVERYTHING => Verdict::Done,
            _ => Verdict::Refused,
        }
    }

    fn event_of(&self, thing: usize, number: usize) -> Value {
        let text = self.scene.with_own_ids(&read_sample("check-policy", "a-policy-was-sent"));
        let event = serde_json::from_str(&text.replace("source/policy.zip", &key(thing))).unwrap();
        self.jobs.open(event, number, self.verdict(thing))
    }

    async fn assert_made(&self) {
        let found = self.scene.policies().await;
        let made = (0..self.count).filter(|number| expected(*number).is_some()).count();
        assert_eq!(found.matches("signalbox/soak-").count(), made, "{found}");
        for number in 0..self.count {
            let Some((version, is_writing, others)) = expected(number) else { continue };
            let start = format!("signalbox/{}: {version} ", name(number));
            let (_, text) = found.split_once(&start).unwrap_or_else(|| panic!("no {start} in {found}"));
            let text = text.split("signalbox/soak-").next().unwrap();
            assert!(text.contains("OnlyT2"), "the central denies are in {text}");
            assert_eq!(text.contains("s3:PutObject"), is_writing, "{text}");
            assert!(text.ends_with(others) && text.contains("other versions") != others.is_empty(), "{start}{text}");
        }
    }
}

/// A policy of the pipeline's account in the end: its default version, whether it may write, and its other versions.
fn expected(number: usize) -> Option<(&'static str, bool, &'static str)> {
    match number % 4 {
        0 | 1 => Some(("v1", false, "")),
        2 => Some(("v2", true, "  other versions: v1\n")),
        _ => None,
    }
}

/// What is sent under this number; an artifact that is not an archive has none.
fn policy(number: usize, has_changed: bool) -> Option<&'static str> {
    match (number % 4, has_changed) {
        (0, _) | (1, true) | (2, false) => Some(READING),
        (1, false) => Some(EVERYTHING),
        (2, true) => Some(WRITING),
        _ => None,
    }
}

fn name(number: usize) -> String {
    format!("soak-{number}-readers")
}

fn key(number: usize) -> String {
    format!("source/{number}.zip")
}

impl Kind for Policies {
    fn function(&self) -> &'static str {
        "check-policy"
    }

    fn world(&self) -> &World {
        &self.scene.world
    }

    fn members(&self) -> Vec<String> {
        vec![self.scene.requester.account.clone()]
    }

    fn parameters(&self) -> Vec<(String, String)> {
        self.scene.parameters().into_iter().chain(given([("ExternalId", EXTERNAL_ID)])).collect()
    }

    fn deployed<'a>(&'a self, outputs: &'a BTreeMap<String, String>) -> LocalBoxFuture<'a, ()> {
        async {
            let parameters = self.scene.parameters();
            let organization = &parameters.iter().find(|(name, _)| name == "OrganizationId").unwrap().1;
            let given = [("HubRoleArn", outputs["RoleArn"].as_str()), ("OrganizationId", organization.as_str())];
            make_member(&self.scene.requester, &self.scene.world.account, "check-policy", &given, |_| {}).await;
        }
        .boxed_local()
    }

    fn things(&self) -> usize {
        self.count
    }

    fn calls(&self) -> &'static [Calls] {
        &[("dynamodb", None, 4), ("iam", None, 4), ("s3", None, 1), ("sts", None, 3), ("codepipeline", None, 1)]
    }

    fn event(&self, thing: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        async move { self.event_of(thing, number) }.boxed_local()
    }

    fn poison<'a>(&'a self, _: usize, _: usize, name: &'a str) -> LocalBoxFuture<'a, Value> {
        async move { json!({"CodePipeline.job": name}) }.boxed_local()
    }

    fn follow(&self, event: &Value, _: &Value) -> Option<Value> {
        self.jobs.follow(event)
    }

    fn change(&self) -> LocalBoxFuture<'_, ()> {
        async {
            self.has_changed.set(true);
            self.send_all().await;
        }
        .boxed_local()
    }

    fn check<'a>(&'a self, _: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            self.jobs.check();
            self.assert_made().await;
        }
        .boxed_local()
    }
}
