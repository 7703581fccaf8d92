//! Five thousand instances in one sweep, within the pages that Systems Manager admits.

use std::collections::BTreeMap;

use local_aws::{Fault, FaultKind};
use reaction::Outcome;

use super::{CLEAN, FOUND, GIVEN, Given, NODE, Node, SWEEP, Scene};
use crate::world::patching::{copy, tell};
use crate::world::scene::Scene as _;
use crate::world::{AWS, World};

const MANY: usize = 5_000;

/// A node outside of EC2, of which the others are copies.
const FIRST: Node = Node { id: "mi-fffffffffffffffff", runs: false, scan: Some(CLEAN), ..NODE };

fn calls_since(world: &World, skipped: usize) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for call in world.operations_since(skipped) {
        *calls.entry(call).or_default() += 1;
    }
    calls
}

#[tokio::test]
async fn five_thousand_instances_are_read_in_pages_of_fifty_and_recorded_once() {
    let mut scene = Scene::set_up(&Given { instances: &[FIRST], windows: &[], ..GIVEN }, "it-is-time-to-sweep").await;
    copy(&scene.world, FIRST.id, MANY - 1).await;
    let account = scene.world.account.clone();
    let states = Some("DescribeInstancePatchStates".to_owned());
    AWS.inject(&Fault { operation: states, nth: 7, times: 2, ..Fault::new(&account, FaultKind::Throttle) });
    let before = scene.world.calls();
    let report = scene.hear_of(SWEEP).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report:.2000}");
    assert_eq!((report.counts["patches"]["instances"], report.counts["patches"]["compliant"]), (5_000, 5_000));
    let calls = calls_since(&scene.world, before);
    assert_eq!(calls["ssm:DescribeInstanceInformation"], MANY / 50);
    assert_eq!(calls["ssm:DescribeInstancePatchStates"], MANY / 50 + 2, "two were throttled and sent again");
    assert_eq!(calls.get("ssm:DescribeInstancePatches"), None, "nothing is missing");
    assert_eq!(calls["dynamodb:TransactWriteItems"], MANY / 50, "fifty scans and their heads in each");
    let at = scene.time(0);
    tell(&scene.world, "mi-00000000000000000", "Linux Servers", &FOUND, &at).await;
    let before = scene.world.calls();
    let report = scene.hear_of(SWEEP).await;
    assert_eq!(report.counts["patches"]["compliant"], 4_999, "{report:.2000}");
    let calls = calls_since(&scene.world, before);
    assert_eq!(
        (calls["ssm:DescribeInstancePatches"], calls["events:PutEvents"]),
        (1, 1),
        "of the one that has a new scan"
    );
    assert_eq!(calls["dynamodb:TransactWriteItems"], 2, "its scan, and what was reported of it");
    let before = scene.world.calls();
    let report = scene.hear_of(SWEEP).await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{report:.2000}");
    let calls = calls_since(&scene.world, before);
    assert_eq!((calls.get("dynamodb:TransactWriteItems"), calls.get("events:PutEvents")), (None, None));
}
