//! Where the functions of the hub do not act.

use local_aws::{Fault, FaultKind};
use reaction::{Outcome, Reaction};
use share_ami::ShareAmi;
use share_rds_snapshot::{Settings, ShareRdsSnapshot};

use super::Scene;
use crate::functions::share_ami::{MANIFEST, SAMPLE_IMAGE};
use crate::world::ec2::{launchers, register};
use crate::world::scene::read_sample;
use crate::world::{AWS, SAMPLE_ACCOUNT, World};

/// An image in this account, of which the hub's function hears: its report, and whether somebody may launch it.
async fn hear(scene: &Scene, owner: &World, change: impl Fn(String) -> String) -> (Outcome, String, String) {
    scene.hub.put_manifest(MANIFEST).await;
    let image = register(&owner.ec2, "base_linux_v1", &[]).await;
    let event = read_sample(ShareAmi::NAME, "an-image-became-available");
    let event = change(event.replace(SAMPLE_ACCOUNT, &owner.account).replace(SAMPLE_IMAGE, &image));
    let hub = scene.acting_as(ShareAmi::NAME).await;
    let function = hub.share_ami(&format!("s3://{}/share.json", scene.hub.bucket()), None, None);
    let report = scene.hear(&function, &event).await;
    let told = report.to_string().replace(&owner.account, "OWNER").replace(&scene.hub.account, "HUB");
    (report.outcome, told, launchers(&owner.ec2, &image).await)
}

async fn assert_refused(scene: &Scene, owner: &World, why: &str) {
    scene.acting_as(ShareAmi::NAME).await;
    let before = AWS.count(&owner.account);
    let (outcome, told, launchers) = hear(scene, owner, |event| event).await;
    assert_eq!((outcome, launchers.as_str()), (Outcome::Refused, "no account"), "{told}");
    assert!(told.contains(why), "{told}");
    let calls: Vec<_> = AWS.calls_since(&owner.account, before).into_iter().map(|it| it.operation).collect();
    assert_eq!(calls, ["RegisterImage", "DescribeImageAttribute"], "the test's own only");
}

#[tokio::test]
async fn a_closed_account_is_refused_with_its_state() {
    let scene = Scene::new(|_, unit| unit.to_owned()).await;
    assert_refused(&scene, &scene.closed, "account OWNER is SUSPENDED; nothing was touched there").await;
}

#[tokio::test]
async fn an_account_that_left_is_refused() {
    let scene = Scene::new(|organization, _| organization.to_owned()).await;
    scene.leave(&scene.member).await;
    assert_refused(&scene, &scene.member, "account OWNER is not one of SIGNALBOX_ACCOUNTS").await;
}

#[tokio::test]
async fn an_account_of_no_unit_that_is_named_is_refused() {
    let scene = Scene::new(|_, _| "ou-ab12-cd34ef56,123456789012".into()).await;
    assert_refused(&scene, &scene.below, "account OWNER is not one of SIGNALBOX_ACCOUNTS").await;
}

#[tokio::test]
async fn a_stranger_is_refused() {
    let scene = Scene::new(|organization, _| organization.to_owned()).await;
    assert_refused(&scene, &World::new().await, "account OWNER is not one of SIGNALBOX_ACCOUNTS").await;
}

#[tokio::test]
async fn our_own_account_is_refused_where_it_is_not_among_those_that_are_named() {
    let scene = Scene::new(|_, unit| unit.to_owned()).await;
    let (outcome, told, launchers) = hear(&scene, &scene.hub, |event| event).await;
    assert_eq!((outcome, launchers.as_str()), (Outcome::Refused, "no account"), "{told}");
}

#[tokio::test]
async fn another_source_that_imitates_aws_is_not_heard() {
    let scene = Scene::new(|_, unit| unit.to_owned()).await;
    let (outcome, told, launchers) =
        hear(&scene, &scene.member, |event| event.replace("\"aws.ec2\"", "\"custom.aws.ec2\"")).await;
    assert_eq!((outcome, launchers.as_str()), (Outcome::Ignored, "no account"), "{told}");
}

#[tokio::test]
async fn a_snapshot_whose_arn_is_of_another_account_than_its_event_is_refused() {
    let scene = Scene::new(|organization, _| organization.to_owned()).await;
    let event =
        read_sample(ShareRdsSnapshot::NAME, "a-snapshot-was-created").replace(SAMPLE_ACCOUNT, &scene.member.account);
    let arn = |account: &World| format!("arn:aws:rds:eu-west-1:{}:snapshot", account.account);
    assert!(event.contains(&arn(&scene.member)), "{event}");
    let event = event.replace(&arn(&scene.member), &arn(&scene.below));
    let variable = |name: &str| (name == "SIGNALBOX_MANIFEST").then(|| "ssm:/share".to_owned());
    let sharing = sharing_aws::Settings::of_command_line(&variable).unwrap();
    let settings = Settings { sharing, copies_automated: false };
    let hub = scene.acting_as(ShareRdsSnapshot::NAME).await;
    let function = ShareRdsSnapshot::new(hub.sessions.clone(), settings, None);
    let before = [&scene.member, &scene.below].map(World::calls);
    let report = scene.hear(&function, &event).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert_eq!([&scene.member, &scene.below].map(World::calls), before);
}

#[tokio::test]
async fn what_organizations_does_not_say_is_a_failure_and_nothing_is_touched() {
    let scene = Scene::new(|_, unit| unit.to_owned()).await;
    let fault = |times| Fault {
        service: Some("organizations".into()),
        times,
        ..Fault::new(&scene.hub.account, FaultKind::Throttle)
    };
    AWS.inject(&fault(2));
    let (outcome, told, launchers) = hear(&scene, &scene.member, |event| event).await;
    assert_eq!((outcome, launchers.as_str()), (Outcome::Applied, "123456789012, 987654321098"), "{told}");
    AWS.inject(&fault(100));
    let (outcome, told, launchers) = hear(&scene, &scene.below, |event| event).await;
    assert_eq!((outcome, launchers.as_str()), (Outcome::Failed, "no account"), "{told}");
    assert!(told.contains("asking Organizations for account OWNER"), "{told}");
}
