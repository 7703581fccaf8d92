//! The suite's own sweeps, in each account: by the manifest and with the tables of the calling account.

use std::collections::BTreeSet;

use expect_test::expect;
use serde_json::Value;

use super::{Ran, Scene};
use crate::world::ec2::{launchers, register};
use crate::world::emr::{PRIMARY, make_private_zone, make_vpc, records, run_cluster};
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
    scene.run(&[&tables as &[_], &["--allowed-accounts", "123456789012"], arguments].concat())
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
    let planned = sweep(&scene, &all);
    assert_eq!(outcomes(&planned), "dev: planned 1, prod: unchanged 0, qa: planned 1");
    let may_write = |call: &local_aws::Call| call.body.contains("ModifyImageAttribute");
    assert!(!scene.calls("AssumeRole").iter().any(may_write), "a plan may only read");
    for (ec2, image) in &images {
        assert_eq!(launchers(ec2, image).await, "no account");
    }
    let all = [&all as &[_], &["--apply"]].concat();
    assert_eq!(outcomes(&sweep(&scene, &all)), "dev: applied 1, prod: unchanged 0, qa: applied 1");
    assert_eq!(scene.calls("AssumeRole").iter().filter(|call| may_write(call)).count(), 3);
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
    sweep(&scene, &["--target", "{unit}", "--apply"]);
    scene.world.put_manifest(&MANIFEST.replace(r#""123456789012""#, "")).await;
    let limits = ["--max-removals", "10", "--max-removed-percent", "100"];
    let swept = sweep(&scene, &[&limits as &[_], &["--target", "{dev}", "--apply", "--output", "json"]].concat());
    assert_eq!(outcomes(&swept), "dev: applied 1", "{}", swept.out);
    assert_eq!([launchers(&dev, &image).await, launchers(&qa, &other).await], ["no account", "123456789012"]);
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
    let planned = scene.run(&["dns-sweep", "--target", "{unit}", "--output", "json"]);
    assert_eq!(outcomes(&planned), "dev: unchanged 0, prod: unchanged 0, qa: planned 1", "{}", planned.out);
    assert!(!records(&member, &zone).await.contains("etl.example.com"), "a plan changes nothing");
    let ran = scene.run(&["dns-sweep", "--target", "{unit}", "--apply", "--output", "json"]);
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
        &["share-sweep", "--all"] as &[_],
        &["share-sweep", "--all", "--manifest", "s3://b/k", "--grants-table", "grants"],
        &["share-sweep", "--all", "--manifest", "s3://b/k", "--regions", "eu-west-1"],
        &["dns-sweep", "--all", "--dns-ttl", "soon"],
        &["share-sweep", "--manifest", "s3://b/k"],
        &["dns-sweep", "--apply"],
        &["share-sweep", "--all", "--apply", "--manifest", "s3://b/k"],
        &["share-sweep", "--all", "--apply", "--unrecorded", "--manifest", "s3://b/k"],
        &["rotation-state", "--apply"],
        &["caller-identity", "--dns-ttl", "60"],
    ];
    expect![[r#"
        Some(253) error: the environment variable SIGNALBOX_MANIFEST is not set: set it to where the share manifest lies: `s3://bucket/key` or `ssm:/name`
        Some(253) error: the environment variable SIGNALBOX_AUDIT_TABLE is not set: set it to the name of the DynamoDB table of the audit, or unset SIGNALBOX_GRANTS_TABLE
        Some(252) error: --regions is not for this operation: the manifest names the regions
        Some(253) error: the environment variable SIGNALBOX_DNS_TTL: `soon` is not a number of seconds from 1 to 604800
        Some(252) error: share-sweep writes: say where, with --target, or with --all for every account of the organization
        Some(252) error: dns-sweep writes: say where, with --target, or with --all for every account of the organization
        Some(253) error: share-sweep does not share what it cannot record: give --grants-table and --audit-table, or --unrecorded, after which nothing of it is ever taken back
        Some(252) error: nothing was changed: no setting says with which accounts things may be shared; give --allowed-accounts (or set SIGNALBOX_ALLOWED_ACCOUNTS) with ids of accounts, organizations and organizational units, separated by commas, or with the word `everybody`
        Some(252) error: --apply is not for rotation-state, which only reads; leave it out
        Some(252) error: --dns-ttl would have no effect: caller-identity does not read it; leave it out
    "#]].assert_eq(&wrong.map(said).concat());
    assert!(scene.calls("AssumeRole").is_empty());
}

#[tokio::test]
async fn nothing_is_shared_that_cannot_be_recorded_unless_that_is_meant() {
    let scene = Scene::set_up().await;
    let [(ec2, image), _] = images(&scene).await;
    let manifest = format!("s3://{}/share.json", scene.world.bucket());
    let bound = ["--allowed-accounts", "123456789012"];
    let sweep = ["share-sweep", "--target", "{dev}", "--manifest", &manifest, "--apply", "--output", "json"];
    let sweep = [&sweep as &[_], &bound].concat();
    let refused = scene.run(&sweep);
    assert_eq!((refused.code, launchers(&ec2, &image).await.as_str()), (Some(253), "no account"), "{}", refused.said);
    let meant = scene.run(&[&sweep, &["--unrecorded"] as &[_]].concat());
    assert_eq!((meant.code, launchers(&ec2, &image).await.as_str()), (Some(0), "123456789012"), "{}", meant.said);
    assert!(scene.world.grants().all().await.unwrap().grants.is_empty());
}

/// A plan that nothing bounds says so, and what is bounded by the word `everybody` repeats it: once, and in each account's report.
#[tokio::test]
async fn what_bounds_the_accounts_is_told_where_nothing_does() {
    let scene = Scene::set_up().await;
    images(&scene).await;
    let manifest = format!("s3://{}/share.json", scene.world.bucket());
    let plan = ["share-sweep", "--target", "{dev},{prod}", "--manifest", &manifest, "--output", "json"];
    let told = |ran: &Ran, note: &str| {
        let lists: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.said));
        let results = lists["Results"].as_array().unwrap();
        assert_eq!(results.len(), 2, "{lists:#}");
        for entry in results {
            let notes = entry["Result"]["notes"].as_array().unwrap();
            assert!(notes.iter().any(|it| it.as_str().unwrap().contains(note)), "{note}: {entry:#}");
        }
        assert_eq!(ran.said.matches(note).count(), 1, "{}", ran.said);
    };
    told(&scene.run(&plan), "--allowed-accounts (SIGNALBOX_ALLOWED_ACCOUNTS) is not given");
    let everybody = [&plan as &[_], &["--allowed-accounts", "everybody"]].concat();
    told(&scene.run(&everybody), "is `everybody`");
    told(&scene.run(&[&everybody, &["--apply", "--unrecorded"] as &[_]].concat()), "is `everybody`");
    let bounded = scene.run(&[&plan as &[_], &["--allowed-accounts", "123456789012"]].concat());
    assert!(!bounded.out.contains("any account") && !bounded.said.contains("any account"), "{}", bounded.out);
}

/// What was planned in a place is not done there, so that a run that acts cannot go on from it.
#[tokio::test]
async fn a_run_that_acts_does_not_go_on_with_one_that_planned() {
    let scene = Scene::set_up().await;
    let planned = scene.run(&["dns-sweep", "--target", "{dev}", "--checkpoint", "plan.jsonl"]);
    assert_eq!(planned.code, Some(0), "{}", planned.said);
    let resumed = scene.run(&["dns-sweep", "--target", "{dev}", "--resume", "plan.jsonl", "--apply"]);
    assert_eq!(resumed.code, Some(252), "{}", resumed.said);
    assert!(resumed.said.contains("it is of the operation plan of dns-sweep"), "{}", resumed.said);
}

/// A key, a repository and a bucket in the account, each without anybody else.
async fn exact(config: &aws::SdkConfig, bucket: &str) {
    let ecr = aws_sdk_ecr::Client::new(config);
    ecr.create_repository().repository_name("base/app").send().await.unwrap();
    let kms = aws_sdk_kms::Client::new(config);
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    kms.create_alias().alias_name("alias/base").target_key_id(&key).send().await.unwrap();
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint("eu-west-1".into()).build();
    let s3 = aws_sdk_s3::Client::new(config);
    s3.create_bucket().bucket(bucket).create_bucket_configuration(place).send().await.unwrap();
}

/// Who is in the policies of what [`exact`] made.
async fn exact_policies(config: &aws::SdkConfig, bucket: &str) -> [bool; 3] {
    let ecr = aws_sdk_ecr::Client::new(config).get_repository_policy().repository_name("base/app").send().await;
    let kms = aws_sdk_kms::Client::new(config);
    let key = kms.describe_key().key_id("alias/base").send().await.unwrap().key_metadata.unwrap().key_id;
    let key = kms.get_key_policy().key_id(key).policy_name("default").send().await.unwrap().policy;
    let s3 = aws_sdk_s3::Client::new(config).get_bucket_policy().bucket(bucket).send().await;
    let texts = [ecr.ok().and_then(|it| it.policy_text), key, s3.ok().and_then(|it| it.policy)];
    texts.map(|text| text.is_some_and(|text| text.contains("123456789012")))
}

const EXACT: &str = r#"{"ecr": {"base/app": {"eu-west-1": ["123456789012"]}}, "kms": {"alias/base": {"eu-west-1": ["123456789012"]}},
    "s3": {"BUCKET": ["123456789012"]}}"#;

#[tokio::test]
async fn what_is_named_exactly_is_of_one_account_and_the_others_skip_it_and_say_so() {
    let scene = Scene::set_up().await;
    scene.world.create_grants_tables().await;
    let (dev, qa) = (scene.config_of("dev").await, scene.config_of("qa").await);
    let [of_dev, of_qa] = ["dev", "qa"].map(|name| format!("com-example-{}", scene.accounts[name]));
    exact(&dev, &of_dev).await;
    exact(&qa, &of_qa).await;
    scene.world.put_manifest(&EXACT.replace("BUCKET", &of_dev)).await;
    let all = ["--target", "{unit}", "--apply", "--output", "json"];
    let of_the_caller = sweep(&scene, &all);
    assert_eq!(
        outcomes(&of_the_caller),
        "dev: unchanged 0, prod: unchanged 0, qa: unchanged 0",
        "{}",
        of_the_caller.out
    );
    let said = "kms, ecr, s3 name resources of account hub exactly, and are skipped in dev";
    assert!(of_the_caller.out.contains(said), "{}", of_the_caller.out);
    assert_eq!([exact_policies(&dev, &of_dev).await, exact_policies(&qa, &of_qa).await], [[false; 3]; 2]);
    let account = scene.accounts["dev"].clone();
    let of_dev_alone = sweep(&scene, &[&all as &[_], &["--exact-names-account", &account]].concat());
    assert_eq!(outcomes(&of_dev_alone), "dev: applied 3, prod: unchanged 0, qa: unchanged 0", "{}", of_dev_alone.out);
    assert_eq!([exact_policies(&dev, &of_dev).await, exact_policies(&qa, &of_qa).await], [[true; 3], [false; 3]]);
}
