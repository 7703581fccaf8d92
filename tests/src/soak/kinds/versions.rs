//! Functions whose code a pipeline delivers. The model is the number of a function: every fourth one is not among those that may be
//! delivered, and stays as it is; of each other one there is one version of the first code and one of the second, and the alias leads
//! to that. Each event is a job, which goes on as long as Lambda is at work.

use std::cell::Cell;
use std::collections::BTreeMap;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::jobs::{Jobs, Verdict};
use crate::functions::check_policy::zip_of;
use crate::functions::deploy_lambda::{GIVEN, Scene};
use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, Kind};
use crate::world::World;
use crate::world::lambda::{code, invoke, make_alias, make_function, publish};
use crate::world::roles::{EXTERNAL_ID, make_member};
use crate::world::scene::{Scene as _, read_sample};

/// The functions that may be delivered.
const ALLOWED: &str = "soak-*";

/// The functions of a target account.
pub struct Versions {
    scene: Scene,
    count: usize,
    has_changed: Cell<bool>,
    jobs: Jobs,
}

impl Versions {
    /// So many functions.
    pub async fn new(count: usize) -> Self {
        let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
        for number in 0..count {
            make_function(&scene.member, &name(number), code("nothing")).await;
            let version = publish(&scene.member, &name(number), code("nothing")).await;
            make_alias(&scene.member, &name(number), "live", &version).await;
        }
        let jobs = Jobs::of(&scene.world.account);
        let versions = Self { scene, count, has_changed: Cell::new(false), jobs };
        versions.send_all().await;
        versions
    }

    async fn send_all(&self) {
        for number in 0..self.count {
            let order = json!({
                "functions": [{"name": name(number)}],
                "targets": [{"accounts": [self.scene.member.account], "regions": ["eu-west-1"]}],
            });
            let code = code(says(number, self.has_changed.get()));
            let zip = zip_of(&[("deploy.json", order.to_string().as_bytes()), ("lambda.zip", &code)]);
            self.scene.send_as(&key(number), &zip).await;
        }
    }

    fn event_of(&self, thing: usize, number: usize) -> Value {
        let text = self.scene.with_own_ids(&read_sample("deploy-lambda", "code-was-sent"));
        let event = serde_json::from_str(&text.replace("source/code.zip", &key(thing))).unwrap();
        self.jobs.open(event, number, if is_allowed(thing) { Verdict::Done } else { Verdict::Refused })
    }
}

fn is_allowed(number: usize) -> bool {
    number % 4 != 1
}

/// What the code says that is sent.
fn says(number: usize, has_changed: bool) -> &'static str {
    match (is_allowed(number), has_changed) {
        (false, _) => "something",
        (true, false) => "first",
        (true, true) => "second",
    }
}

fn name(number: usize) -> String {
    if is_allowed(number) { format!("soak-{number}") } else { format!("other-{number}") }
}

fn key(number: usize) -> String {
    format!("source/{number}.zip")
}

impl Kind for Versions {
    fn function(&self) -> &'static str {
        "deploy-lambda"
    }

    fn world(&self) -> &World {
        &self.scene.world
    }

    fn members(&self) -> Vec<String> {
        vec![self.scene.member.account.clone()]
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let own = given([("DeployFunctions", ALLOWED), ("ExternalId", EXTERNAL_ID)]);
        self.scene.parameters().into_iter().chain(own).collect()
    }

    fn deployed<'a>(&'a self, outputs: &'a BTreeMap<String, String>) -> LocalBoxFuture<'a, ()> {
        async {
            let parameters = self.scene.parameters();
            let of = |wanted: &str| &*parameters.iter().find(|(name, _)| name == wanted).unwrap().1;
            let own = [
                ("HubRoleArn", outputs["RoleArn"].as_str()),
                ("OrganizationId", of("OrganizationId")),
                ("FunctionNames", ALLOWED),
                ("DeliveryBucket", of("DeliveryBucket")),
            ];
            make_member(&self.scene.member, &self.scene.world.account, "deploy-lambda", &own, |_| {}).await;
        }
        .boxed_local()
    }

    fn things(&self) -> usize {
        self.count
    }

    /// One deployment of a function is under way at a time.
    fn is_one_at_a_time(&self) -> bool {
        true
    }

    fn calls(&self) -> &'static [Calls] {
        &[
            ("dynamodb", None, 6),
            ("s3", None, 2),
            ("sts", None, 3),
            ("codepipeline", None, 1),
            ("lambda", Some("GetFunctionConfiguration"), 2),
            ("lambda", Some("GetAlias"), 2),
        ]
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
            for number in 0..self.count {
                let (version, told) = invoke(&self.scene.member, &name(number), "live", "{}").await;
                let expected = if is_allowed(number) { ("3", "second") } else { ("1", "nothing") };
                assert_eq!((version.as_str(), told["says"].as_str().unwrap()), expected, "{}", name(number));
            }
        }
        .boxed_local()
    }
}
