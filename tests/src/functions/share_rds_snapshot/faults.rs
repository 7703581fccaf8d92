//! What AWS does to a run of `share-rds-snapshot`, and that the end is the same.

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};

use super::{Engine, GIVEN, Given, Scene};
use crate::functions::share_ami::Key;
use crate::promises::every_call::{Run, deliver};
use crate::world::AWS;
use crate::world::scene::Scene as _;

const STALE: &[&str] = &["123456789012", "444455556666"];

/// A snapshot under a customer's key that gains and loses: every call that sharing takes.
fn of_sharing() -> Run<Given> {
    let given = Given { holders: STALE, key: Key::Customer, has_tables: true, ..GIVEN };
    Run { given, sample: "a-snapshot-was-created", calls: 11 }
}

fn of_a_cluster() -> Run<Given> {
    let given = Given { engine: Engine::Aurora, holders: STALE, has_tables: true, ..GIVEN };
    Run { given, sample: "a-cluster-snapshot-was-created", calls: 8 }
}

fn of_a_copy() -> Run<Given> {
    let name = "rds:base-db-v1-2026-11-02-05-30";
    let given = Given { name, copies_automated: true, key: Key::Customer, ..GIVEN };
    Run { given, sample: "an-automated-snapshot-was-created-that-is-to-be-copied", calls: 8 }
}

/// The runs whose every call meets each fault.
pub fn runs() -> Vec<Run<Given>> {
    vec![of_sharing(), of_a_cluster(), of_a_copy()]
}

fn refused(scene: &Scene, code: &str, contains: Option<&str>) -> Fault {
    let kind = FaultKind::Error { status: 400, code: code.into(), message: "as RDS says it".into() };
    let fault = Fault::new(&scene.world.account, kind);
    let operation = Some("ModifyDBSnapshotAttribute".into());
    Fault { operation, contains: contains.map(String::from), times: 100, ..fault }
}

#[tokio::test]
async fn an_account_that_rds_refuses_does_not_keep_the_others_out() {
    let scene = Scene::set_up(&Given { holders: STALE, ..GIVEN }, "a-snapshot-was-created").await;
    AWS.inject(&refused(&scene, "InvalidParameterValue", Some("987654321098")));
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let reason = report.reason.unwrap();
    assert!(reason.contains("987654321098") && !reason.contains("444455556666"), "{reason}");
    assert_eq!(scene.picture().await, "base-db-v1: 123456789012\n", "the stale account has lost it");
    AWS.clear_faults(&scene.world.account);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied, "a refusal may be claimed again");
    assert_eq!(scene.picture().await, "base-db-v1: 123456789012, 987654321098\n");
}

#[tokio::test]
async fn a_quota_that_is_smaller_than_usual_is_a_refusal_and_nobody_gains_or_loses() {
    let scene = Scene::set_up(&Given { holders: STALE, ..GIVEN }, "a-snapshot-was-created").await;
    AWS.inject(&refused(&scene, "SharedSnapshotQuotaExceeded", None));
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.unwrap().contains("nobody gained or lost"));
    assert_eq!(scene.picture().await, "base-db-v1: 123456789012, 444455556666\n");
}

#[tokio::test]
async fn a_snapshot_that_goes_while_it_is_being_shared_leaves_nothing_to_do() {
    let scene = Scene::set_up(&GIVEN, "a-snapshot-was-created").await;
    AWS.inject(&Fault { times: 1, ..refused(&scene, "DBSnapshotNotFound", None) });
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Failed);
    scene.rds.delete_db_snapshot().db_snapshot_identifier("base-db-v1").send().await.unwrap();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn a_key_that_may_not_be_read_counts_as_a_customers_whose_users_are_not_known() {
    let scene = Scene::set_up(&Given { key: Key::Customer, ..GIVEN }, "a-snapshot-was-created").await;
    for operation in ["DescribeKey", "GetKeyPolicy"] {
        let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
        AWS.inject(&Fault { operation: Some(operation.into()), times: 100, ..denied });
    }
    let report = deliver(&scene).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(report.notes[0].contains("the accounts that the key admits could not be read"), "{report}");
}

#[tokio::test]
async fn an_automated_snapshot_must_be_copied_first_and_the_copy_is_shared_by_its_own_event() {
    let name = "rds:base-db-v1-2026-11-02-05-30";
    let given = Given { name, copies_automated: true, ..GIVEN };
    let mut scene = Scene::set_up(&given, "an-automated-snapshot-was-created-that-is-to-be-copied").await;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let finished = crate::world::scene::read_sample("share-rds-snapshot", "a-copy-of-ours-was-finished");
    scene.event = finished.replace("111122223333", &scene.world.account).replace(super::SAMPLE_MINUTE, &scene.minute);
    let before = scene.world.calls();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    assert!(scene.world.operations_since(before).iter().all(|call| !call.contains("Copy")));
    let shared = "base-db-v1-2026-11-02-05-30-shared, a copy of base-db-v1-2026-11-02-05-30";
    assert_eq!(scene.picture().await, format!("{shared}: 123456789012, 987654321098\n"));
}
