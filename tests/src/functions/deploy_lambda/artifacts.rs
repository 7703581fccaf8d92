//! What a committer may put into an artifact: what the settings are to decide is refused with its place, and nothing is changed.

use delivery::{Artifact, Order};
use expect_test::expect;
use local_aws::JobState;
use reaction::{Mode, Outcome};

use super::{GIVEN, ORDERS, Scene, artifact};
use crate::functions::check_policy::zip_of;
use crate::world::lambda::code;
use crate::world::scene::Scene as _;

/// What the pipeline shows of an artifact, at whose targets nothing may change.
async fn refused(zip: &[u8]) -> String {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    scene.send(zip).await;
    let calls = scene.member.calls();
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let changes: Vec<_> = scene.member.operations_since(calls);
    assert!(
        changes.iter().all(|it| it.contains(":Get") || it.contains(":List") || it.contains(":Describe")),
        "{changes:?}"
    );
    assert!(scene.picture().await.starts_with("orders:live answers \"old\" by version 1"));
    let Some(JobState::Failed(kind, message)) = scene.state() else { panic!("{:?}", scene.state()) };
    scene.with_sample_ids(&format!("{kind}: {message}\n"))
}

/// An order for the target of the scene is not needed where the archive is refused.
const ORDER: &str =
    r#"{"functions": [{"name": "orders"}], "targets": [{"accounts": ["222233334444"], "regions": ["eu-west-1"]}]}"#;

#[tokio::test]
async fn an_archive_that_is_not_plain_is_refused() {
    let (order, lambda) = (ORDER.as_bytes(), code("new"));
    let bomb = vec![b'P'; 60_000_001];
    let long = format!("{ORDER}{}", " ".repeat(100_000));
    let all: [&[(&str, &[u8])]; 8] = [
        &[("deploy.json", order)],
        &[("lambda.zip", &lambda)],
        &[("a/deploy.json", order), ("b/deploy.json", order), ("lambda.zip", &lambda)],
        &[("deploy.json", order), ("../lambda.zip", &lambda)],
        &[("deploy.json", order), ("lambda.zip", &bomb)],
        &[("deploy.json", order), ("lambda.zip", b"#!/bin/sh")],
        &[("deploy.json", long.as_bytes()), ("lambda.zip", &lambda)],
        &[("deploy.json", b"{\"functions\": \xff"), ("lambda.zip", &lambda)],
    ];
    let mut told = String::new();
    for files in all {
        told += &refused(&zip_of(files)).await;
    }
    told += &refused(b"not a zip").await;
    expect![[r#"
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): the artifact's archive: it has no lambda.zip; put that file into it
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): the artifact's archive: it has no deploy.json; put that file into it
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): the artifact's archive: it has several deploy.json (a/deploy.json, b/deploy.json); leave one
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): the artifact's archive: `../lambda.zip` is not a path inside of it; name entries as folder/file
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): the artifact's archive: lambda.zip has more than 60000000 bytes when it is unpacked
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): lambda.zip is not a zip; pack the code of orders
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): deploy.json has 100106 bytes, and may have 100000; name units in place of accounts, or deliver in several deployments
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): deploy.json is not UTF-8: see byte 14; save it as UTF-8
        ConfigurationError: artifact Code (s3://manifests-111122223333/source/code.zip): the artifact's archive: it is not a zip (invalid Zip archive: Could not find EOCD)
    "#]].assert_eq(&told);
}

/// Each file is as large as one may be: together they are more than the function holds.
#[test]
fn code_that_unpacks_to_more_than_the_function_holds_is_refused() {
    let names = ["a.zip", "b.zip", "c.zip"];
    let functions: Vec<_> = names.iter().map(|name| format!(r#"{{"name": "{name}", "code": "{name}"}}"#)).collect();
    let text = ORDER.replace(r#"{"name": "orders"}"#, &functions.join(", ").replace(r#".zip", "c"#, r#"", "c"#));
    let settings = super::settings_with("111122223333", "a,b,c");
    let order = Order::read(&text, &settings).unwrap();
    let bomb = [b"PK".as_slice(), &vec![0; 51_000_000]].concat();
    let zip = zip_of(&names.map(|name| (name, bomb.as_slice())));
    assert!(zip.len() < 1_000_000, "a bomb is small: {}", zip.len());
    let refused = Artifact::open(&zip).unwrap().code(&order).unwrap_err();
    assert!(refused.is_refused(), "{refused}");
    expect!["the code of all functions has more than 150000000 bytes; deliver them in several deployments"]
        .assert_eq(&refused.to_string());
}

/// Another account than the settings name, in an order of a committer: no session is asked for there.
#[tokio::test]
async fn an_account_that_the_settings_do_not_name_is_not_entered() {
    let scene = Scene::set_up(&GIVEN, "code-was-sent").await;
    let order = ORDER.replace("222233334444", "555566667777");
    scene.send(&artifact(&order, "new")).await;
    let calls = scene.world.calls();
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.as_ref().unwrap().contains("555566667777"), "{report}");
    let asked = scene.world.operations_since(calls);
    assert!(!asked.iter().any(|it| it == "sts:AssumeRole"), "{asked:?}");
}

/// The name of an alarm that looks like a pattern or an ARN, a function with a version, and one of another account.
#[tokio::test]
async fn names_that_are_more_than_names_are_refused_with_their_place() {
    let order = r#"{
        "functions": [
            {"name": "orders:live", "alarms": ["*", "arn:aws:cloudwatch:eu-west-1:555566667777:alarm:theirs"]},
            {"name": "arn:aws:lambda:eu-west-1:555566667777:function:orders", "alias": "live*", "before": "arn:aws:lambda:eu-west-1:555566667777:function:hook"}
        ],
        "targets": [{"accounts": ["222233334444"], "regions": ["eu-west-1"]}]
    }"#;
    let told = refused(&artifact(order, "new")).await;
    expect![[r#"
        ConfigurationError: Nothing was changed: 6 errors were found before the first change
        error: deploy.json:/functions/0/name: `orders:live` is not 1 to 64 letters, digits, hyphens and underscores; write the name by itself, without an ARN or a version (name)
        error: deploy.json:/functions/0/alarms/0: `*` is not the name of one alarm; write its name by itself in 1 to 255 characters, without an ARN or a wildcard (alarm)
        error: deploy.json:/functions/0/alarms/1: `arn:aws:cloudwatch:eu-west-1:555566667777:alarm:theirs` is not the name of one alarm; write its name by itself in 1 to 255 characters, without an ARN or a wildcard (alarm)
        error: deploy.json:/functions/1/name: `arn:aws:lambda:eu-west-1:555566667777:function:orders` is not 1 to 64 letters, digits, hyphens and underscores; write the name by itself, without an ARN or a version (name)
        error: deploy.json:/functions/1/alias: `live*` is not 1 to 64 letters, digits, hyphens and underscores; write the name by itself, without an ARN or a version (name)
        error: deploy.json:/functions/1/before: `arn:aws:lambda:eu-west-1:555566667777:function:hook` is not 1 to 64 letters, digits, hyphens and underscores; write the name by itself, without an ARN or a version (name)
    "#]].assert_eq(&told);
    assert_eq!(ORDERS, "orders");
}
