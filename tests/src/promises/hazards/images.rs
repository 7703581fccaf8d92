//! Images and EBS snapshots: what belongs together, in which order, and how much at a time.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use local_aws::{Fault, FaultKind};
use reaction::Outcome;

use super::{count_of, manifest};
use crate::functions::reconcile_shares::Scene;
use crate::world::ec2::{allow_launch, allow_volumes, register};
use crate::world::{AWS, REGION};

#[tokio::test]
async fn an_image_is_useless_without_its_snapshots_so_they_are_shared_with_it() {
    let scene = Scene::new().await;
    scene.sweep().await;
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 987654321098");
    assert_eq!(scene.volume_makers(&scene.backing).await, "123456789012, 987654321098");
}

/// Services of the calls that change a share, in the order in which they were made.
fn order(scene: &Scene, before: usize) -> Vec<String> {
    let mut writes = scene.writes_since(before);
    writes.retain(|call| !call.starts_with("dynamodb:"));
    writes.dedup();
    writes
}

/// Lets the first calls of this operation take longer than they would.
fn slow_down(scene: &Scene, operation: &str) {
    let fault = Fault::new(&scene.world.account, FaultKind::Throttle);
    AWS.inject(&Fault { operation: Some(operation.into()), times: 2, ..fault });
}

#[tokio::test]
async fn the_key_goes_first_and_to_unshare_the_order_is_image_snapshot_key() {
    let scene = Scene::new().await;
    let share = |kms: &str, ami: &str| {
        format!(
            r#"{{"kms": {{"alias/base": {{"{REGION}": [{kms}]}}}}, "ami": {{"base_linux_v": {{"{REGION}": [{ami}]}}}}}}"#
        )
    };
    scene.put_manifest(&share(r#""123456789012""#, r#""123456789012", "444455556666", "987654321098""#)).await;
    slow_down(&scene, "PutKeyPolicy");
    slow_down(&scene, "ModifySnapshotAttribute");
    let before = scene.world.calls();
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    let shared = order(&scene, before);
    let [key, rest @ ..] = &shared[..] else { panic!("nothing was changed") };
    assert_eq!(key, "kms:PutKeyPolicy");
    assert!(!rest.contains(key), "{shared:?}");
    assert!(rest.iter().any(|it| it == "ec2:ModifyImageAttribute"), "{shared:?}");
    scene.put_manifest(&share("", "")).await;
    slow_down(&scene, "ModifyImageAttribute");
    slow_down(&scene, "ModifySnapshotAttribute");
    let before = scene.world.calls();
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(order(&scene, before), ["ec2:ModifyImageAttribute", "ec2:ModifySnapshotAttribute", "kms:PutKeyPolicy"]);
}

#[tokio::test]
async fn two_images_on_one_snapshot_what_one_lost_the_other_still_needs() {
    let scene = Scene::new().await;
    let other = register(&scene.world.ec2, "windows_v1", std::slice::from_ref(&scene.backing)).await;
    allow_launch(&scene.world.ec2, &other, &["444455556666"], false).await;
    for entries in [&[("base_linux_v", ""), ("windows_v", r#""444455556666""#)][..], &[("base_linux_v", "")]] {
        scene.put_manifest(&manifest("ami", entries)).await;
        scene.sweep().await;
        assert_eq!(scene.launchers(&scene.image).await, "no account");
        assert_eq!(scene.launchers(&other).await, "444455556666");
        assert_eq!(scene.volume_makers(&scene.backing).await, "444455556666");
    }
}

#[tokio::test]
async fn modify_snapshot_attribute_takes_one_operation_and_500_accounts() {
    let scene = Scene::new().await;
    allow_volumes(&scene.world.ec2, &scene.volume, &["444455556666"]).await;
    let many: Vec<_> = (0..1_001).map(|index| format!("\"1000000{index:05}\"")).collect();
    scene.put_manifest(&manifest("ebs", &[("volume_v", &many.join(", "))])).await;
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Applied, "{:?}", report.reason);
    // Two times 500, one, and the removal.
    assert_eq!(count_of(&scene, "ec2:ModifySnapshotAttribute", before), 4);
    let makers = scene.volume_makers(&scene.volume).await;
    assert_eq!((makers.split(", ").count(), makers.contains("444455556666")), (1_001, false));
    scene.assert_audited().await;
}

#[tokio::test]
async fn modify_image_attribute_takes_add_and_remove_in_one_request() {
    let scene = Scene::new().await;
    let before = scene.world.calls();
    scene.sweep().await;
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 987654321098", "444455556666 was there");
    assert_eq!(count_of(&scene, "ec2:ModifyImageAttribute", before), 1);
}

/// A snapshot that the key `aws/ebs` encrypts.
async fn make_secret_snapshot(ec2: &Client, name: &str) -> String {
    let volume = ec2.create_volume().availability_zone(format!("{REGION}a")).size(8).encrypted(true);
    let volume = volume.send().await.unwrap().volume_id.unwrap();
    let tags = TagSpecification::builder().resource_type(ResourceType::Snapshot);
    let tags = tags.tags(Tag::builder().key("Name").value(name).build()).build();
    ec2.create_snapshot().volume_id(volume).tag_specifications(tags).send().await.unwrap().snapshot_id.unwrap()
}

#[tokio::test]
async fn what_the_default_key_encrypts_cannot_be_shared() {
    let scene = Scene::new().await;
    let (ec2, rds) = (&scene.world.ec2, aws_sdk_rds::Client::new(scene.world.sessions.config()));
    let secret = make_secret_snapshot(ec2, "volume_v2").await;
    let image = register(ec2, "base_linux_v2", &[make_secret_snapshot(ec2, "").await]).await;
    let database = rds.create_db_instance().db_instance_identifier("secret").db_instance_class("db.t3.micro");
    database.engine("postgres").allocated_storage(20).storage_encrypted(true).send().await.unwrap();
    let snapshot = rds.create_db_snapshot().db_instance_identifier("secret");
    snapshot.db_snapshot_identifier("secret-base-db-v1").send().await.unwrap();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let refused = report.steps.iter().filter_map(|step| step.error.as_deref());
    let refused: Vec<_> = refused.map(|why| scene.tell(why)).collect();
    assert_eq!(refused.len(), 3, "{refused:#?}");
    for (id, key) in [(&*secret, "aws/ebs"), (&*image, "aws/ebs"), ("secret-base-db-v1", "aws/rds")] {
        let why = refused.iter().find(|why| why.starts_with(id)).unwrap();
        assert!(why.contains(&format!("encrypted with the AWS-managed key {key}")), "{why}");
        assert!(why.contains("with a customer managed key"), "{why}");
    }
    assert_eq!(
        (scene.launchers(&image).await, scene.volume_makers(&secret).await),
        ("no account".into(), "no account".into())
    );
    assert!(!scene.picture().await.contains("444455556666"), "everything else is done");
}
