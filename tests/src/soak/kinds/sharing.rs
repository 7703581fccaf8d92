//! Images, snapshots and snapshots of databases that an entry of the manifest shares, and the sweep that compares them all in the end.
//! The model is the name of a thing: it says which entry matches, and so who may use it.

use std::sync::Arc;

use aws_sdk_rds::Client as Rds;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use sharing_records::Grants;

use crate::functions::share_ami::SAMPLE_IMAGE;
use crate::soak::hub::{Functions, given};
use crate::soak::kind::{Calls, Kind, time_of};
use crate::world::World;
use crate::world::ec2::{allow_launch, allow_volumes, launchers, register, volume_makers};
use crate::world::scene::{read_sample, sorted};

/// Who holds everything at first, and no entry names.
const HOLDER: &str = "444455556666";

/// The accounts that the manifest gives what begins with `base`.
const NAMED: [&str; 2] = ["123456789012", "987654321098"];

/// What a thing's name says of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// It shares with two accounts.
    Base,
    /// It shares with none, so that what there was goes.
    Closed,
    /// There is none, so that what there was stays.
    Other,
}

impl Entry {
    /// The entry of a thing of this number: half of them are shared.
    fn of(number: usize) -> Self {
        [Self::Base, Self::Closed, Self::Base, Self::Other][number % 4]
    }

    /// What the thing's name begins with.
    fn prefix(self) -> &'static str {
        match self {
            Self::Base => "base-v",
            Self::Closed => "closed-v",
            Self::Other => "other-v",
        }
    }

    /// Who may use it in the end.
    fn holders(self) -> String {
        match self {
            Self::Base => NAMED.join(", "),
            Self::Closed => "no account".into(),
            Self::Other => HOLDER.into(),
        }
    }
}

/// One thing that can be shared.
struct Thing {
    id: String,
    entry: Entry,
    /// The snapshot of an image.
    snapshot: Option<String>,
}

/// Things of one service.
pub struct Shares {
    function: &'static str,
    world: Arc<World>,
    rds: Rds,
    things: Vec<Thing>,
}

/// The account that all of them are in, with its manifest.
pub async fn account() -> World {
    let world = World::new().await;
    world.create_grants_tables().await;
    let entries = json!({"base-v": {"eu-west-1": NAMED}, "closed-v": {"eu-west-1": []}});
    world.put_manifest(&json!({"ami": entries, "ebs": entries, "rds": entries}).to_string()).await;
    world
}

impl Shares {
    /// So many images.
    pub async fn images(world: &Arc<World>, things: usize) -> Self {
        Self::new("share-ami", world, things).await
    }

    /// So many snapshots.
    pub async fn snapshots(world: &Arc<World>, things: usize) -> Self {
        Self::new("share-ebs-snapshot", world, things).await
    }

    /// So many snapshots of a database.
    pub async fn databases(world: &Arc<World>, things: usize) -> Self {
        let rds = Rds::new(world.sessions.config());
        let request = rds.create_db_instance().db_instance_identifier("db").engine("postgres");
        let request = request.db_instance_class("db.t4g.micro").allocated_storage(20).master_username("admin0");
        request.master_user_password("a-password-of-a-test").send().await.unwrap();
        Self::new("share-rds-snapshot", world, things).await
    }

    async fn new(function: &'static str, world: &Arc<World>, things: usize) -> Self {
        let rds = Rds::new(world.sessions.config());
        let mut shares = Self { function, world: Arc::clone(world), rds, things: Vec::new() };
        for number in 0..things {
            let thing = shares.make(Entry::of(number), number).await;
            shares.things.push(thing);
        }
        shares
    }

    async fn make(&self, entry: Entry, number: usize) -> Thing {
        let (name, ec2) = (format!("{}{number}", entry.prefix()), &self.world.ec2);
        let (id, snapshot) = match self.function {
            "share-ami" => {
                let snapshot = self.world.make_snapshot(Some("of-an-image")).await;
                let image = register(ec2, &name, std::slice::from_ref(&snapshot)).await;
                allow_launch(ec2, &image, &[HOLDER], false).await;
                (image, Some(snapshot))
            }
            "share-ebs-snapshot" => {
                let snapshot = self.world.make_snapshot(Some(&name)).await;
                allow_volumes(ec2, &snapshot, &[HOLDER]).await;
                (snapshot, None)
            }
            _ => {
                let request = self.rds.create_db_snapshot().db_instance_identifier("db");
                request.db_snapshot_identifier(&name).send().await.unwrap();
                let request = self.rds.modify_db_snapshot_attribute().db_snapshot_identifier(&name);
                request.attribute_name("restore").values_to_add(HOLDER).send().await.unwrap();
                (name, None)
            }
        };
        Thing { id, entry, snapshot }
    }

    /// An event about a thing, which is an occurrence of its own.
    fn event_of(&self, thing: usize, number: usize) -> Value {
        let is_image = self.function == "share-ami";
        let sample = if is_image { "an-image-became-available" } else { "a-snapshot-was-created" };
        let text = read_sample(self.function, sample).replace("111122223333", &self.world.account);
        let text = [SAMPLE_IMAGE, "snap-0123456789abcdef0", "base-db-v1"]
            .iter()
            .fold(text, |text, example| text.replace(example, &self.things[thing].id));
        let mut event: Value = serde_json::from_str(&text).unwrap();
        event["id"] = json!(format!("00000000-0000-4000-9000-{number:012}"));
        match self.function {
            "share-ami" => event["detail"]["RequestId"] = json!(format!("soak-{number}")),
            "share-ebs-snapshot" => event["detail"]["endTime"] = json!(format!("{}Z", time_of(number))),
            _ => event["detail"]["Date"] = json!(format!("{}.000Z", time_of(number))),
        }
        event
    }

    async fn restorers(&self, name: &str) -> String {
        let answer = self.rds.describe_db_snapshot_attributes().db_snapshot_identifier(name).send().await.unwrap();
        let attributes = answer.db_snapshot_attributes_result.unwrap().db_snapshot_attributes.unwrap();
        sorted(attributes.into_iter().flat_map(|it| it.attribute_values.unwrap_or_default()).collect())
    }

    async fn assert_shared(&self) {
        for Thing { id, entry, snapshot } in &self.things {
            let holders = match self.function {
                "share-ami" => launchers(&self.world.ec2, id).await,
                "share-ebs-snapshot" => volume_makers(&self.world.ec2, id).await,
                _ => self.restorers(id).await,
            };
            assert_eq!(holders, entry.holders(), "{} {id}", self.function);
            if let Some(snapshot) = snapshot {
                let expected = if *entry == Entry::Base { entry.holders() } else { "no account".into() };
                assert_eq!(volume_makers(&self.world.ec2, snapshot).await, expected, "{snapshot} of {id}");
            }
        }
    }
}

fn parameters(world: &World) -> Vec<(String, String)> {
    let manifest = format!("s3://{}/share.json", world.bucket());
    given([("Manifest", &manifest), ("AllowedAccounts", "everybody")])
}

impl Kind for Shares {
    fn function(&self) -> &'static str {
        self.function
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn parameters(&self) -> Vec<(String, String)> {
        parameters(&self.world)
    }

    fn things(&self) -> usize {
        self.things.len()
    }

    /// They share an account, and so the calls to its tables.
    fn calls(&self) -> &'static [Calls] {
        match self.function {
            "share-ami" => &[("dynamodb", None, 24), ("ec2", None, 12), ("s3", None, 3)],
            "share-ebs-snapshot" => &[],
            _ => &[("rds", None, 4)],
        }
    }

    fn event(&self, thing: usize, number: usize) -> LocalBoxFuture<'_, Value> {
        async move { self.event_of(thing, number) }.boxed_local()
    }

    fn check<'a>(&'a self, _: &'a Functions) -> LocalBoxFuture<'a, ()> {
        self.assert_shared().boxed_local()
    }
}

/// The sweep: it hears no event of the mix, and has nothing left to do in the end.
pub struct Sweep(pub Arc<World>);

impl Sweep {
    /// Asserts that each audit is whole, and that no change is open.
    async fn assert_audits_are_whole(&self) {
        let grants: Grants = self.0.grants();
        let recorded = grants.all().await.unwrap();
        assert!(!recorded.heads.is_empty());
        for (resource, head) in recorded.heads {
            let items = grants.history(&resource).await.unwrap();
            assert_eq!(sharing_records::verify(&items, &head), Ok(()), "{items:#?}");
            assert_eq!(head.pending, None, "{resource} is settled");
        }
    }
}

impl Kind for Sweep {
    fn function(&self) -> &'static str {
        "reconcile-shares"
    }

    fn world(&self) -> &World {
        &self.0
    }

    fn parameters(&self) -> Vec<(String, String)> {
        parameters(&self.0)
    }

    fn things(&self) -> usize {
        0
    }

    fn calls(&self) -> &'static [Calls] {
        &[]
    }

    fn event(&self, _: usize, _: usize) -> LocalBoxFuture<'_, Value> {
        async { json!({"signalbox": "sweep", "force": null}) }.boxed_local()
    }

    fn check<'a>(&'a self, functions: &'a Functions) -> LocalBoxFuture<'a, ()> {
        async {
            self.assert_audits_are_whole().await;
            let (report, _) = functions.ask_until_done(&self.event(0, 0).await).await;
            assert_eq!(report["outcome"], "unchanged", "{report}");
        }
        .boxed_local()
    }
}
