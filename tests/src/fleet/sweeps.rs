//! The suite's own sweeps, in each account: by the manifest and with the tables of the calling account.

use std::collections::BTreeSet;

use expect_test::expect;
use serde_json::Value;

use super::{Ran, Scene};
use crate::ec2::{launchers, register};
use crate::emr::{PRIMARY, make_private_zone, make_vpc, records, run_cluster};
use crate::world::{AUDIT, GRANTS, World, sessions_of};

const MANIFEST: &str = r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012"]}}, "s3": {}, "rds": {}}"#;

/// An image of the manifest in `dev` and in `qa`: what they are called there.
async fn images(scene: &Scene) -> [(aws_sdk_ec2::Client, String); 2] {
    scene.world.put_manifest(MANIFEST).await;
    scene.world.create_grants_tables().await;
    let mut images = Vec::new();
    for name in ["dev", "qa"] {
        let ec2 = aws_sdk_ec2::Client::new(&scene.config_of(name).await);
        let image = register(&ec2, "base_linux_v1", &[]).await;
        images.push((ec2, image));
    }
    images.try_into().unwrap()
}

fn sweep(scene: &Scene, arguments: &[&str]) -> Ran {
    let manifest = format!("s3://{}/share.json", scene.world.bucket());
    let tables = ["share-sweep", "--manifest", &manifest, "--grants-table", GRANTS, "--audit-table", AUDIT];
    scene.run(&[&tables as &[_], arguments].concat())
}

/// What became of each account, and in how many steps.
fn outcomes(ran: &Ran) -> String {
    let lists: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.said));
    let line = |entry: &Value| {
        let (name, report) = (entry["Name"].as_str().unwrap_or_default(), &entry["Result"]);
        format!("{name}: {} {}", report["outcome"].as_str().unwrap(), report["steps"].as_array().unwrap().len())
    };
    let mut lines: Vec<_> = lists["Results"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    lines.join(", ")
}

#[tokio::test]
async fn shares_are_made_true_in_each_account_and_recorded_in_one_place() {
    let scene = Scene::set_up().await;
    let images = images(&scene).await;
    let all = ["--target", "{unit}", "--output", "json"];
    let planned = sweep(&scene, &[&all as &[_], &["--dry-run"]].concat());
    assert_eq!(outcomes(&planned), "dev: planned 1, prod: unchanged 0, qa: planned 1");
    let policies = scene.calls("AssumeRole").iter().filter(|call| call.body.contains("Policy=")).count();
    assert_eq!(policies, 3, "a dry run may only read");
    for (ec2, image) in &images {
        assert_eq!(launchers(ec2, image).await, "nobody");
    }
    assert_eq!(outcomes(&sweep(&scene, &all)), "dev: applied 1, prod: unchanged 0, qa: applied 1");
    assert_eq!(scene.calls("AssumeRole").iter().filter(|call| call.body.contains("Policy=")).count(), policies);
    for (ec2, image) in &images {
        assert_eq!(launchers(ec2, image).await, "123456789012");
    }
    let recorded = scene.world.grants().all().await.unwrap().grants;
    let of: BTreeSet<_> = recorded.iter().map(|grant| scene.with_names(grant.resource.account.as_str())).collect();
    assert_eq!(of.into_iter().collect::<Vec<_>>(), ["dev", "qa"]);
    assert_eq!(outcomes(&sweep(&scene, &all)), "dev: unchanged 0, prod: unchanged 0, qa: unchanged 0");
    assert_eq!(scene.world.grants().all().await.unwrap().grants, recorded, "the others' are nobody's to forget");
}

#[tokio::test]
async fn what_nobody_names_any_more_is_taken_back_in_its_own_account_only() {
    let scene = Scene::set_up().await;
    let [(dev, image), (qa, other)] = images(&scene).await;
    sweep(&scene, &["--target", "{unit}"]);
    scene.world.put_manifest(&MANIFEST.replace(r#""123456789012""#, "")).await;
    let limits = ["--max-removals", "10", "--max-removed-percent", "100"];
    let swept = sweep(&scene, &[&limits as &[_], &["--target", "{dev}", "--output", "json"]].concat());
    assert_eq!(outcomes(&swept), "dev: applied 1", "{}", swept.out);
    assert_eq!([launchers(&dev, &image).await, launchers(&qa, &other).await], ["nobody", "123456789012"]);
    let left = scene.world.grants().all().await.unwrap().grants;
    assert!(!left.is_empty() && left.iter().all(|grant| grant.resource.account.as_str() == scene.accounts["qa"]));
}

#[tokio::test]
async fn names_are_made_true_in_each_account() {
    let scene = Scene::set_up().await;
    let (account, sessions) = (scene.accounts["qa"].clone(), sessions_of(&scene.accounts["qa"]).await);
    let ec2 = aws_sdk_ec2::Client::new(sessions.config());
    let member = World { account, ec2, sessions: sessions.into(), ..World::new().await };
    let (vpc, subnet) = make_vpc(&member).await;
    let zone = make_private_zone(&member, "example.com", &vpc).await;
    let tags = [("cluster_name", "etl.example.com"), (PRIMARY, "ip-10-0-0-1.eu-west-1.compute.internal")];
    run_cluster(&member, &subnet, &tags).await;
    let ran = scene.run(&["dns-sweep", "--target", "{unit}", "--output", "json"]);
    assert_eq!(
        (ran.code, outcomes(&ran).as_str()),
        (Some(0), "dev: unchanged 0, prod: unchanged 0, qa: applied 1"),
        "{}",
        ran.out
    );
    let records = records(&member, &zone).await;
    assert!(records.contains("etl.example.com CNAME 60 ip-10-0-0-1.eu-west-1.compute.internal\n"), "{records}");
}

#[tokio::test]
async fn settings_that_are_wrong_everywhere_are_told_once() {
    let scene = Scene::set_up().await;
    let said = |arguments: &[&str]| {
        let ran = scene.run(arguments);
        format!("{:?} {}", ran.code, ran.said)
    };
    let wrong = [
        &["share-sweep"] as &[_],
        &["share-sweep", "--manifest", "s3://b/k", "--grants-table", "grants"],
        &["share-sweep", "--manifest", "s3://b/k", "--regions", "eu-west-1"],
        &["dns-sweep", "--dns-ttl", "soon"],
    ];
    expect![[r#"
        Some(253) error: the environment variable SIGNALBOX_MANIFEST is not set: set it to where the share manifest lies: `s3://bucket/key` or `ssm:/name`
        Some(253) error: the environment variable SIGNALBOX_AUDIT_TABLE is not set: set it to the name of the DynamoDB table of the audit, or unset SIGNALBOX_GRANTS_TABLE
        Some(252) error: --regions is not for this operation: the manifest names the regions
        Some(253) error: the environment variable SIGNALBOX_DNS_TTL: `soon` is not a number of seconds from 1 to 604800
    "#]].assert_eq(&wrong.map(said).concat());
    assert!(scene.calls("AssumeRole").is_empty());
}
