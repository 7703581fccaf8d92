//! A function that stays warm remembers the VPC of a subnet, and guesses the zone; what it guessed wrong it reads again.

use emr_dns::EmrDns;
use reaction::{Mode, Outcome, Report, drive_json};

use super::{CLUSTER, Cluster, GIVEN, Given, HOME, NIGHTLY, Scene, ZONE, Zone, soon};
use crate::world::emr::{associate, records, set_state};
use crate::world::scene::{Scene as _, read_sample};

/// What this function reports of a sample event, and the calls that it makes.
pub async fn hear(scene: &Scene, function: &EmrDns, sample: &str) -> (Report, Vec<String>) {
    let event = scene.with_own_ids(&read_sample(Scene::FUNCTION, sample));
    let before = scene.world.calls();
    let report = drive_json(function, &scene.ledger(), Mode::Apply, &soon(), &event).await;
    (report, scene.world.operations_since(before))
}

#[tokio::test]
async fn the_vpc_of_a_subnet_is_asked_for_once() {
    let scene = Scene::set_up(&GIVEN, "a-cluster-is-running").await;
    let function = scene.function();
    let (report, calls) = hear(&scene, &function, "a-cluster-is-running").await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!((calls.iter().filter(|it| *it == "ec2:DescribeSubnets").count(), calls.len()), (1, 7), "{calls:?}");
    set_state(&scene.world, scene.id_of(NIGHTLY), "TERMINATED").await;
    let (report, calls) = hear(&scene, &function, "a-cluster-was-terminated").await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!((calls.iter().filter(|it| *it == "ec2:DescribeSubnets").count(), calls.len()), (0, 6), "{calls:?}");
    assert!(!scene.picture().await.contains("etl.example.com"));
}

#[tokio::test]
async fn a_zone_that_a_vpc_got_meanwhile_is_the_one_of_its_next_name() {
    const DEEP: &str = "etl.dev.example.com";
    const DEV: Zone =
        Zone { id: "Z2DEVEXAMPLE", domain: "dev.example.com", vpcs: &["vpc-0123456789abcdef1"], records: &[] };
    let given = Given { clusters: &[Cluster { tag: Some(DEEP), ..CLUSTER }], zones: &[ZONE, DEV], ..GIVEN };
    let scene = Scene::set_up(&given, "a-cluster-is-running").await;
    let function = scene.function();
    assert_eq!(hear(&scene, &function, "a-cluster-is-running").await.0.outcome, Outcome::Applied);
    assert!(records(&scene.world, scene.id_of(ZONE.id)).await.contains(DEEP));
    associate(&scene.world, scene.id_of(DEV.id), scene.id_of(HOME)).await;
    set_state(&scene.world, scene.id_of(NIGHTLY), "WAITING").await;
    let report = hear(&scene, &function, "a-cluster-is-waiting").await.0;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(records(&scene.world, scene.id_of(DEV.id)).await.contains(DEEP), "{report}");
}
