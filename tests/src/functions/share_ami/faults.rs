//! What AWS does to a run, and that the end is the same: each call in turn throttled, failed, denied, unanswered or
//! answered in vain; one account refused; events twice, at once, late and after a crash.

use std::time::Duration;

use futures_util::join;
use local_aws::{Fault, FaultKind};
use reaction::{Key, Ledger, Mode, Outcome, Repeat};

use super::{GIVEN, Given, GivenImage, IMAGE, Scene};
use crate::promises::every_call::{AN_INVOCATION, Run};
use crate::world::{AWS, let_time_pass};

/// An image that gains and loses, with a sibling on its snapshot: every call that there is.
fn given() -> Given {
    const STALE: &[&str] = &["123456789012", "444455556666"];
    let image =
        GivenImage { launch: STALE, snapshots: &[STALE], sibling: Some(("golden", &["555566667777"])), ..IMAGE };
    Given { image: Some(image), has_tables: true, ..GIVEN }
}

async fn scene() -> Scene {
    Scene::set_up(&given(), "an-image-became-available").await
}

fn modifications(scene: &Scene, skipped: usize) -> Vec<String> {
    let operations = scene.world.operations_since(skipped).into_iter();
    operations.filter(|operation| operation.starts_with("ec2:Modify")).collect()
}

fn refused(account: &str, operation: &str, bad: &str, times: usize) -> Fault {
    let kind = FaultKind::Error {
        status: 400,
        code: "InvalidAMIAttributeItemValue".into(),
        message: format!("Invalid attribute item value \"{bad}\" for userId item type."),
    };
    let fault = Fault::new(account, kind);
    Fault { operation: Some(operation.into()), contains: Some(bad.into()), times, ..fault }
}

pub fn run() -> Run<Given> {
    Run { given: given(), sample: "an-image-became-available", calls: 13 }
}

#[tokio::test]
async fn denied_access_says_what_to_do() {
    let scene = scene().await;
    let fault = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("ModifySnapshotAttribute".into()), ..fault });
    let reason = scene.hear(Mode::Apply).await.reason.unwrap();
    assert!(reason.contains("give the role this permission and send the event again"), "{reason}");
}

#[tokio::test]
async fn one_bad_account_fails_the_whole_request_so_it_is_repeated_account_by_account() {
    let scene = scene().await;
    AWS.inject(&refused(&scene.world.account, "ModifyImageAttribute", "987654321098", 100));
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused);
    let reason = report.reason.unwrap();
    assert!(reason.contains("987654321098") && !reason.contains("123456789012"), "{reason}");
    let shares = scene.picture().await;
    assert!(shares.starts_with("image: 123456789012\n"), "the stale account has lost it: {shares}");
}

#[tokio::test]
async fn an_account_that_cannot_have_the_snapshot_is_named_and_may_launch_the_image() {
    let scene = scene().await;
    AWS.inject(&refused(&scene.world.account, "ModifySnapshotAttribute", "987654321098", 100));
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.as_ref().is_some_and(|it| it.contains("987654321098")), "{report}");
    let picture = scene.picture().await;
    assert!(picture.starts_with("image: 123456789012, 987654321098\n"), "{picture}");
    assert!(!picture.lines().any(|line| line.starts_with("snap") && line.contains("987654321098")), "{picture}");
}

#[tokio::test]
async fn of_five_accounts_three_fail_and_only_those_are_named_and_retried() {
    let five = r#"{"ami": {"base_linux_v": {"eu-west-1":
        ["100000000001", "100000000002", "100000000003", "100000000004", "100000000005"]}}}"#;
    let scene = Scene::set_up(&Given { manifest: Some(five), ..GIVEN }, "an-image-became-available").await;
    for bad in ["100000000001", "100000000003", "100000000005"] {
        AWS.inject(&refused(&scene.world.account, "ModifyImageAttribute", bad, 100));
    }
    let report = scene.hear(Mode::Apply).await;
    let reason = report.reason.clone().unwrap();
    let named = |account: &str| reason.contains(account);
    assert!(named("100000000001") && named("100000000003") && named("100000000005"), "{reason}");
    assert!(!named("100000000002") && !named("100000000004"), "{reason}");
    assert!(scene.picture().await.starts_with("image: 100000000002, 100000000004\n"));
    AWS.clear_faults(&scene.world.account);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "a refusal may be claimed again: {report}");
    let step = scene.tell(&report);
    assert!(step.contains("+100000000001 +100000000003 +100000000005\n") || step.ends_with("+100000000005"), "{step}");
    assert!(!step.contains("+100000000002"), "{step}");
}

#[tokio::test]
async fn where_ec2_does_not_take_both_sides_at_once_it_gets_them_one_after_the_other() {
    let scene = scene().await;
    let kind =
        FaultKind::Error { status: 400, code: "InvalidParameterCombination".into(), message: "one side only".into() };
    AWS.inject(&Fault { operation: Some("ModifyImageAttribute".into()), ..Fault::new(&scene.world.account, kind) });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.picture().await.starts_with("image: 123456789012, 987654321098\n"));
}

#[tokio::test]
async fn one_side_after_the_other_still_tells_a_bad_account_from_the_good_ones() {
    let scene = scene().await;
    let account = &scene.world.account;
    AWS.inject(&refused(account, "ModifyImageAttribute", "987654321098", 100));
    let kind =
        FaultKind::Error { status: 400, code: "InvalidParameterCombination".into(), message: "one side only".into() };
    let both = Fault { contains: Some("LaunchPermission.Remove".into()), ..Fault::new(account, kind) };
    AWS.inject(&Fault { operation: Some("ModifyImageAttribute".into()), ..both });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let reason = report.reason.unwrap();
    assert!(reason.contains("987654321098") && !reason.contains("444455556666"), "{reason}");
    assert!(scene.picture().await.starts_with("image: 123456789012\n"), "the stale account has lost it");
}

#[tokio::test]
async fn a_key_that_may_not_be_read_counts_as_a_customers() {
    let image = GivenImage { key: crate::functions::share_ami::Key::Customer, ..IMAGE };
    let scene = Scene::set_up(&Given { image: Some(image), ..GIVEN }, "an-image-became-available").await;
    let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("DescribeKey".into()), ..denied });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(report.notes[0].contains("also needs its key"), "{report}");
}

#[tokio::test]
async fn an_image_for_an_organization_alone_has_its_keys_looked_at_and_one_for_ourselves_has_not() {
    let managed = GivenImage { key: crate::functions::share_ami::Key::AwsManaged, ..IMAGE };
    let organization =
        r#"{"ami": {"base_": {"eu-west-1": ["arn:aws:organizations::111122223333:organization/o-abcde12345"]}}}"#;
    let given = Given { image: Some(managed), manifest: Some(organization), ..GIVEN };
    let scene = Scene::set_up(&given, "an-image-became-available").await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Refused);
    let ourselves = format!(r#"{{"ami": {{"base_": {{"eu-west-1": ["{}"]}}}}}}"#, scene.world.account);
    scene.world.put_manifest(&ourselves).await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn an_event_that_comes_twice_at_once_is_acted_on_once() {
    let scene = scene().await;
    let before = scene.world.calls();
    let (one, other) = join!(scene.hear(Mode::Apply), scene.hear(Mode::Apply));
    let outcomes = [one.outcome, other.outcome];
    assert!(outcomes.contains(&Outcome::Applied), "{one} {other}");
    assert!(outcomes.contains(&Outcome::Failed) || outcomes.contains(&Outcome::Repeated), "{one} {other}");
    assert_eq!(modifications(&scene, before).iter().filter(|it| it.ends_with("ImageAttribute")).count(), 1);
}

#[tokio::test]
async fn an_event_that_comes_again_later_or_under_another_id_is_repeated() {
    let mut scene = scene().await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    for after in [Duration::from_mins(1), Duration::from_hours(6)] {
        let_time_pass(after);
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Repeated);
    }
    scene.event = scene.event.replace("5a0fd8b6-2e0b-3f2e-8f6a-1b0c9d8e7f60", "another-id");
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Repeated);
}

#[tokio::test]
async fn what_a_crashed_run_left_is_finished_when_its_lease_has_lapsed() {
    let scene = scene().await;
    let image = scene.image().to_owned();
    let account = scene.world.account.clone();
    let request = "7e3ac5b2-4d0c-4f4a-9d0e-5b1f3c2a1d01";
    let key = Key::new([account.as_str(), "eu-west-1", &image, "available", request]);
    scene.world.ledger().claim(&key, Repeat::Skip, Duration::from_mins(1)).await.unwrap();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Failed, "the key is the run's own");
    let_time_pass(AN_INVOCATION);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
}

#[tokio::test]
async fn an_image_that_goes_while_it_is_being_shared_leaves_nothing_to_do() {
    let scene = scene().await;
    let kind = FaultKind::Error { status: 400, code: "InvalidAMIID.Unavailable".into(), message: "it is gone".into() };
    AWS.inject(&Fault { operation: Some("ModifyImageAttribute".into()), ..Fault::new(&scene.world.account, kind) });
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Failed);
    scene.world.ec2.deregister_image().image_id(scene.image()).send().await.unwrap();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
}
