//! Two hundred clusters, and zones of several pages: what a sweep and an event then ask of AWS.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_route53::types::Change;
use emr_dns::{EmrDns, Settings};
use futures_util::{StreamExt, stream};
use ledger::DynamoLedger;
use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome, Reaction, Report, drive_json};

use super::{CLUSTER, Cluster, ETL, GIVEN, Given, OLD, Record, Scene, ZONE, Zone, in_fifteen_minutes};
use crate::world::emr::{PRIMARY, apply, change, make_private_zone, make_vpc, records, replace_primary, run_cluster};
use crate::world::scene::{Scene as _, read_sample};
use crate::world::{AWS, LEDGER, World, let_time_pass};

/// How many clusters there are.
const MANY: usize = 200;

/// Clusters that are made at a time.
const AT_ONCE: usize = 8;

/// Many clusters in one VPC, each with a name in one of the zones, turn by turn.
struct Many {
    world: World,
    zones: Vec<String>,
    clusters: Vec<String>,
}

impl Many {
    async fn set_up(domains: &[&str]) -> Self {
        let world = World::new().await;
        let (vpc, subnet) = make_vpc(&world).await;
        let mut zones = Vec::new();
        for domain in domains {
            zones.push(make_private_zone(&world, domain, &vpc).await);
        }
        let made = (0..MANY).map(async |it| {
            let (name, node) = (format!("etl-{it:03}.{}", domains[it % domains.len()]), node(10, it));
            run_cluster(&world, &subnet, &[("cluster_name", &name), (PRIMARY, &node)]).await
        });
        let clusters = stream::iter(made).buffered(AT_ONCE).collect().await;
        Self { world, zones, clusters }
    }

    /// A sweep, where records live for so long: its report, and how often it called what.
    async fn sweep(&self, ttl: &str) -> (Report, BTreeMap<String, usize>) {
        let variable = |name: &str| match name {
            "SIGNALBOX_DNS_ZONES" => Some(self.zones.join(",")),
            "SIGNALBOX_DNS_TTL" => Some(ttl.to_owned()),
            "SIGNALBOX_RATES" => Some("unlimited".to_owned()),
            _ => None,
        };
        let function = EmrDns::new(self.world.sessions.clone(), Settings::read(&variable).unwrap());
        // What was settled so long ago is as if no run had had it.
        let_time_pass(Duration::from_hours(1));
        let ledger = DynamoLedger::new(&self.world.sessions, LEDGER, EmrDns::NAME);
        let (before, event) = (self.world.calls(), read_sample(EmrDns::NAME, "it-is-time-to-sweep"));
        let report = drive_json(&function, &ledger, Mode::Apply, &in_fifteen_minutes(), &event).await;
        let mut counts = BTreeMap::new();
        for call in self.world.operations_since(before) {
            *counts.entry(call).or_default() += 1;
        }
        (report, counts)
    }

    /// Three of four pages of clusters are lost on their way, and nobody notices: nothing changes all the same.
    async fn lose_a_page(&self) {
        let (operation, lost) = (Some("ListClusters".into()), Fault::new(&self.world.account, FaultKind::Lost));
        AWS.inject(&Fault { operation, nth: 2, ..lost });
        let (report, called) = self.sweep("60").await;
        assert_eq!((report.outcome, report.counts["dns"]["unchanged"]), (Outcome::Unchanged, 200), "{report}");
        assert_eq!(called["elasticmapreduce:DescribeCluster"], MANY, "whom no list has is asked for by itself");
        AWS.clear_faults(&self.world.account);
    }

    /// How many records of ours each zone has, and whether each name leads to the node of its cluster in this network.
    async fn assert_named(&self, network: usize) {
        let mut all = String::new();
        for zone in &self.zones {
            let records = records(&self.world, zone).await;
            assert_eq!(records.lines().count(), 2 * MANY / self.zones.len(), "{zone}");
            all += &records;
        }
        for it in 0..MANY {
            let node = node(network, it);
            let line = all.lines().find(|line| line.starts_with(&format!("etl-{it:03}."))).unwrap();
            assert!(line.ends_with(&format!(" {node}")), "{line}");
        }
    }
}

/// What a primary node is called.
fn node(network: usize, number: usize) -> String {
    format!("ip-10-{network}-1-{number}.eu-west-1.compute.internal")
}

/// What a sweep calls, of this many pages of clusters and of records, to make so many batches.
fn calls(pages_of_records: usize, changes: usize) -> BTreeMap<String, usize> {
    let counts = [
        ("dynamodb:PutItem", 1),
        ("dynamodb:UpdateItem", 1),
        ("ec2:DescribeSubnets", 1),
        ("elasticmapreduce:DescribeCluster", MANY),
        ("elasticmapreduce:ListClusters", MANY / 50),
        ("route53:ChangeResourceRecordSets", changes),
        ("route53:ListHostedZonesByVPC", 1),
        ("route53:ListResourceRecordSets", pages_of_records),
    ];
    counts.into_iter().filter(|(_, count)| *count > 0).map(|(call, count)| (call.to_owned(), count)).collect()
}

#[tokio::test]
async fn two_hundred_clusters_take_one_walk_and_one_batch() {
    let many = Many::set_up(&["example.com"]).await;
    let (report, called) = many.sweep("60").await;
    assert_eq!((report.outcome, report.counts["dns"]["created"]), (Outcome::Applied, 200), "{report}");
    assert_eq!(called, calls(1, 1));
    many.assert_named(10).await;
    let (report, called) = many.sweep("60").await;
    assert_eq!((report.outcome, report.counts["dns"]["unchanged"]), (Outcome::Unchanged, 200), "{report}");
    assert_eq!(called, calls(2, 0), "402 records are two pages");
    many.lose_a_page().await;
    let replaced = many.clusters.iter().enumerate().map(async |(number, id)| {
        replace_primary(&many.world, id, &node(20, number)).await;
    });
    stream::iter(replaced).buffered(AT_ONCE).collect::<Vec<()>>().await;
    let (report, called) = many.sweep("60").await;
    assert_eq!((report.outcome, report.counts["dns"]["updated"]), (Outcome::Applied, 200), "{report}");
    assert_eq!(called, calls(2, 1), "of a name whose node was replaced only the CNAME is");
    many.assert_named(20).await;
    let (report, called) = many.sweep("120").await;
    assert_eq!((report.outcome, report.counts["dns"]["updated"]), (Outcome::Applied, 200), "{report}");
    assert_eq!(called, calls(2, 2), "both records of each, out and in, are more than 32,000 characters");
    many.assert_named(20).await;
}

#[tokio::test]
async fn two_hundred_clusters_in_two_zones_take_two_walks_and_two_batches() {
    let many = Many::set_up(&["example.com", "example.org"]).await;
    let (report, called) = many.sweep("60").await;
    assert_eq!((report.outcome, report.counts["dns"]["created"]), (Outcome::Applied, 200), "{report}");
    assert_eq!(called, calls(2, 2));
    many.assert_named(10).await;
    let (report, called) = many.sweep("60").await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{report}");
    assert_eq!(called, calls(2, 0));
}

/// Puts so many other records there, whose names begin with what `name` makes of a number.
async fn put_others(scene: &Scene, count: usize, name: impl Fn(usize) -> String) {
    let others: Vec<Change> = (0..count).map(|it| change("CREATE", &name(it), "A", 300, &["10.0.9.9"])).collect();
    apply(&scene.world, scene.id_of(ZONE.id), others).await.unwrap();
}

/// The old cluster's name, which the new one is to have.
const SUCCEEDS: Given = Given {
    clusters: &[OLD, Cluster { state: "WAITING", ..CLUSTER }],
    zones: &[Zone { records: &[Record::Ours(ETL, OLD.primary, OLD.id)], ..ZONE }],
    ..GIVEN
};

/// The two records of the name, as they are in the end.
fn assert_is_the_clusters(picture: &str) {
    let is_ours = |line: &&str| line.starts_with("etl.example.com ") || line.starts_with("_signalbox.etl.example.com ");
    let ours: Vec<_> = picture.lines().map(str::trim).filter(is_ours).collect();
    let [cname, txt] = ours[..] else { panic!("two records, not {ours:?}") };
    assert_eq!(cname, format!("etl.example.com CNAME 60 {}", CLUSTER.primary));
    assert!(txt.starts_with("_signalbox.etl.example.com TXT 60 ") && txt.contains(CLUSTER.id), "{txt}");
}

#[tokio::test]
async fn a_name_with_many_names_below_it_is_read_to_its_mark() {
    for sample in ["a-cluster-is-waiting", "it-is-time-to-sweep"] {
        let scene = Scene::set_up(&SUCCEEDS, sample).await;
        put_others(&scene, 45, |it| format!("0-{it:02}.{ETL}")).await;
        let before = scene.world.calls();
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Applied, "{sample}: {report}");
        let pages = scene.world.operations_since(before).iter().filter(|it| it.ends_with("RecordSets")).count() - 1;
        assert_eq!(pages, if sample == "it-is-time-to-sweep" { 1 } else { 3 }, "{sample}: 20 of 47, and all of 49");
        assert_is_the_clusters(&scene.picture().await);
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged, "{sample}");
    }
}

#[tokio::test]
async fn a_name_on_a_later_page_of_its_zone_is_found() {
    for (sample, expected) in [("a-cluster-is-waiting", 1), ("it-is-time-to-sweep", 3)] {
        let scene = Scene::set_up(&SUCCEEDS, sample).await;
        put_others(&scene, 650, |it| format!("a-{it:03}.example.com")).await;
        put_others(&scene, 30, |it| format!("z-{it:03}.example.com")).await;
        let before = scene.world.calls();
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Applied, "{sample}: {report}");
        let pages = scene.world.operations_since(before).iter().filter(|it| it.ends_with("RecordSets")).count() - 1;
        assert_eq!(pages, expected, "{sample}");
        assert_is_the_clusters(&scene.picture().await);
    }
}
