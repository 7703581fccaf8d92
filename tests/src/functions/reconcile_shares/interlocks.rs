//! What no sweep does unless it is forced, shown on AWS.

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};

use super::{MANIFEST, SWEEP, Scene};
use crate::world::AWS;

async fn refused(scene: &Scene, expected: &str) {
    let before = scene.picture().await;
    let report = scene.sweep().await;
    let reason = report.reason.clone().unwrap_or_default();
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(reason.contains(expected), "{reason}");
    assert_eq!(scene.picture().await, before, "nothing was changed");
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_changes_nothing() {
    let scene = Scene::new().await;
    for (text, expected) in [
        ("", "the manifest, line 1, column 1: EOF"),
        (
            "{\n\"ami\": {\"a\": {\"eu-wset-1\": []}}}",
            "the manifest, line 2, column 25: `eu-wset-1` is not an AWS region",
        ),
        ("{\"s3\": {\"b\": {\"organisation\": \"o-x\"}}}", "line 1, column 28: unknown field `organisation`"),
    ] {
        scene.put_manifest(text).await;
        refused(&scene, expected).await;
    }
}

#[tokio::test]
async fn whoever_is_not_allowed_is_listed_and_nothing_is_changed() {
    let scene = Scene::new().await.with("SIGNALBOX_ALLOWED_ACCOUNTS", "123456789012,o-exampleorgid");
    // No account may ask for the accounts of an organization that is not ours.
    let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { service: Some("organizations".into()), times: 10, ..denied });
    let before = scene.picture().await;
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(report.reason.unwrap().contains("asking Organizations"));
    assert_eq!(scene.picture().await, before);
    let scene = scene.with("SIGNALBOX_ALLOWED_ACCOUNTS", "123456789012");
    refused(&scene, "the manifest names 987654321098, o-exampleorgid, which SIGNALBOX_ALLOWED_ACCOUNTS does not").await;
}

#[tokio::test]
async fn too_much_at_once_is_refused_and_a_stored_plan_admits_it() {
    let scene = Scene::new().await.with("SIGNALBOX_MAX_REMOVALS", "2");
    refused(&scene, "3 shares would go, and 2 may (SIGNALBOX_MAX_REMOVALS)").await;
    let force = scene.of_account(&crate::world::scene::read_sample("reconcile-shares", "a-stored-plan-is-forced"));
    let missing = scene.hear(Mode::Apply, &force).await;
    assert!(missing.reason.unwrap().contains("there is no such object; upload it"));
    scene.store_plan("plan.json").await;
    let report = scene.hear(Mode::Apply, &force).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(!scene.picture().await.contains("444455556666"));
}

#[tokio::test]
async fn a_forced_plan_that_failed_half_way_is_admitted_again() {
    let scene = Scene::new().await.with("SIGNALBOX_MAX_REMOVALS", "2");
    scene.store_plan("plan.json").await;
    let force = format!(r#"{{"signalbox": "sweep", "force": "s3://{}/plan.json"}}"#, scene.world.bucket());
    let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("ModifyDBSnapshotAttribute".into()), ..denied });
    assert_eq!(scene.hear(Mode::Apply, &force).await.outcome, Outcome::Failed);
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 987654321098", "the others are done");
    let again = scene.hear(Mode::Apply, &force).await;
    assert_eq!((again.outcome, again.steps.len()), (Outcome::Applied, 1), "{again}");
    assert!(!scene.picture().await.contains("444455556666"));
}

#[tokio::test]
async fn a_stored_plan_admits_nothing_that_is_not_in_it() {
    let scene = Scene::new().await.with("SIGNALBOX_MAX_REMOVALS", "2");
    scene.store_plan("plan.json").await;
    crate::world::ec2::allow_launch(&scene.world.ec2, &scene.image, &["666677778888"], false).await;
    let force = format!(r#"{{"signalbox": "sweep", "force": "s3://{}/plan.json"}}"#, scene.world.bucket());
    let report = scene.hear(Mode::Apply, &force).await;
    let reason = scene.tell(&report.reason.unwrap());
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(reason.starts_with("ami-base in eu-west-1: the stored plan s3://"), "{reason}");
    assert!(reason.contains("plan.json (SHA-256 ..) does not take these away"), "{reason}");
    assert!(reason.contains("it is about 666677778888; until then nothing is done about snap-base in eu-west-1"), "{reason}");
    let image = scene.launchers(&scene.image).await;
    assert_eq!(image, "123456789012, 444455556666, 666677778888", "it is left as it is");
}

#[tokio::test]
async fn a_section_that_is_lost_is_no_order_to_take_everything_away() {
    let scene = Scene::new().await;
    scene.sweep().await;
    scene.put_manifest(r#"{"rds": {"base-db-v": {"eu-west-1": ["123456789012"]}}}"#).await;
    refused(&scene, "the manifest has lost its section").await;
}

#[tokio::test]
async fn a_scan_that_broke_off_is_incomplete_and_never_clean() {
    for kind in [FaultKind::AccessDenied, FaultKind::Throttle] {
        let scene = Scene::new().await;
        let before = scene.launchers(&scene.image).await;
        AWS.inject(&Fault {
            operation: Some("DescribeImages".into()),
            times: 100,
            ..Fault::new(&scene.world.account, kind)
        });
        let report = scene.sweep().await;
        assert_eq!(report.outcome, Outcome::Failed, "{report}");
        assert!(
            report.reason.as_ref().unwrap().contains("could not read images and snapshots in eu-west-1"),
            "{report}"
        );
        assert_eq!(scene.launchers(&scene.image).await, before);
        let shares = scene.picture().await;
        assert!(shares.contains("base-db-v1: 123456789012\n"), "the other kinds are done: {shares}");
        assert_eq!(report.counts["ami"]["incomplete"], 1);
        AWS.clear_faults(&scene.world.account);
        assert_eq!(scene.hear(Mode::Apply, SWEEP).await.outcome, Outcome::Applied);
    }
}

#[tokio::test]
async fn one_bad_bucket_never_stops_the_others() {
    let scene = Scene::new().await;
    scene.put_manifest(&MANIFEST.replace("\"s3\": {", "\"s3\": {\"com-example-nobodys\": [\"123456789012\"], ")).await;
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.as_ref().unwrap().contains("com-example-nobodys"), "{report}");
    assert!(!scene.picture().await.contains("444455556666"), "everything else is done");
}

#[tokio::test]
async fn near_the_deadline_it_stops_cleanly_and_the_next_one_goes_on() {
    let scene = Scene::new().await;
    let before = scene.picture().await;
    let report = scene.hear_within(std::time::Duration::from_secs(9), SWEEP).await;
    assert_eq!((report.outcome, report.steps.len()), (Outcome::Failed, 0), "{report}");
    assert!(report.reason.unwrap().contains("not read: the invocation was about to end; the next one goes on"));
    assert_eq!(scene.picture().await, before);
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
}

/// The policy of the bucket with a statement that looks like Signalbox's and lets in so many accounts.
fn imitation(number: u64) -> String {
    let roots: Vec<_> =
        (0..number).map(|index| format!(r#""arn:aws:iam::{}:root""#, 600_000_000_000 + index)).collect();
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Sid": "SignalboxRead", "Effect": "Allow", "Principal": {{"AWS": [{}]}},
            "Action": ["s3:Get*", "s3:List*"],
            "Resource": ["arn:aws:s3:::com-example-111122223333", "arn:aws:s3:::com-example-111122223333/*"]}}]}}"#,
        roots.join(", ")
    )
}

#[tokio::test]
async fn the_writer_of_one_policy_stops_nothing_but_its_own_resource() {
    let scene = Scene::new().await;
    scene.put_bucket_policy(&imitation(30)).await;
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "the alarm on refusals sounds: {report}");
    let reason = scene.tell(report.reason.as_ref().unwrap());
    assert!(reason.contains("com-example-111122223333: 32 shares would go, and 25 may"), "{reason}");
    assert!(reason.contains("30 that would lose it are in no record of Signalbox"), "{reason}");
    let shares = scene.picture().await;
    assert!(shares.contains("bucket: SignalboxRead for 600000000000, 600000000001"), "the bucket is left alone: {shares}");
    assert!(!shares.contains("444455556666"), "everything else is done: {shares}");
    assert_eq!((report.counts["s3"]["refused"], report.counts["s3"]["removed"]), (1, 0));
    scene.assert_audited().await;
    // A plan has the removals of the bucket too, and forces them.
    scene.store_plan("plan.json").await;
    let force = format!(r#"{{"signalbox": "sweep", "force": "s3://{}/plan.json"}}"#, scene.world.bucket());
    let report = scene.hear(Mode::Apply, &force).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.picture().await.contains("bucket: SignalboxRead for 123456789012\n"));
}

#[tokio::test]
async fn a_forced_sweep_is_not_stopped_by_the_writer_of_one_policy() {
    let scene = Scene::new().await.with("SIGNALBOX_MAX_REMOVALS", "2");
    scene.store_plan("plan.json").await;
    scene.put_bucket_policy(&imitation(1)).await;
    let force = format!(r#"{{"signalbox": "sweep", "force": "s3://{}/plan.json"}}"#, scene.world.bucket());
    let report = scene.hear(Mode::Apply, &force).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let reason = scene.tell(report.reason.as_ref().unwrap());
    assert!(reason.contains("com-example-111122223333: the stored plan s3://"), "{reason}");
    let shares = scene.picture().await;
    assert!(shares.contains("bucket: SignalboxRead for 600000000000\n"), "{shares}");
    assert!(!shares.contains("444455556666"), "everything else is done: {shares}");
}

#[tokio::test]
async fn a_manifest_that_takes_from_many_is_refused_whatever_one_policy_says() {
    let scene = Scene::new().await.with("SIGNALBOX_MAX_REMOVALS", "1");
    scene.put_bucket_policy(&imitation(30)).await;
    refused(&scene, "32 shares would go, and 1 may (SIGNALBOX_MAX_REMOVALS)").await;
}
