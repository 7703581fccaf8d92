//! `signalbox patches`, as a person or CI runs it: what is unknown is never compliant, in one account and in many.

use std::process::Command;

use expect_test::expect;
use local_aws::{Fault, FaultKind};
use serde_json::Value;

use super::Ran;
use crate::functions::report_patches::{CLEAN, FOUND, GIVEN, Given, NODE, Node, OPEN, SWEEP, Scene};
use crate::world::built::binary;
use crate::world::patching::{Told, register};
use crate::world::scene::Scene as _;
use crate::world::{AWS, REGION, World};

/// An instance of each kind.
const ONE_OF_EACH: &[Node] = &[
    OPEN,
    Node { id: "i-0123456789abcdef1", scan: Some(Told { hours: 24 * 9, ..CLEAN }), ..NODE },
    Node { id: "i-0123456789abcdef2", scan: None, ..NODE },
    Node { id: "i-0123456789abcdef3", managed_for_days: None, scan: None, group: "Databases", ..NODE },
    Node { id: "i-0123456789abcdef4", ..NODE },
];

fn run(scene: &Scene, arguments: &[&str]) -> Ran {
    let mut command = Command::new(binary("signalbox"));
    command.env_clear().arg("patches").args(arguments);
    command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
    command.env("AWS_ACCESS_KEY_ID", &scene.world.account);
    let ran = command.output().unwrap();
    let text = |bytes: &[u8]| scene.with_sample_ids(&String::from_utf8_lossy(bytes));
    Ran { code: ran.status.code(), out: text(&ran.stdout), said: text(&ran.stderr) }
}

pub(super) async fn seen(before: &'static [Node]) -> Scene {
    let given = Given { instances: ONE_OF_EACH, before, ..GIVEN };
    Scene::set_up(&given, "it-is-time-to-sweep").await
}

#[tokio::test]
async fn instances_are_shown_with_their_trend_and_the_unknown_by_themselves() {
    let scene = seen(&[Node { scan: Some(Told { hours: 30, patches: &[], ..FOUND }), ..NODE }]).await;
    scene.hear_of(SWEEP).await;
    let before = scene.world.calls();
    let ran = run(&scene, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    expect![[r#"
        ACCOUNT       REGION     INSTANCE             NAME  GROUP          CRITICAL  SECURITY  MISSING  FAILED  REBOOT  SCANNED               TREND  STATUS
        111122223333  eu-west-1  i-0123456789abcdef0  web   Linux Servers  1         1         2        0       0       1 hours ago  ▁█     non-compliant
        111122223333  eu-west-1  i-0123456789abcdef1  web   Linux Servers  0         0         0        0       0       216 hours ago  ▁      unknown: last scan 9 days ago
        111122223333  eu-west-1  i-0123456789abcdef2  web   Linux Servers  -         -         -        -       -       -                     -      unknown: never scanned
        111122223333  eu-west-1  i-0123456789abcdef3  web   Databases      -         -         -        -       -       -                     -      unknown: not managed
        111122223333  eu-west-1  i-0123456789abcdef4  web   Linux Servers  0         0         0        0       0       1 hours ago  ▁      compliant

        111122223333/eu-west-1: patch group `Databases` has no baseline: the default baseline decides
        5 instances: 1 compliant, 1 non-compliant, 3 unknown
        patches: 1 critical, 1 security, 0 failed; waiting for a reboot: 0
        not known to be compliant: █ 80 %
    "#]].assert_eq(&ran.out);
    let calls = scene.world.operations_since(before);
    let is_read = |it: &&String| ["Describe", "Get", "Query"].iter().any(|read| it.contains(read));
    assert!(calls.iter().all(|it| is_read(&it)), "{calls:?}");
}

#[tokio::test]
async fn one_group_is_shown_by_itself_and_as_json() {
    let scene = seen(&[]).await;
    let ran = run(&scene, &["--group", "Databases", "--output", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let rows = told["instances"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{told}");
    assert_eq!((&rows[0]["group"], &rows[0]["status"]), (&"Databases".into(), &"unknown".into()));
    assert_eq!((&told["summary"]["compliant"], &told["summary"]["unknown"]), (&0.into(), &1.into()), "{told}");
    let ran = run(&scene, &["--group", "No Such Group", "--output", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &told["summary"]["instances"]), (Some(0), &0.into()));
}

#[tokio::test]
async fn without_a_table_there_is_no_trend_and_the_operator_is_told_why() {
    let scene = seen(&[]).await;
    let ran = run(&scene, &["--patches-table", "no-such-table"]);
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    assert!(ran.said.contains("there is no history, and so no trend, in 111122223333/eu-west-1"), "{}", ran.said);
    assert!(ran.out.contains("5 instances: 1 compliant, 1 non-compliant, 3 unknown"), "{}", ran.out);
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_not_compliant() {
    let scene = seen(&[]).await;
    let operation = Some("DescribeInstancePatchStates".to_owned());
    AWS.inject(&Fault { operation, ..Fault::new(&scene.world.account, FaultKind::AccessDenied) });
    let ran = run(&scene, &[]);
    assert_eq!(ran.code, Some(254), "{}", ran.said);
    assert!(
        ran.said.contains("what is missing here is unknown") && ran.said.contains("the patch states of 4 instances"),
        "{}",
        ran.said
    );
    assert!(ran.out.contains("5 instances: 0 compliant, 0 non-compliant, 5 unknown"), "{}", ran.out);
    let ran = run(&scene, &["--patch-scan-days", "soon"]);
    assert_eq!(ran.code, Some(253), "{}", ran.said);
    assert!(ran.said.contains("SIGNALBOX_PATCH_SCAN_DAYS: `soon`"), "{}", ran.said);
}

#[tokio::test]
async fn a_longer_age_makes_an_old_scan_known() {
    let scene = seen(&[]).await;
    let ran = run(&scene, &["--patch-scan-days", "10"]);
    assert!(ran.out.contains("5 instances: 2 compliant, 1 non-compliant, 2 unknown"), "{}{}", ran.out, ran.said);
}

#[tokio::test]
async fn other_accounts_are_reached_by_a_role_that_may_read_and_nothing_else() {
    let (hub, other) = (seen(&[]).await, seen(&[]).await);
    let (own, theirs) = (&hub.world.account, &other.world.account);
    let before = (hub.world.calls(), other.world.calls());
    let ran = run(&hub, &["--account", &format!("{own},{theirs}"), "--output", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let of = |account: &str| told["instances"].as_array().unwrap().iter().filter(|it| it["account"] == account).count();
    assert_eq!((of("111122223333"), of(theirs), &told["summary"]["unknown"]), (5, 5, &6.into()), "{told}");
    let calls = AWS.calls_since(own, before.0);
    let assumed = calls.iter().find(|it| it.operation == "AssumeRole").unwrap();
    let form: std::collections::BTreeMap<_, _> = form_urlencoded::parse(assumed.body.as_bytes()).into_owned().collect();
    let policy: Value = serde_json::from_str(&form["Policy"]).unwrap();
    let allowed = policy["Statement"][0]["Action"].as_array().unwrap();
    for operation in other.world.operations_since(before.1) {
        assert!(allowed.iter().any(|it| *it == *operation), "{operation} is not in {policy}");
    }
    AWS.inject(&Fault { operation: Some("AssumeRole".into()), ..Fault::new(own, FaultKind::AccessDenied) });
    let ran = run(&hub, &["--account", theirs]);
    assert_eq!(ran.code, Some(254), "{}", ran.said);
    assert!(ran.said.contains(theirs.as_str()) && ran.out.contains("0 instances: 0 compliant"), "{}", ran.said);
}

#[tokio::test]
async fn a_fleet_is_read_account_by_account_and_a_closed_account_is_skipped_with_its_reason() {
    let fleet = super::fleet::Scene::set_up().await;
    let dev = World::of(&fleet.accounts["dev"]).await;
    register(&dev, "mi-0123456789abcdef0", 30).await;
    let ran = {
        let mut command = Command::new(binary("signalbox"));
        command.env_clear().args(["patches", "--fleet", "--output", "json"]);
        command.envs([("AWS_ENDPOINT_URL", AWS.endpoint()), ("AWS_REGION", REGION), ("AWS_SECRET_ACCESS_KEY", "test")]);
        fleet.tell(&command.env("AWS_ACCESS_KEY_ID", &fleet.world.account).output().unwrap())
    };
    assert_eq!(ran.code, Some(0), "{}", ran.said);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let rows = told["instances"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["account"], &rows[0]["status"]), (1, &"dev".into(), &"unknown".into()), "{told}");
    assert!(ran.said.contains("skipped: old: the account is "), "{}", ran.said);
}
