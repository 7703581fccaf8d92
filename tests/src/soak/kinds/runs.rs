//! Runs of a fleet, as the states of a workflow ask for them: to plan, to try the first account, to work in the account, and to count.
//! The model of what reads is the number of regions: each run has a result of each. The model of what writes is a manifest: each image
//! of the member is shared as it says, also one that is made later.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use fleet::{Entry, List};
use fleet_runs::{Manifest, RunId, keys, lines};
use fleet_work::Power;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use suite::read_fleet::Reads;
use suite::write_fleet::Writes;

use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, DONE, Kind};
use crate::world::World;
use crate::world::ec2::{launchers, register};
use crate::world::fleet::{FleetScene, Given};
use crate::world::roles::make_member;
use crate::world::scene::Scene;

/// With which account the manifest shares the images of the member.
const HOLDER: &str = "123456789012";

/// The runs of a workflow.
pub struct Runs<P> {
    scene: FleetScene<P>,
    count: usize,
    /// How many results a run has.
    results: usize,
    begun: RefCell<BTreeSet<RunId>>,
    images: RefCell<Vec<String>>,
}

impl Runs<Reads> {
    /// So many series of runs that read.
    pub async fn that_read(count: usize) -> Self {
        Self::new(&Given { is_closed: true, ..Given::default() }, count, 2).await
    }
}

impl Runs<Writes> {
    /// So many series of runs that write.
    pub async fn that_write(count: usize) -> Self {
        let manifest = json!({"ami": {"base-v": {"eu-west-1": [HOLDER]}}}).to_string();
        let runs = Self::new(&Given { is_closed: true, manifest: Some(manifest), ..Given::default() }, count, 1).await;
        runs.make_images("early").await;
        runs
    }
}

impl<P: Power> Runs<P> {
    async fn new(given: &Given, count: usize, results: usize) -> Self {
        let scene = FleetScene::set_up(given, "a-run-begins").await;
        Self { scene, count, results, begun: RefCell::default(), images: RefCell::default() }
    }

    async fn make_images(&self, when: &str) {
        for number in 0..self.count {
            let image = register(&self.scene.member.ec2, &format!("base-v{number}-{when}"), &[]).await;
            self.images.borrow_mut().push(image);
        }
    }

    fn bucket(&self) -> String {
        format!("runs-{}", self.scene.world.account)
    }

    /// The first state of a run.
    fn plan(&self, run: &str) -> Value {
        let mut event: Value = serde_json::from_str(self.scene.event()).unwrap();
        let own = event["request"]["run"].as_str().unwrap().to_owned();
        event["execution"] = json!(event["execution"].as_str().unwrap().replace(&own, run));
        (event["id"], event["request"]["run"]) = (json!(run), json!(run));
        event
    }

    /// What the workflow asks for after a state of this request.
    fn next(&self, event: &Value, request: &Value) -> Option<Value> {
        let (id, execution) = (&event["id"], &event["execution"]);
        let (run, work) = (&request["run"], &request["work"]);
        match event["phase"].as_str().unwrap() {
            "plan" => Some(json!({"phase": "canary", "id": id, "execution": execution, "run": run, "work": work})),
            "canary" => {
                let account = json!({"Id": self.scene.member.account, "Name": "member", "Status": "ACTIVE"});
                let mut next = event.clone();
                (next["phase"], next["account"]) = (json!("account"), account);
                Some(next)
            }
            "account" => {
                let mut next = json!({"phase": "collect", "id": id, "execution": execution});
                (next["request"], next["ended"]) = (request.clone(), request.clone());
                Some(next)
            }
            _ => None,
        }
    }

    async fn read(&self, key: &str) -> Vec<u8> {
        let object = self.scene.world.s3.get_object().bucket(self.bucket()).key(key).send().await;
        object.unwrap_or_else(|error| panic!("{key}: {error:?}")).body.collect().await.unwrap().to_vec()
    }

    async fn assert_whole(&self, run: &RunId) {
        let account = &self.scene.member.account;
        let results = lines::read(&self.read(&keys::results(run, &account.parse().unwrap())).await).unwrap();
        let is_of_member = |entry: &Entry<Value>| entry.list() == List::Results && entry.place().0 == account;
        assert!(results.len() == self.results && results.iter().all(is_of_member), "{run}: {results:?}");
        let manifest: Manifest = serde_json::from_slice(&self.read(&keys::manifest(run)).await).unwrap();
        assert!(manifest.without_result.is_empty() && manifest.failure.is_none(), "{manifest:?}");
    }
}

/// The name of a run.
fn run(thing: usize, number: usize) -> String {
    format!("soak-{thing}-{number}")
}

impl<P: Power> Kind for Runs<P> {
    fn function(&self) -> &'static str {
        P::NAME
    }

    fn world(&self) -> &World {
        &self.scene.world
    }

    fn members(&self) -> Vec<String> {
        vec![self.scene.member.account.clone()]
    }

    fn parameters(&self) -> Vec<(String, String)> {
        self.scene.parameters().into_iter().chain(given([("BucketName", &self.bucket())])).collect()
    }

    fn deployed<'a>(&'a self, outputs: &'a BTreeMap<String, String>) -> LocalBoxFuture<'a, ()> {
        async {
            let organization = self.scene.organization_id();
            let given = [("HubRoleArn", outputs["RoleArn"].as_str()), ("OrganizationId", organization.as_str())];
            make_member(&self.scene.member, &self.scene.world.account, P::NAME, &given, |_| {}).await;
        }
        .boxed_local()
    }

    fn things(&self) -> usize {
        self.count
    }

    /// A run has a state at a time.
    fn is_one_at_a_time(&self) -> bool {
        true
    }

    /// The member is swept once at a time.
    fn at_once(&self) -> usize {
        if P::WRITES { 1 } else { 5 }
    }

    fn weight(&self) -> usize {
        if P::WRITES { 1 } else { 2 }
    }

    fn calls(&self) -> &'static [Calls] {
        &[("dynamodb", None, 4), ("ec2", None, 4), ("organizations", None, 2), ("s3", None, 8), ("sts", None, 3)]
    }

    fn event(&self, thing: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        let run = run(thing, number);
        self.begun.borrow_mut().insert(run.parse().unwrap());
        async move { self.plan(&run) }.boxed_local()
    }

    /// What no state asks for.
    fn poison<'a>(&'a self, thing: usize, number: usize, name: &'a str) -> LocalBoxFuture<'a, Value> {
        async move {
            let mut event = self.plan(&run(thing, number));
            event["phase"] = json!(name);
            event
        }
        .boxed_local()
    }

    fn follow(&self, event: &Value, report: &Value) -> Option<Value> {
        assert!(DONE.contains(&report["outcome"].as_str().unwrap()), "{report} of {event}");
        self.next(event, &self.plan(event["id"].as_str().unwrap())["request"])
    }

    fn change(&self) -> LocalBoxFuture<'_, ()> {
        async {
            if P::WRITES {
                self.make_images("late").await;
            }
        }
        .boxed_local()
    }

    fn check<'a>(&'a self, _: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            let begun = self.begun.borrow().clone();
            assert!(!begun.is_empty());
            for run in &begun {
                self.assert_whole(run).await;
            }
            let images = self.images.borrow().clone();
            for image in &images {
                assert_eq!(launchers(&self.scene.member.ec2, image).await, HOLDER, "{image}");
            }
        }
        .boxed_local()
    }
}
