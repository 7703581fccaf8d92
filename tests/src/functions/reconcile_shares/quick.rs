//! Sweeps that look at what listings by account tell, and the first one of each day, which asks for each image and snapshot.

use std::time::Duration;

use aws_sdk_ec2::types::{OperationType, SnapshotAttributeName};
use local_aws::{Fault, FaultKind};
use reaction::Outcome;

use super::{MANIFEST, Scene};
use crate::world::ec2::{allow_launch, register};
use crate::world::{AWS, DAY, let_time_pass, rest_of_day};

const STRANGER: &str = "777788889999";

/// Lets time pass until this hour (UTC).
fn wait_until(hour: u64) {
    let wait = rest_of_day() + Duration::from_hours(hour);
    let_time_pass(wait.checked_sub(DAY).unwrap_or(wait));
}

/// An account with more images than listings take calls, shared as the manifest says, at noon.
async fn set_up() -> (Scene, Vec<String>) {
    let scene = Scene::new().await.with("SIGNALBOX_SWEEP_PERIOD", "60").with("SIGNALBOX_MAX_REMOVED_PERCENT", "100");
    let mut images = Vec::new();
    for number in 2..8 {
        images.push(register(&scene.world.ec2, &format!("base_linux_v{number}"), &[]).await);
    }
    wait_until(0);
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    wait_until(12);
    (scene, images)
}

/// How often each thing was asked for since the first `skipped` calls.
fn questions(scene: &Scene, skipped: usize) -> usize {
    let asked = scene.world.operations_since(skipped);
    asked
        .iter()
        .filter(|it| ["ec2:DescribeImageAttribute", "ec2:DescribeSnapshotAttribute"].contains(&it.as_str()))
        .count()
}

#[tokio::test]
async fn a_quick_sweep_asks_for_what_has_drifted_alone_and_the_first_of_the_day_finds_strangers() {
    let (scene, images) = set_up().await;
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!((report.outcome, questions(&scene, before)), (Outcome::Unchanged, 0), "{report}");
    assert_eq!(report.counts["ami"]["unchanged"], 14, "{report}");
    let note = "of 15 images and snapshots only the accounts were looked at";
    assert!(report.notes.iter().any(|it| it.starts_with(note)), "{report}");

    let launch = scene.world.ec2.modify_image_attribute().image_id(&images[0]);
    launch
        .operation_type(OperationType::Remove)
        .attribute("launchPermission")
        .user_ids("123456789012")
        .send()
        .await
        .unwrap();
    allow_launch(&scene.world.ec2, &images[1], &[STRANGER], false).await;
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!((report.outcome, report.steps.len(), questions(&scene, before)), (Outcome::Applied, 1, 1), "{report}");
    assert_eq!(scene.launchers(&images[0]).await, "123456789012, 987654321098");
    assert_eq!(scene.launchers(&images[1]).await, format!("123456789012, {STRANGER}, 987654321098"));

    wait_until(0);
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!((report.outcome, report.steps.len(), questions(&scene, before)), (Outcome::Applied, 1, 15), "{report}");
    assert_eq!(scene.launchers(&images[1]).await, "123456789012, 987654321098");
    scene.assert_audited().await;
}

/// The manifest does not name it any more, but the records do.
#[tokio::test]
async fn a_quick_sweep_takes_back_what_the_manifest_has_lost() {
    let (scene, images) = set_up().await;
    scene.put_manifest(&MANIFEST.replace(", \"987654321098\"", "")).await;
    let report = scene.sweep().await;
    assert_eq!((report.outcome, report.counts["ami"]["removed"]), (Outcome::Applied, 7), "{report}");
    assert_eq!(scene.launchers(&images[0]).await, "123456789012");
    assert_eq!(scene.launchers(&scene.image).await, "123456789012");
    scene.assert_audited().await;
}

/// A list for an account would not be the truth where it had what is public.
#[tokio::test]
async fn what_is_public_is_listed_for_no_account() {
    let (scene, images) = set_up().await;
    let ec2 = &scene.world.ec2;
    allow_launch(ec2, &images[0], &[], true).await;
    let public = ec2.modify_snapshot_attribute().snapshot_id(&scene.volume).operation_type(OperationType::Add);
    public.attribute(SnapshotAttributeName::CreateVolumePermission).group_names("all").send().await.unwrap();
    let images_for = async |who: &str| {
        let listed = ec2.describe_images().owners("self").executable_users(who).send().await.unwrap();
        listed.images().iter().map(|it| it.image_id().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let snapshots_for = async |who: &str| {
        let listed = ec2.describe_snapshots().owner_ids("self").restorable_by_user_ids(who).send().await.unwrap();
        listed.snapshots().iter().map(|it| it.snapshot_id().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(images_for(STRANGER).await, [""; 0]);
    assert_eq!(images_for("123456789012").await.len(), 7);
    assert_eq!(snapshots_for(STRANGER).await, [""; 0]);
    assert_eq!(snapshots_for("all").await, [scene.volume.as_str()]);
    let report = scene.sweep().await;
    let public = [&images[0], &scene.volume];
    assert!(public.iter().all(|id| report.notes.iter().any(|it| it.contains(id.as_str()))), "{report}");
}

#[tokio::test]
async fn where_listings_are_not_allowed_each_thing_is_asked_for() {
    let (scene, images) = set_up().await;
    allow_launch(&scene.world.ec2, &images[1], &[STRANGER], false).await;
    let account = &scene.world.account;
    let denied = Fault { times: usize::MAX, ..Fault::new(account, FaultKind::AccessDenied) };
    AWS.inject(&Fault { contains: Some("ExecutableBy".into()), ..denied });
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!((report.outcome, questions(&scene, before)), (Outcome::Applied, 15), "{report}");
    assert_eq!(scene.launchers(&images[1]).await, "123456789012, 987654321098");
}
