//! What the sessions of an operation that writes may do is what it asks of AWS: no less, or it fails where it is bounded, and no
//! more.

use std::collections::BTreeSet;

use aws_sdk_ecr::Client as Ecr;
use serde_json::Value;

use super::Scene;
use crate::functions::reconcile_shares;
use crate::world::emr::{PRIMARY, make_private_zone, make_vpc, run_cluster};
use crate::world::{AUDIT, AWS, GRANTS, World, sessions_of};

/// What entering an account may take beside the operation: asking which regions it has enabled.
const OF_THE_FLEET: &str = "ec2:DescribeRegions";

/// The actions that an operation needs, where they are not its own name.
fn actions_of(service: &str, operation: &str) -> Vec<String> {
    match (service, operation) {
        ("s3", "ListBuckets") => vec!["s3:ListAllMyBuckets".into()],
        // Route 53 asks EC2 of the VPC in the name of the principal that asks for its zones.
        ("route53", "ListHostedZonesByVPC") => vec!["route53:ListHostedZonesByVPC".into(), "ec2:DescribeVpcs".into()],
        _ => vec![format!("{service}:{operation}")],
    }
}

/// What was asked of AWS in an account since its first calls, by sessions and not by the test itself.
fn asked(account: &str, skipped: usize) -> BTreeSet<String> {
    let calls = AWS.calls_since(account, skipped).into_iter();
    calls.flat_map(|it| actions_of(&it.service, &it.operation)).collect()
}

/// The actions of the session policy of the last role that was assumed.
fn allowed(scene: &Scene) -> BTreeSet<String> {
    let body = scene.calls("AssumeRole").last().unwrap().body.clone();
    let policy = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "Policy").unwrap().1.into_owned();
    assert!(policy.len() <= 2048, "STS takes 2048 characters: {}", policy.len());
    let policy: Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 1);
    let actions = policy["Statement"][0]["Action"].as_array().unwrap().iter();
    actions.map(|it| it.as_str().unwrap().to_owned()).filter(|it| it != OF_THE_FLEET).collect()
}

/// A manifest that takes everything away again.
fn emptied(manifest: &str) -> String {
    let mut manifest: Value = serde_json::from_str(manifest).unwrap();
    for (section, entries) in manifest.as_object_mut().unwrap() {
        for entry in entries.as_object_mut().unwrap().values_mut() {
            match section.as_str() {
                "s3" => *entry = serde_json::json!([]),
                _ => entry.as_object_mut().unwrap().values_mut().for_each(|list| *list = serde_json::json!([])),
            }
        }
    }
    manifest.to_string()
}

/// An account with something of every kind, and a manifest with an entry for each.
async fn member() -> (reconcile_shares::Scene, String) {
    let member = reconcile_shares::Scene::new().await.with_own_policies().await.with_encrypted_snapshot().await;
    // A bucket that another account has, of which S3 says no more than that it is closed.
    let member = member.beside_a_foreign_bucket().await;
    let (secret, foreign) = (
        r#""secret-db-v": {"eu-west-1": ["123456789012"]}, "base-db-v""#,
        r#""s3": {"com-example-foreign-111122223333": ["123456789012"], "#,
    );
    let manifest = reconcile_shares::MANIFEST.replace(r#""base-db-v""#, secret).replace(r#""s3": {"#, foreign);
    let manifest = member.of_account(&manifest).replace(r#", "organization": "o-exampleorgid""#, "");
    (member, manifest)
}

#[tokio::test]
async fn a_sweep_of_shares_may_do_what_it_does_and_nothing_else() {
    let (member, manifest) = member().await;
    let scene = Scene::set_up().await;
    scene.world.create_grants_tables().await;
    let account = member.world.account.clone();
    let place = format!("s3://{}/share.json", scene.world.bucket());
    let sweep =
        format!("share-sweep --target {account} --exact-names-account {account} --manifest {place} --output json");
    let sweep: Vec<_> = sweep.split(' ').collect();
    let tables = [
        "--grants-table",
        GRANTS,
        "--audit-table",
        AUDIT,
        "--max-removals",
        "100",
        "--max-removed-percent",
        "100",
        "--allowed-accounts",
        "everybody",
    ];
    let before = AWS.count(&account);
    scene.world.put_manifest(&manifest).await;
    let planned = scene.run(&[&sweep as &[_], &tables].concat());
    let read = asked(&account, before);
    assert_eq!(allowed(&scene), read, "a plan: {}{}", planned.out, planned.said);
    for text in [manifest.clone(), emptied(&manifest)] {
        scene.world.put_manifest(&text).await;
        let ran = scene.run(&[&sweep as &[_], &tables, &["--apply"]].concat());
        assert!(ran.code.is_some(), "{}", ran.said);
    }
    assert_eq!(allowed(&scene), asked(&account, before), "with --apply");
    let policy =
        Ecr::new(member.world.sessions.config()).get_repository_policy().repository_name("base/app").send().await;
    assert!(policy.is_err(), "everything was done, to the last policy that is deleted");
}

#[tokio::test]
async fn a_sweep_of_names_may_do_what_it_does_and_nothing_else() {
    let scene = Scene::set_up().await;
    let (account, sessions) = (scene.accounts["qa"].clone(), sessions_of(&scene.accounts["qa"]).await);
    let ec2 = aws_sdk_ec2::Client::new(sessions.config());
    let member = World { account: account.clone(), ec2, sessions: sessions.into(), ..World::new().await };
    let (vpc, subnet) = make_vpc(&member).await;
    let zone = make_private_zone(&member, "example.com", &vpc).await;
    let tags = [("cluster_name", "etl.example.com"), (PRIMARY, "ip-10-0-0-1.eu-west-1.compute.internal")];
    run_cluster(&member, &subnet, &tags).await;
    let before = AWS.count(&account);
    scene.run(&["dns-sweep", "--target", "{qa}"]);
    scene.run(&["dns-sweep", "--target", "{qa}", "--dns-zones", &zone]);
    let read = asked(&account, before);
    assert_eq!(allowed(&scene), read, "a plan");
    scene.run(&["dns-sweep", "--target", "{qa}", "--apply"]);
    assert_eq!(allowed(&scene), asked(&account, before), "with --apply");
}
