//! The compiled function behind a Lambda Runtime API: its sweep, and settings of its own.

use expect_test::expect;
use local_aws::lambda_api::Outcome;
use serde_json::Value;

use super::{CLUSTER, Cluster, GIVEN, Given, NEW, OLD, Record, Scene, ZONE, Zone};
use crate::promises::binary::{INVOCATION, environment, start_function, with_fixed_request};
use crate::world::World;
use crate::world::scene::Scene as _;

/// The variables of a scene.
fn variables(scene: &Scene) -> impl Iterator<Item = (String, String)> {
    scene.variables().iter().map(|(name, value)| ((*name).to_owned(), value.clone()))
}

#[tokio::test]
async fn it_sweeps_and_counts_in_metrics() {
    let gone = Record::Ours("old.example.com", OLD.primary, OLD.id);
    let given = Given {
        clusters: &[CLUSTER, Cluster { tag: Some("*.example.com"), ..NEW }, OLD],
        zones: vec![Zone { records: vec![gone].leak(), ..ZONE }].leak(),
        ..GIVEN
    };
    let scene = Scene::set_up(&given, "it-is-time-to-sweep").await;
    let mut environment = environment(&scene.world);
    environment.extend(variables(&scene));
    let (api, function) = start_function("emr-dns", &environment).await;
    // What is left of the last half a minute is for acting on what was read.
    let Outcome::Response(answer) = api.invoke(scene.event(), 2 * INVOCATION).await else { panic!("no answer") };
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    expect![[r#"{"correlation_id":"a-request","counts":{"dns":{"created":1,"deleted":1,"incomplete":0,"refused":1,"unchanged":0,"updated":0}},"function":"emr-dns","key":"sweep","notes":[],"outcome":"refused","reason":"the tag `cluster_name` of cluster j-3NEWCLUSTER88: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com","steps":[{"error":null,"step":"in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC; delete old.example.com -> ip-10-0-0-22.eu-west-1.compute.internal of j-2OLDCLUSTER77"},{"error":"the tag `cluster_name` of cluster j-3NEWCLUSTER88: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com","step":"cannot name j-3NEWCLUSTER88 *.example.com: the tag `cluster_name` of cluster j-3NEWCLUSTER88: `*.example.com` is a wildcard, and a cluster has one name; it has to be host.domain, such as etl.example.com"}]}"#]].assert_eq(&scene.with_sample_ids(&with_fixed_request(&answer)));
    let Outcome::Error(poison) = api.invoke("[]", INVOCATION).await else { panic!("poison is no error") };
    assert!(poison.to_string().len() < 1_500, "{poison}");
    let output = function.end().await.unwrap();
    let lines: Vec<Value> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let metrics = lines.iter().find(|line| line.get("_aws").is_some()).unwrap();
    let counted = ["CreatedCount", "UpdatedCount", "DeletedCount", "UnchangedCount", "RefusedCount", "IncompleteCount"];
    assert_eq!(counted.map(|name| metrics[name].as_u64()), [1, 0, 1, 0, 1, 0].map(Some), "{output}");
}

#[tokio::test]
async fn a_setting_of_names_that_is_wrong_ends_init_and_is_named() {
    let world = World::new().await;
    for (name, value) in [
        ("SIGNALBOX_DNS_POLICY", "upsert"),
        ("SIGNALBOX_DNS_ZONES", "example.com"),
        ("SIGNALBOX_DNS_ZONES", "Z1EXAMPLECOM,,Z2EXAMPLEORG"),
        ("SIGNALBOX_DNS_TTL", "0"),
        ("SIGNALBOX_DNS_TAG", " "),
        ("SIGNALBOX_OWNER", "a,b"),
        ("SIGNALBOX_LEDGER_TABLE", ""),
    ] {
        let mut environment = environment(&world);
        environment.insert(name.into(), value.into());
        let (_api, mut function) = start_function("emr-dns", &environment).await;
        assert!(!function.wait().await.unwrap().success(), "{name}={value}");
        assert!(function.output().contains(name), "{name}={value}: {}", function.output());
    }
}
