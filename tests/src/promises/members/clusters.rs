//! Clusters of members have names in the zone of the hub.

use emr_dns::{EmrDns, Settings};
use local_aws::{Fault, FaultKind};
use reaction::{Outcome, Reaction};

use super::Scene;
use crate::world::emr::{CREATED, associate, make_private_zone, make_vpc, records, run_cluster, set_state, terminate};
use crate::world::scene::read_sample;
use crate::world::{AWS, SAMPLE_ACCOUNT, World};

/// A zone of the hub that the networks of both members see, and a cluster in each of those.
struct Clusters {
    scene: Scene,
    zone: String,
    function: EmrDns,
    subnets: [String; 2],
}

fn settings(zone: &str, suffixes: &str, removals: usize) -> Settings {
    let variable = |name: &str| match name {
        "SIGNALBOX_DNS_ZONES" => Some(zone.to_owned()),
        "SIGNALBOX_MAX_REMOVALS" => Some(removals.to_string()),
        "SIGNALBOX_SUFFIX_ACCOUNTS" => Some(suffixes.to_owned()).filter(|it| !it.is_empty()),
        _ => None,
    };
    Settings::read(&variable).unwrap()
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
        let hub = scene.acting_with(EmrDns::NAME, &[("HostedZoneIds", &zone)]).await;
        let function = EmrDns::new(hub.sessions.clone(), settings(&zone, "", 25));
        Self { scene, zone, function, subnets: subnets.try_into().unwrap() }
    }

    /// Lets these accounts have names under these suffixes.
    async fn configure(&mut self, suffixes: &str) {
        self.set(settings(&self.zone, suffixes, 25)).await;
    }

    async fn set(&mut self, settings: Settings) {
        let hub = self.scene.acting_as(EmrDns::NAME).await;
        self.function = EmrDns::new(hub.sessions.clone(), settings);
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
        self.sweep_forced("null").await
    }

    async fn sweep_forced(&self, names: &str) -> Outcome {
        let report = self.scene.hear(&self.function, &format!(r#"{{"signalbox": "sweep", "force": {names}}}"#)).await;
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

const OF_MEMBER: &str = "_signalbox.etl.example.com account=MEMBER; etl.example.com";
const OF_BELOW: &str = "_signalbox.etl.example.com account=BELOW; etl.example.com";

#[tokio::test]
async fn of_two_members_that_ask_for_one_name_the_owner_keeps_it_while_its_cluster_lives() {
    let it = Clusters::new().await;
    let (owner, newcomer) = (&it.scene.member, &it.scene.below);
    let first = it.run(owner, "etl.example.com").await;
    assert_eq!(it.hear(owner, "a-cluster-is-waiting", &first).await, Outcome::Applied);
    let second = it.run(newcomer, "etl.example.com").await;
    assert_eq!(it.hear(newcomer, "a-cluster-is-waiting", &second).await, Outcome::Refused, "the alarm sounds");
    assert_eq!(it.records().await, OF_MEMBER);
    assert_eq!(it.sweep().await, Outcome::Unchanged, "it looks where there are records, and at named accounts");
    assert_eq!(it.records().await, OF_MEMBER);
    let later = [("cluster_name", "etl.example.com"), (CREATED, "2036-01-01T00:00:00Z")];
    let third = run_cluster(owner, &it.subnets[0], &later).await;
    assert_eq!(it.hear(owner, "a-cluster-is-waiting", &third).await, Outcome::Applied, "within an account the newest");
    assert!(records(&it.scene.hub, &it.zone).await.contains(&third));
    for cluster in [&first, &third] {
        terminate(owner, cluster).await;
        set_state(owner, cluster, "TERMINATED").await;
    }
    let newcomers = it.hear(newcomer, "a-cluster-is-waiting", &second).await;
    assert_eq!(newcomers, Outcome::Refused, "an event does not know all clusters of the owner");
    assert_eq!(it.records().await, OF_MEMBER);
    assert_eq!(it.hear(owner, "a-cluster-was-terminated", &third).await, Outcome::Applied, "no cluster of it lives");
    assert_eq!(it.records().await, "");
    assert_eq!(it.hear(newcomer, "a-cluster-is-running", &second).await, Outcome::Applied);
    assert_eq!(it.records().await, OF_BELOW);
    assert_eq!(it.sweep().await, Outcome::Unchanged);
}

/// The owner's newest cluster ends and an older one lives. Whichever event comes first, the name stays in its account.
#[tokio::test]
async fn the_owner_keeps_its_name_while_any_of_its_clusters_lives() {
    for newcomer_is_first in [false, true] {
        let it = Clusters::new().await;
        let (owner, newcomer) = (&it.scene.member, &it.scene.below);
        let older = it.run(owner, "etl.example.com").await;
        let later = [("cluster_name", "etl.example.com"), (CREATED, "2036-01-01T00:00:00Z")];
        let newest = run_cluster(owner, &it.subnets[0], &later).await;
        assert_eq!(it.hear(owner, "a-cluster-is-waiting", &newest).await, Outcome::Applied);
        // A sweep looks where there are records: the newcomer has another name, too.
        let other = it.run(newcomer, "other.example.com").await;
        assert_eq!(it.hear(newcomer, "a-cluster-is-waiting", &other).await, Outcome::Applied);
        let second = it.run(newcomer, "etl.example.com").await;
        terminate(owner, &newest).await;
        set_state(owner, &newest, "TERMINATED").await;
        if newcomer_is_first {
            assert_eq!(it.hear(newcomer, "a-cluster-is-waiting", &second).await, Outcome::Refused);
        }
        assert_eq!(it.hear(owner, "a-cluster-was-terminated", &newest).await, Outcome::Unchanged, "{older} asks");
        assert_eq!(it.hear(newcomer, "a-cluster-is-running", &second).await, Outcome::Refused);
        assert!(records(&it.scene.hub, &it.zone).await.contains(&newest));
        assert_eq!(it.sweep().await, Outcome::Refused, "the newcomer is turned away");
        assert!(records(&it.scene.hub, &it.zone).await.contains(&older));
        terminate(owner, &older).await;
        set_state(owner, &older, "TERMINATED").await;
        assert_eq!(it.sweep().await, Outcome::Applied);
        assert!(records(&it.scene.hub, &it.zone).await.contains(&second));
    }
}

#[tokio::test]
async fn a_sweep_gives_the_name_of_an_ended_owner_to_the_newcomer() {
    let it = Clusters::new().await;
    let (owner, newcomer) = (&it.scene.member, &it.scene.below);
    let first = it.run(owner, "etl.example.com").await;
    assert_eq!(it.hear(owner, "a-cluster-is-waiting", &first).await, Outcome::Applied);
    // A sweep looks where there are records: the newcomer has another name, too.
    let other = it.run(newcomer, "other.example.com").await;
    assert_eq!(it.hear(newcomer, "a-cluster-is-waiting", &other).await, Outcome::Applied);
    it.run(newcomer, "etl.example.com").await;
    assert_eq!(it.sweep().await, Outcome::Refused);
    assert!(it.records().await.contains(OF_MEMBER.split(';').next().unwrap()));
    terminate(owner, &first).await;
    set_state(owner, &first, "TERMINATED").await;
    assert_eq!(it.sweep().await, Outcome::Applied);
    assert!(it.records().await.contains(OF_BELOW.split(';').next().unwrap()));
}

#[tokio::test]
async fn an_owner_that_cannot_be_read_keeps_its_name() {
    let it = Clusters::new().await;
    let (owner, newcomer) = (&it.scene.member, &it.scene.below);
    let first = it.run(owner, "etl.example.com").await;
    assert_eq!(it.hear(owner, "a-cluster-is-waiting", &first).await, Outcome::Applied);
    let second = it.run(newcomer, "etl.example.com").await;
    let denied = Fault::new(&owner.account, FaultKind::AccessDenied);
    let of_emr = Some("elasticmapreduce".to_owned());
    AWS.inject(&Fault { service: of_emr, times: 100, ..denied });
    assert_eq!(it.hear(newcomer, "a-cluster-is-waiting", &second).await, Outcome::Failed, "it is tried again");
    assert_eq!(it.sweep().await, Outcome::Failed, "not everything could be read");
    assert_eq!(it.records().await, OF_MEMBER);
    AWS.clear_faults(&owner.account);
    // Where the owner has left the organization, its records are no longer ours to change.
    it.scene.leave(owner).await;
    assert_eq!(it.hear(newcomer, "a-cluster-is-waiting", &second).await, Outcome::Refused);
    assert_eq!(it.records().await, OF_MEMBER);
}

#[tokio::test]
async fn a_suffix_is_for_the_accounts_that_the_settings_name() {
    let mut it = Clusters::new().await;
    let intruder = it.run(&it.scene.below, "etl.team.example.com").await;
    assert_eq!(it.hear(&it.scene.below, "a-cluster-is-waiting", &intruder).await, Outcome::Applied, "unset, it may");
    let pairs = format!("example.com={},team.example.com={}", it.scene.below.account, it.scene.member.account);
    it.configure(&pairs).await;
    let (member, below) = (&it.scene.member, &it.scene.below);
    assert_eq!(it.hear(below, "a-cluster-is-running", &intruder).await, Outcome::Refused);
    let cluster = it.run(member, "etl.team.example.com").await;
    assert_eq!(it.hear(member, "a-cluster-is-waiting", &cluster).await, Outcome::Applied, "it is the member's");
    let expected = "_signalbox.etl.team.example.com account=MEMBER; etl.team.example.com";
    assert_eq!(it.records().await, expected);
    assert_eq!(it.sweep().await, Outcome::Unchanged, "a sweep looks where there are records");
    let outside = it.run(member, "etl.example.com").await;
    assert_eq!(it.hear(member, "a-cluster-is-waiting", &outside).await, Outcome::Refused);
    assert_eq!(it.records().await, expected);
    assert_eq!(it.sweep().await, Outcome::Refused);
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

#[tokio::test]
async fn a_member_that_cannot_be_read_keeps_its_names_and_holds_back_no_others() {
    let it = Clusters::new().await;
    let (member, below) = (&it.scene.member, &it.scene.below);
    let mut clusters = Vec::new();
    for (account, name) in [(member, "gone"), (member, "stays"), (below, "etl")] {
        let cluster = it.run(account, &format!("{name}.example.com")).await;
        assert_eq!(it.hear(account, "a-cluster-is-waiting", &cluster).await, Outcome::Applied);
        clusters.push(cluster);
    }
    for (account, cluster) in [(member, &clusters[0]), (below, &clusters[2])] {
        terminate(account, cluster).await;
        set_state(account, cluster, "TERMINATED").await;
    }
    let denied = Fault::new(&below.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("ListClusters".into()), times: 100, ..denied });
    assert_eq!(it.sweep().await, Outcome::Failed, "not everything could be read");
    let stays = "_signalbox.stays.example.com account=MEMBER";
    assert_eq!(
        it.records().await,
        format!("_signalbox.etl.example.com account=BELOW; {stays}; etl.example.com; stays.example.com")
    );
    AWS.clear_faults(&below.account);
    assert_eq!(it.sweep().await, Outcome::Applied);
    assert_eq!(it.records().await, format!("{stays}; stays.example.com"));
}

/// More of them end than a sweep may take away.
#[tokio::test]
async fn a_member_that_ends_many_clusters_keeps_their_names_and_holds_back_no_others() {
    let mut it = Clusters::new().await;
    it.set(settings(&it.zone, "", 2)).await;
    let (member, below) = (&it.scene.member, &it.scene.below);
    for (account, name) in [(member, "a"), (member, "b"), (member, "c"), (below, "gone"), (below, "stays")] {
        let cluster = it.run(account, &format!("{name}.example.com")).await;
        assert_eq!(it.hear(account, "a-cluster-is-waiting", &cluster).await, Outcome::Applied);
        if name != "stays" {
            terminate(account, &cluster).await;
            set_state(account, &cluster, "TERMINATED").await;
        }
    }
    it.run(below, "missed.example.com").await;
    assert_eq!(it.sweep().await, Outcome::Refused, "the alarm sounds");
    let of = |account: &str, names: &[&str]| {
        let marks = names.iter().map(|name| format!("_signalbox.{name}.example.com account={account}"));
        (marks.collect::<Vec<_>>(), names.iter().map(|name| format!("{name}.example.com")).collect::<Vec<_>>())
    };
    let ((marks, names), (own, kept)) = (of("BELOW", &["missed", "stays"]), of("MEMBER", &["a", "b", "c"]));
    let mut all = [own, marks.clone(), kept, names.clone()].concat();
    all.sort();
    assert_eq!(it.records().await, all.join("; "));
    let forced = r#"["a.example.com", "b.example.com", "c.example.com"]"#;
    assert_eq!(it.sweep_forced(forced).await, Outcome::Applied);
    assert_eq!(it.records().await, [marks, names].concat().join("; "));
}
