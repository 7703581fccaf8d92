//! Images and snapshots of members are shared by the functions of the hub.

use reaction::{Outcome, Reaction};
use share_ami::ShareAmi;
use share_ebs_snapshot::ShareEbsSnapshot;
use share_rds_snapshot::{Settings, ShareRdsSnapshot};

use super::Scene;
use crate::functions::share_ami::{MANIFEST, SAMPLE_IMAGE};
use crate::world::ec2::{launchers, register, volume_makers};
use crate::world::scene::read_sample;
use crate::world::{SAMPLE_ACCOUNT, World};

/// A snapshot of a volume.
pub async fn make_snapshot(world: &World) -> String {
    let zone = "eu-west-1a";
    let volume = world.ec2.create_volume().availability_zone(zone).size(1).send().await.unwrap().volume_id.unwrap();
    world.ec2.create_snapshot().volume_id(volume).send().await.unwrap().snapshot_id.unwrap()
}

#[tokio::test]
async fn an_image_of_a_member_is_shared_by_the_function_of_the_hub() {
    let scene = Scene::new(|_, unit| unit.to_owned()).await;
    scene.hub.put_manifest(MANIFEST).await;
    let snapshot = make_snapshot(&scene.below).await;
    let image = register(&scene.below.ec2, "base_linux_v1", std::slice::from_ref(&snapshot)).await;
    let event = read_sample(ShareAmi::NAME, "an-image-became-available");
    let event = event.replace(SAMPLE_ACCOUNT, &scene.below.account).replace(SAMPLE_IMAGE, &image);
    let hub = scene.acting_as(ShareAmi::NAME).await;
    let function = hub.share_ami(&format!("s3://{}/share.json", scene.hub.bucket()), None, None);
    let before = scene.hub.calls();
    let report = scene.hear(&function, &event).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!(launchers(&scene.below.ec2, &image).await, "123456789012, 987654321098");
    assert_eq!(volume_makers(&scene.below.ec2, &snapshot).await, "123456789012, 987654321098");
    // The unit is two levels above: its own unit, and then that one.
    assert_eq!(scene.asked_since(before), ["DescribeAccount", "ListParents", "ListParents", "AssumeRole"]);
    assert_eq!(scene.hear(&function, &event).await.outcome, Outcome::Repeated);
}

#[tokio::test]
async fn a_snapshot_of_a_volume_of_a_member_is_shared() {
    let scene = Scene::new(|organization, _| organization.to_owned()).await;
    let manifest = r#"{"ebs": {"base": {"eu-west-1": ["123456789012"]}}}"#;
    scene.hub.put_manifest(manifest).await;
    let snapshot = make_snapshot(&scene.member).await;
    let tag = aws_sdk_ec2::types::Tag::builder().key("Name").value("base-1").build();
    scene.member.ec2.create_tags().resources(&snapshot).tags(tag).send().await.unwrap();
    let event = read_sample(ShareEbsSnapshot::NAME, "a-snapshot-was-created");
    let event = event.replace(SAMPLE_ACCOUNT, &scene.member.account).replace("snap-0123456789abcdef0", &snapshot);
    let location = format!("s3://{}/share.json", scene.hub.bucket());
    let variable = |name: &str| (name == "SIGNALBOX_MANIFEST").then(|| location.clone());
    let settings = sharing_aws::Settings::of_command_line(&variable).unwrap();
    let hub = scene.acting_as(ShareEbsSnapshot::NAME).await;
    let function = ShareEbsSnapshot::new(hub.sessions.clone(), settings, None);
    let report = scene.hear(&function, &event).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!(volume_makers(&scene.member.ec2, &snapshot).await, "123456789012");
}

#[tokio::test]
async fn a_snapshot_of_a_database_of_a_member_is_shared() {
    let scene = Scene::new(|_, unit| unit.to_owned()).await;
    scene.hub.put_manifest(r#"{"rds": {"base-db-v": {"eu-west-1": ["123456789012"]}}}"#).await;
    let rds = aws_sdk_rds::Client::new(scene.member.sessions.config());
    let request = rds.create_db_instance().db_instance_identifier("base").engine("postgres").master_username("admin0");
    let request = request.db_instance_class("db.t4g.micro").allocated_storage(20).master_user_password("a-password");
    request.send().await.unwrap();
    rds.create_db_snapshot().db_instance_identifier("base").db_snapshot_identifier("base-db-v1").send().await.unwrap();
    let event = read_sample(ShareRdsSnapshot::NAME, "a-snapshot-was-created");
    let event = event.replace(SAMPLE_ACCOUNT, &scene.member.account);
    let location = format!("s3://{}/share.json", scene.hub.bucket());
    let variable = |name: &str| (name == "SIGNALBOX_MANIFEST").then(|| location.clone());
    let sharing = sharing_aws::Settings::of_command_line(&variable).unwrap();
    let settings = Settings { sharing, copies_automated: false };
    let hub = scene.acting_as(ShareRdsSnapshot::NAME).await;
    let function = ShareRdsSnapshot::new(hub.sessions.clone(), settings, None);
    let report = scene.hear(&function, &event).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    let told = rds.describe_db_snapshot_attributes().db_snapshot_identifier("base-db-v1").send().await.unwrap();
    let attributes = told.db_snapshot_attributes_result.unwrap().db_snapshot_attributes.unwrap();
    let holders: Vec<_> =
        attributes.iter().flat_map(aws_sdk_rds::types::DbSnapshotAttribute::attribute_values).collect();
    assert_eq!(holders, ["123456789012"]);
}
