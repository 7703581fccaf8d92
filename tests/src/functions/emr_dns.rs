//! The world of `emr-dns`: clusters and hosted zones in an account of their own, an event about them, and what stands in the
//! zones afterwards, with the ids of the samples in place of those that EMR, EC2 and Route 53 made up.

mod arrivals;
mod binary;
pub mod checks;
mod economy;
mod faults;
mod given;
mod hazards;
mod large;
mod many;
mod names;
mod owners;
mod quotas;
mod stories;
mod sweeps;
mod warm;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use aws_sdk_route53::types::{Change, RrType};
use emr_dns::{EmrDns, Settings};
use ledger::DynamoLedger;
use reaction::{Mode, Reaction, Report, Run, drive_json};

use crate::world::emr::{
    CREATED, PRIMARY, STATE, apply, associate, change, make_private_zone, make_public_zone, make_vpc, record_sets,
    records, run_cluster, set_state,
};
use crate::world::scene::{self, read_sample};
use crate::world::{LEDGER, REGION, SAMPLE_ACCOUNT, World, run_for};

pub use given::*;

/// A world in which an event is about to be heard.
pub struct Scene {
    pub world: World,
    variables: Vec<(&'static str, String)>,
    event: String,
    /// What AWS calls something, and what the samples call it.
    named: Vec<(String, &'static str)>,
    zones: &'static [Zone],
    /// What Route 53 itself put into each zone.
    own: BTreeMap<&'static str, String>,
}

impl scene::Scene for Scene {
    type Given = Given;
    const FUNCTION: &'static str = EmrDns::NAME;

    async fn set_up(given: &Given, sample: &str) -> Self {
        let world = World::new().await;
        let named = vec![(world.account.clone(), SAMPLE_ACCOUNT)];
        let (variables, event, own) = (Vec::new(), String::new(), BTreeMap::new());
        let mut scene = Self { world, variables, event, named, zones: given.zones, own };
        let subnets = scene.make_vpcs(given).await;
        scene.make_zones(given).await;
        for cluster in given.clusters {
            scene.make_cluster(cluster, &subnets[cluster.vpc], tag_of(given)).await;
        }
        for zone in given.zones {
            scene.put_records(given, zone).await;
            scene.own.insert(zone.id, scene.own_records(zone).await);
        }
        if given.has_lost_subnets {
            for subnet in subnets.values() {
                scene.world.ec2.delete_subnet().subnet_id(subnet).send().await.unwrap();
            }
        }
        scene.variables = scene.variables_of(given);
        scene.event = scene.with_own_ids(&read_sample(Self::FUNCTION, sample));
        scene
    }

    fn world(&self) -> &World {
        &self.world
    }

    fn event(&self) -> &str {
        &self.event
    }

    async fn hear(&self, mode: Mode) -> Report {
        drive_json(&self.function(), &self.ledger(), mode, &soon(), &self.event).await
    }

    /// Every record of every zone, but for those that Route 53 itself makes: they are as they were.
    async fn picture(&self) -> String {
        let mut text = String::new();
        for zone in self.zones {
            assert_eq!(self.own_records(zone).await, self.own[zone.id], "SOA and NS of {}", zone.id);
            let records = records(&self.world, self.id_of(zone.id)).await;
            let records = if records.is_empty() { "nothing\n".into() } else { records };
            writeln!(text, "in {}:", zone.id).unwrap();
            records.lines().for_each(|record| writeln!(text, "  {record}").unwrap());
        }
        self.with_sample_ids(&text)
    }

    fn with_sample_ids(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (id, sample)| text.replace(id, sample))
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let zones = self.variables.iter().find(|(name, _)| *name == "SIGNALBOX_DNS_ZONES");
        vec![("HostedZoneIds".into(), zones.map(|(_, ids)| ids.clone()).unwrap_or_default())]
    }
}

/// When an invocation ends that begins now.
fn soon() -> Run {
    run_for(Duration::from_mins(1))
}

/// When a sweep ends that begins now, with the template's `Timeout`.
fn in_fifteen_minutes() -> Run {
    run_for(Duration::from_mins(15))
}

/// The key of the tag that the function reads.
fn tag_of(given: &Given) -> &'static str {
    let set = given.variables.iter().find(|(name, _)| *name == "SIGNALBOX_DNS_TAG");
    set.map_or("cluster_name", |(_, value)| *value)
}

impl Scene {
    /// The function.
    pub fn function(&self) -> EmrDns {
        let variable = |name: &str| {
            // Of two of one name the last one counts.
            let found = self.variables.iter().rev().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        EmrDns::new(self.world.sessions.clone(), Settings::read(&variable).expect("settings of a test"))
    }

    /// The function's ledger.
    fn ledger(&self) -> DynamoLedger {
        DynamoLedger::new(&self.world.sessions, LEDGER, EmrDns::NAME)
    }

    /// Hears an event, in which the ids are those of the samples, as that of the scene would be heard.
    pub async fn hear_of(&self, event: &str) -> Report {
        drive_json(&self.function(), &self.ledger(), Mode::Apply, &soon(), &self.with_own_ids(event)).await
    }

    /// Hears a sample event.
    pub async fn hear_sample(&self, sample: &str) -> Report {
        self.hear_of(&read_sample(EmrDns::NAME, sample)).await
    }

    /// The function's variables.
    pub fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }

    fn variables_of(&self, given: &Given) -> Vec<(&'static str, String)> {
        let private: Vec<_> = given.zones.iter().filter(|zone| !zone.vpcs.is_empty()).map(|zone| zone.id).collect();
        let zones = ("SIGNALBOX_DNS_ZONES", self.with_own_ids(&private.join(",")));
        let others = given.variables.iter().map(|(name, value)| (*name, self.with_own_ids(value)));
        [zones].into_iter().chain(others).collect()
    }

    /// The text of a sample with the ids that AWS made up.
    pub fn with_own_ids(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (id, sample)| text.replace(sample, id))
    }

    /// What AWS calls what the samples call so.
    pub fn id_of(&self, sample: &str) -> &str {
        &self.named.iter().find(|(_, it)| *it == sample).unwrap_or_else(|| panic!("there is no {sample}")).0
    }

    /// Makes the VPCs that clusters and zones are in: the subnet of each.
    async fn make_vpcs(&mut self, given: &Given) -> BTreeMap<&'static str, String> {
        let mut subnets = BTreeMap::new();
        for (sample, region) in VPCS {
            let is_used = given.zones.iter().any(|zone| zone.vpcs.contains(&sample))
                || given.clusters.iter().any(|cluster| cluster.vpc == sample);
            if is_used {
                let (vpc, subnet) = make_vpc(&self.world.in_region(region).await).await;
                self.named.push((vpc, sample));
                subnets.insert(sample, subnet);
            }
        }
        subnets
    }

    async fn make_zones(&mut self, given: &Given) {
        // Plans are sorted by id, so the first zone has to be the one whose id comes first.
        let mut ids = Vec::new();
        while ids.len() < given.zones.len() || !ids.is_sorted() {
            ids.clear();
            for Zone { domain, vpcs, .. } in given.zones {
                ids.push(match vpcs {
                    [] => make_public_zone(&self.world, domain).await,
                    // A VPC sees one private zone of a name, and some of these are not used.
                    _ => make_private_zone(&self.world, domain, &make_vpc(&self.world).await.0).await,
                });
            }
        }
        for (zone, id) in given.zones.iter().zip(ids) {
            for (vpc, region) in VPCS.iter().filter(|(vpc, _)| zone.vpcs.contains(vpc)) {
                associate(&self.world.in_region(region).await, &id, self.id_of(vpc)).await;
            }
            self.named.push((id, zone.id));
        }
    }

    async fn make_cluster(&mut self, cluster: &Cluster, subnet: &str, key: &str) {
        let world = self.world.in_region(region_of(cluster.vpc)).await;
        let has_ended = cluster.state.starts_with("TERMINATED");
        let first = match cluster.state {
            _ if has_ended && cluster.has_failed_early => "STARTING",
            _ if has_ended => "WAITING",
            state => state,
        };
        let mut tags = vec![(CREATED, cluster.created), (PRIMARY, cluster.primary), (STATE, first)];
        tags.extend(cluster.tag.map(|tag| (key, tag)));
        let id = run_cluster(&world, subnet, &tags).await;
        if has_ended {
            set_state(&world, &id, cluster.state).await;
        }
        self.named.push((id, cluster.id));
    }

    async fn put_records(&self, given: &Given, zone: &Zone) {
        let plain = |(name, kind, ttl, value): (&str, &str, i64, &str)| {
            change("CREATE", name, kind, ttl, &[&self.with_own_ids(value)])
        };
        let ours = |name: &str, target: &str, cluster: &str| -> Vec<Change> {
            let vpc = given.clusters.iter().find(|it| it.id == cluster).map_or(HOME, |it| it.vpc);
            let mark = format!(
                "\"heritage=signalbox,owner=signalbox,cluster={cluster},account={SAMPLE_ACCOUNT},region={}\"",
                region_of(vpc)
            );
            let marked = format!("_signalbox.{name}");
            [(name, "CNAME", 60, target), (&marked, "TXT", 60, &mark)].into_iter().map(plain).collect()
        };
        let changes = zone.records.iter().flat_map(|record| match *record {
            Record::Plain(name, kind, ttl, value) => vec![plain((name, kind, ttl, value))],
            Record::Ours(name, target, cluster) => ours(name, target, cluster),
            Record::Forgotten(count) => (1..=count)
                .flat_map(|it| {
                    let node = format!("ip-10-0-7-{it}.eu-west-1.compute.internal");
                    ours(&format!("forgotten-{it}.{}", zone.domain), &node, &format!("j-FORGOTTEN{it}"))
                })
                .collect(),
        });
        let changes: Vec<_> = changes.collect();
        if !changes.is_empty() {
            apply(&self.world, self.id_of(zone.id), changes).await.unwrap();
        }
    }

    /// SOA and NS of a zone.
    async fn own_records(&self, zone: &Zone) -> String {
        let sets = record_sets(&self.world, self.id_of(zone.id), None, 300).await;
        let own: Vec<_> = sets.iter().filter(|it| matches!(it.r#type, RrType::Soa | RrType::Ns)).collect();
        assert_eq!(own.len(), 2, "{own:?}");
        format!("{own:?}")
    }
}

fn region_of(vpc: &str) -> &'static str {
    VPCS.iter().find(|(it, _)| *it == vpc).map_or(REGION, |(_, region)| *region)
}

/// Every story, of all chapters.
pub fn all() -> Vec<scene::Story<Scene>> {
    [stories::all(), owners::all(), names::all(), sweeps::all()].into_iter().flatten().collect()
}

#[test]
fn every_sample_event_is_told() {
    scene::assert_all_told(&all());
}
