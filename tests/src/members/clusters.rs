//! Clusters of members have names in the zone of the hub.

use emr_dns::{EmrDns, Settings};
use reaction::{Outcome, Reaction};

use super::Scene;
use crate::emr::{associate, make_private_zone, make_vpc, records, run_cluster, set_state, terminate};
use crate::scene::read_sample;
use crate::world::{SAMPLE_ACCOUNT, World};

/// A zone of the hub that the networks of both members see, and a cluster in each of those.
struct Clusters {
    scene: Scene,
    zone: String,
    function: EmrDns,
    subnets: [String; 2],
}

impl Clusters {
    async fn new() -> Self {
        let scene = Scene::new(|_, unit| unit.to_owned()).await;
        let zone = make_private_zone(&scene.hub, "example.com", &make_vpc(&scene.hub).await.0).await;
        let mut subnets = Vec::new();
        for member in [&scene.member, &scene.below] {
            let (vpc, subnet) = make_vpc(member).await;
            associate(&scene.hub, &zone, &vpc).await;
            subnets.push(subnet);
        }
        let zones = zone.clone();
        let variable = move |name: &str| (name == "SIGNALBOX_DNS_ZONES").then(|| zones.clone());
        let function = EmrDns::new(scene.hub.sessions.clone(), Settings::read(&variable).unwrap());
        Self { scene, zone, function, subnets: subnets.try_into().unwrap() }
    }

    async fn run(&self, member: &World, name: &str) -> String {
        let subnet = &self.subnets[usize::from(member.account == self.scene.below.account)];
        run_cluster(member, subnet, &[("cluster_name", name)]).await
    }

    async fn hear(&self, member: &World, sample: &str, cluster: &str) -> Outcome {
        let event = read_sample(EmrDns::NAME, sample).replace(SAMPLE_ACCOUNT, &member.account);
        let report = self.scene.hear(&self.function, &event.replace("j-1YONHTCP3YZKC", cluster)).await;
        println!("{report}");
        report.outcome
    }

    /// What the zone has, with a name for each account.
    async fn records(&self) -> String {
        let text = records(&self.scene.hub, &self.zone).await;
        let text = text.replace(&self.scene.member.account, "MEMBER");
        let mut named = text
            .replace(&self.scene.below.account, "BELOW")
            .lines()
            .map(|line| {
                let (name, rest) = line.split_once(' ').unwrap();
                let mark = rest.split(',').find(|it| it.starts_with("account="));
                mark.map_or(name.to_owned(), |mark| format!("{name} {mark}"))
            })
            .collect::<Vec<_>>();
        named.sort();
        named.join("; ")
    }

    async fn sweep(&self) -> Outcome {
        let report = self.scene.hear(&self.function, r#"{"signalbox": "sweep", "force": null}"#).await;
        println!("{report}");
        report.outcome
    }
}

#[tokio::test]
async fn a_cluster_of_a_member_has_its_name_in_the_zone_of_the_hub() {
    let it = Clusters::new().await;
    let member = &it.scene.member;
    let cluster = it.run(member, "etl.example.com").await;
    assert_eq!(it.hear(member, "a-cluster-is-waiting", &cluster).await, Outcome::Applied);
    assert_eq!(it.records().await, "_signalbox.etl.example.com account=MEMBER; etl.example.com");
    terminate(member, &cluster).await;
    set_state(member, &cluster, "TERMINATED").await;
    assert_eq!(it.hear(member, "a-cluster-was-terminated", &cluster).await, Outcome::Applied);
    assert_eq!(it.records().await, "");
}

#[tokio::test]
async fn of_two_members_that_ask_for_one_name_the_newer_cluster_has_it() {
    let it = Clusters::new().await;
    let (older, newer) = (&it.scene.member, &it.scene.below);
    let first = it.run(older, "etl.example.com").await;
    assert_eq!(it.hear(older, "a-cluster-is-waiting", &first).await, Outcome::Applied);
    let second = it.run(newer, "etl.example.com").await;
    assert_eq!(it.hear(newer, "a-cluster-is-waiting", &second).await, Outcome::Applied);
    assert_eq!(it.records().await, "_signalbox.etl.example.com account=BELOW; etl.example.com");
}

#[tokio::test]
async fn a_sweep_of_the_hub_looks_where_the_clusters_of_its_records_are() {
    let it = Clusters::new().await;
    let (member, below) = (&it.scene.member, &it.scene.below);
    let ends = it.run(member, "etl.example.com").await;
    let stays = it.run(below, "other.example.com").await;
    assert_eq!(it.hear(member, "a-cluster-is-waiting", &ends).await, Outcome::Applied);
    assert_eq!(it.hear(below, "a-cluster-is-waiting", &stays).await, Outcome::Applied);
    assert_eq!(it.sweep().await, Outcome::Unchanged);
    terminate(member, &ends).await;
    set_state(member, &ends, "TERMINATED").await;
    let missed = it.run(below, "missed.example.com").await;
    assert_eq!(it.sweep().await, Outcome::Applied, "{missed} is found beside {stays}");
    let expected = "_signalbox.missed.example.com account=BELOW; _signalbox.other.example.com account=BELOW; \
                    missed.example.com; other.example.com";
    assert_eq!(it.records().await, expected);
}
