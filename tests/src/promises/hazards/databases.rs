//! Snapshots of databases: their quotas, and that none becomes public.

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};
use sharing::Manifest;

use super::{count_of, manifest};
use crate::functions::reconcile_shares::Scene;
use crate::functions::share_rds_snapshot::{self as events, GIVEN, Given};
use crate::world::AWS;
use crate::world::scene::Scene as _;

#[tokio::test]
async fn twenty_accounts_are_the_quota_and_of_more_none_gains_while_another_loses() {
    let scene = Scene::new().await;
    let accounts: Vec<_> = (1..=21).map(|index| format!("\"1000000000{index:02}\"")).collect();
    scene.put_manifest(&manifest("rds", &[("base-db-v", &accounts.join(", "))])).await;
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(
        report.reason.unwrap().contains("the manifest names 21 accounts, and RDS shares a snapshot with 20 at most")
    );
    assert_eq!(count_of(&scene, "rds:ModifyDBSnapshotAttribute", before), 1);
    assert!(scene.picture().await.contains("base-db-v1: no account\n"), "444455556666 was there");
    scene.put_manifest(&manifest("rds", &[("base-db-v", &accounts[1..].join(", "))])).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
}

#[tokio::test]
async fn modify_db_snapshot_attribute_takes_values_to_add_and_values_to_remove_together() {
    let scene = Scene::new().await;
    let before = scene.world.calls();
    scene.sweep().await;
    assert!(scene.picture().await.contains("base-db-v1: 123456789012\n"), "444455556666 was there");
    assert_eq!(count_of(&scene, "rds:ModifyDBSnapshotAttribute", before), 1);
}

/// Who is named is an account, or an organization that is expanded to accounts; `all` is neither.
#[test]
fn what_is_encrypted_is_never_shared_with_all() {
    for section in ["rds", "rds-cluster", "ebs"] {
        for everybody in [r#""all""#, r#""*""#, r#"{"account": "all"}"#] {
            assert!(Manifest::parse(&manifest(section, &[("base-db-v", everybody)])).is_err(), "{everybody}");
        }
    }
}

#[tokio::test]
async fn a_quota_of_manual_snapshots_that_is_used_up_fails_and_the_retry_makes_the_copy() {
    let given = Given { name: "rds:base-db-v1-2026-11-02-05-30", copies_automated: true, ..GIVEN };
    let sample = "an-automated-snapshot-was-created-that-is-to-be-copied";
    let scene = events::Scene::set_up(&given, sample).await;
    let account = &scene.world().account;
    let message = "Cannot create more than 100 manual snapshots".into();
    let kind = FaultKind::Error { status: 400, code: "SnapshotQuotaExceeded".into(), message };
    AWS.inject(&Fault { operation: Some("CopyDBSnapshot".into()), ..Fault::new(account, kind) });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert!(report.reason.unwrap().contains("Cannot create more than 100 manual snapshots"));
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    // A copy stays in its region, so that the quota of copies between regions is none of ours.
    let copies = AWS.calls(account).into_iter().filter(|call| call.operation == "CopyDBSnapshot");
    assert!(copies.into_iter().all(|call| call.region == "eu-west-1" && !call.body.contains("SourceRegion")));
}
