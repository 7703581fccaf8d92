//! Accounts that move in the organization. The model is one account, which leaves its unit: it keeps what entries name it for or its
//! organization, and loses what its unit has.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use crate::functions::react_org_change::{Given, Scene};
use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, DONE, Kind};
use crate::world::World;
use crate::world::scene::{Scene as _, read_sample};

/// The account of the samples that moves.
const MEMBER: &str = "222233334444";

/// What an entry shares with the account itself, or with its organization.
const KEPT: [&str; 2] = ["base-db-v1: 222233334444", "base-cluster-v1: 222233334444"];

/// How many lines tell of what the unit has.
const OF_THE_UNIT: usize = 4;

/// The account that manages the organization.
pub struct Members {
    scene: Scene,
}

impl Members {
    /// Everything is as the manifest says.
    pub async fn new() -> Self {
        let scene = Scene::set_up(&Given::Nothing, "an-account-was-moved-and-back-again").await;
        let members = Self { scene };
        assert_eq!(members.held().await.len(), KEPT.len() + OF_THE_UNIT);
        members
    }

    /// The lines of what the account has.
    async fn held(&self) -> Vec<String> {
        let picture = self.scene.picture().await;
        picture.lines().filter(|line| line.contains(MEMBER)).map(String::from).collect()
    }
}

impl Kind for Members {
    fn function(&self) -> &'static str {
        "react-org-change"
    }

    fn world(&self) -> &World {
        self.scene.world()
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let manifest = format!("s3://{}/share.json", self.world().bucket());
        given([("Manifest", &manifest), ("AllowedAccounts", "everybody")])
    }

    fn things(&self) -> usize {
        1
    }

    /// It looks at everything each time.
    fn weight(&self) -> usize {
        1
    }

    fn at_once(&self) -> usize {
        1
    }

    fn calls(&self) -> &'static [Calls] {
        &[("dynamodb", None, 4), ("ec2", None, 4), ("rds", None, 4), ("organizations", None, 4), ("kms", None, 2)]
    }

    fn event(&self, _: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        async move {
            let sample = read_sample("react-org-change", "an-account-was-moved-out-of-the-unit");
            let mut event: Value = serde_json::from_str(&self.scene.own(&sample)).unwrap();
            event["detail"]["eventID"] = json!(format!("00000000-0000-4000-9000-{number:012}"));
            event
        }
        .boxed_local()
    }

    /// A sweep that met a fault does the rest when it comes again.
    fn follow(&self, event: &Value, report: &Value) -> Option<Value> {
        let outcome = report["outcome"].as_str().unwrap();
        assert!(DONE.contains(&outcome), "{report} of {event}");
        None
    }

    fn change(&self) -> LocalBoxFuture<'_, ()> {
        self.scene.move_member(false).boxed_local()
    }

    fn check<'a>(&'a self, _: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            assert_eq!(self.held().await, KEPT);
            self.scene.assert_recorded().await;
        }
        .boxed_local()
    }
}
