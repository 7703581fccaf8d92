//! What has the name of a copy that Signalbox makes, and is none: RDS tells whose it is, and it is not shared.

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};

use super::{GIVEN, Given, SAMPLE_MINUTE, Scene};
use crate::world::AWS;
use crate::world::scene::{Scene as _, read_sample};

const AUTOMATED: &str = "rds:base-db-v1-2026-11-02-05-30";
const COPY: &str = "base-db-v1-2026-11-02-05-30-shared";

/// An automated snapshot that is to be copied, of which the event is about to be heard.
async fn copying() -> Scene {
    let given = Given { name: AUTOMATED, copies_automated: true, ..GIVEN };
    Scene::set_up(&given, "an-automated-snapshot-was-created-that-is-to-be-copied").await
}

/// Makes a snapshot with the name of the copy, of the same database or of another one.
async fn take_name(scene: &Scene, of_another: bool, copy_of: Option<&str>) {
    let database = if of_another { "another-db" } else { super::DATABASE };
    if of_another {
        let request = scene.rds.create_db_instance().db_instance_identifier(database).engine("postgres");
        request.db_instance_class("db.t4g.micro").allocated_storage(20).send().await.unwrap();
    }
    let request = scene.rds.create_db_snapshot().db_instance_identifier(database);
    let request = request.db_snapshot_identifier(COPY.replace(SAMPLE_MINUTE, &scene.minute));
    request.set_tags(copy_of.map(|source| vec![scene.copy_tag(source)])).send().await.unwrap();
}

async fn assert_refused(scene: &Scene, expected: &str) {
    let before = scene.picture().await;
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let reason = scene.with_sample_ids(&report.reason.unwrap());
    assert!(reason.contains(expected), "{reason}");
    assert_eq!(scene.picture().await, before);
}

#[tokio::test]
async fn a_snapshot_that_took_the_name_of_the_copy_is_not_taken_for_it() {
    for (of_another, copy_of, expected) in [
        (false, None, "that is no copy of it (by its tag signalbox:copy-of)"),
        (false, Some("rds:base-db-v1-2026-11-01-05-30"), "that is no copy of it (by its tag signalbox:copy-of)"),
        (true, Some(AUTOMATED), "that is of the database another-db and not of base-db-v1"),
    ] {
        let scene = copying().await;
        take_name(&scene, of_another, copy_of).await;
        assert_refused(&scene, &format!("{AUTOMATED} cannot be copied: there is a snapshot {COPY} {expected}")).await;
    }
}

/// RDS does not show the snapshot when it is looked for, and refuses the copy for its name.
fn hide_once(scene: &Scene) {
    let absent = FaultKind::Error { status: 404, code: "DBSnapshotNotFound".into(), message: "there is none".into() };
    let copy = COPY.replace(SAMPLE_MINUTE, &scene.minute);
    let fault = Fault::new(&scene.world.account, absent);
    AWS.inject(&Fault { operation: Some("DescribeDBSnapshots".into()), contains: Some(copy), times: 1, ..fault });
}

#[tokio::test]
async fn a_name_that_was_taken_while_the_copy_was_planned_is_looked_at_again() {
    let scene = copying().await;
    take_name(&scene, false, None).await;
    hide_once(&scene);
    assert_refused(&scene, &format!("there is a snapshot {COPY} that is no copy of it")).await;
    let scene = copying().await;
    take_name(&scene, false, Some(AUTOMATED)).await;
    hide_once(&scene);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied, "another run has made our copy");
}

#[tokio::test]
async fn what_has_the_name_of_a_copy_and_is_none_is_not_shared() {
    let given = Given { name: COPY, holders: &["123456789012", "444455556666"], ..GIVEN };
    let mut scene = Scene::set_up(&given, "a-copy-of-ours-was-finished").await;
    scene.event = read_sample("share-rds-snapshot", "a-copy-of-ours-was-finished")
        .replace("111122223333", &scene.world.account)
        .replace(SAMPLE_MINUTE, &scene.minute);
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.unwrap().contains("it has the name of a copy that Signalbox makes"));
    let remaining = format!("{COPY}: 123456789012\n");
    assert_eq!(scene.picture().await, remaining, "the account that no entry names has lost it");
}
