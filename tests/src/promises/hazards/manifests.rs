//! Whose manifest is believed, and which resources its entries mean.

use aws_sdk_ec2::types::Tag;
use reaction::{Mode, Outcome, Report};
use serde_json::json;

use super::manifest;
use crate::functions::reconcile_shares::{MANIFEST, SWEEP, Scene};
use crate::world::World;
use crate::world::ec2::{allow_volumes, register};

const REMOVED: &str = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56";

/// What a report says beside its outcome: the reason, the notes and the errors of steps.
fn said(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

/// Another account with a bucket that `reader` may read, and in it these objects.
async fn bucket_of_another(reader: &World, objects: &[(&str, &str)]) -> World {
    let other = World::new().await;
    other.make_bucket(&other.bucket()).await;
    for (key, text) in objects {
        let put = other.s3.put_object().bucket(other.bucket()).key(*key).body(text.as_bytes().to_vec().into());
        put.send().await.unwrap();
    }
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", reader.account)}, "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{}/*", other.bucket())}]});
    other.s3.put_bucket_policy().bucket(other.bucket()).policy(policy.to_string()).send().await.unwrap();
    other
}

#[tokio::test]
async fn a_manifest_in_a_bucket_of_another_account_is_not_believed_unless_the_settings_name_it() {
    let scene = Scene::new().await;
    let other = bucket_of_another(&scene.world, &[("share.json", &scene.of_account(MANIFEST))]).await;
    let before = scene.picture().await;
    let scene = scene.with("SIGNALBOX_MANIFEST", &format!("s3://{}/share.json", other.bucket()));
    let report = scene.sweep().await;
    assert!(!matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{report}");
    let ours = format!("refuses a bucket that is not account {}'s", scene.world.account);
    assert!(said(&report).contains(&ours), "{report}");
    assert_eq!(scene.picture().await, before);
    let scene = scene.with("SIGNALBOX_MANIFEST_ACCOUNT", &other.account);
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 987654321098");
}

#[tokio::test]
async fn a_stored_plan_in_a_bucket_of_another_account_forces_nothing() {
    let scene = Scene::new().await;
    let other = bucket_of_another(&scene.world, &[("plan.json", "{}")]).await;
    let before = scene.picture().await;
    let force = format!(r#"{{"signalbox": "sweep", "force": "s3://{}/plan.json"}}"#, other.bucket());
    let report = scene.hear(Mode::Apply, &force).await;
    let ours = format!("refuses a bucket that is not account {}'s", scene.world.account);
    assert!(said(&report).contains(&ours), "{report}");
    assert_eq!(scene.picture().await, before);
}

/// Puts a tag on an image or snapshot.
async fn tag(scene: &Scene, id: &str, key: &str, value: &str) {
    let tag = Tag::builder().key(key).value(value).build();
    scene.world.ec2.create_tags().resources(id).tags(tag).send().await.unwrap();
}

/// An entry for our region that asks for the tag `share`.
fn tagged(section: &str, name: &str) -> String {
    format!(
        r#"{{"{section}": {{"{name}": {{"eu-west-1": {{"accounts": ["123456789012"], "tag": {{"key": "share", "value": "yes"}}}}}}}}}}"#
    )
}

#[tokio::test]
async fn an_image_with_the_name_of_an_entry_and_without_its_tag_is_not_shared() {
    let scene = Scene::new().await;
    let [ours, imitation] =
        [register(&scene.world.ec2, "team_v1", &[]).await, register(&scene.world.ec2, "team_v2", &[]).await];
    tag(&scene, &ours, "share", "yes").await;
    tag(&scene, &imitation, "share", "no").await;
    scene.put_manifest(&tagged("ami", "team_v")).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.launchers(&ours).await, "123456789012");
    assert_eq!(scene.launchers(&imitation).await, "no account");
}

#[tokio::test]
async fn a_snapshot_that_loses_the_tag_of_its_entry_loses_the_share() {
    let scene = Scene::new().await;
    tag(&scene, &scene.volume, "share", "yes").await;
    scene.put_manifest(&tagged("ebs", "volume_v")).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.volume_makers(&scene.volume).await, "123456789012");
    tag(&scene, &scene.volume, "share", "no").await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.volume_makers(&scene.volume).await, "no account");
    scene.assert_audited().await;
}

#[tokio::test]
async fn a_snapshot_is_shared_by_the_tag_that_its_entry_goes_by() {
    let scene = Scene::new().await;
    let [ours, named] = [scene.world.make_snapshot(None).await, scene.world.make_snapshot(Some("nightly-1")).await];
    tag(&scene, &ours, "plan", "nightly-1").await;
    let text = r#"{"ebs": {"nightly-": {"eu-west-1": {"accounts": ["123456789012"], "name_tag": "plan"}}}}"#;
    scene.put_manifest(text).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.volume_makers(&ours).await, "123456789012");
    assert_eq!(scene.volume_makers(&named).await, "no account");
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn a_database_snapshot_with_the_name_and_without_the_tag_is_not_shared() {
    let scene = Scene::new().await;
    let restorers =
        |picture: String| picture.lines().find_map(|line| line.strip_prefix("base-db-v1: ").map(String::from)).unwrap();
    let before = restorers(scene.picture().await);
    scene.put_manifest(&tagged("rds", "base-db-v")).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
    assert_eq!(restorers(scene.picture().await), before);
    let arn = format!("arn:aws:rds:eu-west-1:{}:snapshot:base-db-v1", scene.world.account);
    let tag = aws_sdk_rds::types::Tag::builder().key("share").value("yes").build();
    let rds = aws_sdk_rds::Client::new(scene.world.sessions.config());
    rds.add_tags_to_resource().resource_name(arn).tags(tag).send().await.unwrap();
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(restorers(scene.picture().await), "123456789012");
}

#[tokio::test]
async fn an_entry_for_another_owner_shares_nothing_of_ours() {
    let scene = Scene::new().await;
    let by = |owner: &str| {
        format!(r#"{{"ami": {{"golden_v": {{"eu-west-1": {{"accounts": ["123456789012"], "owner": ["{owner}"]}}}}}}}}"#)
    };
    let before = scene.launchers(&scene.golden).await;
    scene.put_manifest(&by("222233334444")).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
    assert_eq!(scene.launchers(&scene.golden).await, before);
    scene.put_manifest(&by("111122223333")).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.launchers(&scene.golden).await, "123456789012");
}

/// A manifest of an image's entry, and of an entry whose unit there is not.
fn with_removed_unit() -> String {
    let images = manifest("ami", &[("base_linux_v", r#""123456789012", "987654321098""#)]);
    let snapshots = manifest("ebs", &[("volume_v", &format!("\"{REMOVED}\""))]);
    format!("{}, {}", images.trim_end_matches('}').to_owned() + "}}", snapshots.trim_start_matches('{'))
}

#[tokio::test]
async fn an_entry_whose_unit_was_removed_is_held_back_and_the_others_are_not() {
    let scene = Scene::new().await;
    super::sweeps::organize(&scene).await;
    allow_volumes(&scene.world.ec2, &scene.volume, &["444455556666"]).await;
    scene.put_manifest(&with_removed_unit()).await;
    let report = scene.sweep().await;
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 987654321098", "{report}");
    assert_eq!(scene.volume_makers(&scene.volume).await, "444455556666", "no account loses by it");
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(said(&report).contains("ou-ab12-cd34ef56"), "{report}");
}

#[tokio::test]
async fn an_event_of_an_image_does_not_wait_for_a_unit_of_another_section() {
    use crate::functions::share_ami::{GIVEN, Scene};
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    scene.world.make_organization().await;
    scene.world.put_manifest(&with_removed_unit()).await;
    let report = crate::world::scene::Scene::hear(&scene, Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.picture().await.starts_with("image: 123456789012, 987654321098\n"));
}

#[tokio::test]
async fn a_byte_order_mark_is_named_wherever_the_manifest_lies() {
    let scene = Scene::new().await;
    let before = scene.picture().await;
    let text = format!("\u{feff}{MANIFEST}");
    let is_named = |report: Report| {
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        assert!(said(&report).contains("byte order mark"), "{report}");
    };
    scene.put_manifest(&text).await;
    is_named(scene.sweep().await);
    is_named(scene.hear(Mode::Apply, &scene.of_account(&text)).await);
    let ssm = aws_sdk_ssm::Client::new(scene.world.sessions.config());
    let put = ssm.put_parameter().name("/share").r#type(aws_sdk_ssm::types::ParameterType::String);
    put.value(scene.of_account(&text)).send().await.unwrap();
    let scene = scene.with("SIGNALBOX_MANIFEST", "ssm:/share");
    is_named(scene.hear(Mode::Apply, SWEEP).await);
    assert_eq!(scene.picture().await, before);
}
