//! Two hundred clusters: what a sweep then asks of AWS.

use std::collections::BTreeMap;
use std::time::Duration;

use emr_dns::{EmrDns, Settings};
use futures_util::{StreamExt, stream};
use ledger::DynamoLedger;
use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome, Reaction, Report, drive_json};

use super::in_fifteen_minutes;
use crate::world::emr::{PRIMARY, make_private_zone, make_vpc, records, replace_primary, run_cluster};
use crate::world::scene::read_sample;
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
