//! What has the name of a copy that Signalbox makes, and is none: a sweep does not share it either.

use reaction::Outcome;

use super::Scene;

const COPY: &str = "base-db-v1-2026-11-02-05-30-shared";

#[tokio::test]
async fn what_has_the_name_of_a_copy_and_is_none_is_not_shared_until_its_tag_says_so() {
    let scene = Scene::new().await;
    let snapshot = scene.rds.create_db_snapshot().db_instance_identifier("db").db_snapshot_identifier(COPY);
    let made = snapshot.send().await.unwrap().db_snapshot.unwrap();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let reason = report.reason.unwrap();
    assert!(
        reason.contains(&format!("{COPY} in eu-west-1: it has the name of a copy that Signalbox makes")),
        "{reason}"
    );
    assert_eq!(scene.restorers(COPY).await.as_deref(), Some("no account"));
    let shares = scene.picture().await;
    assert!(shares.contains("base-db-v1: 123456789012\n"), "everything else is done: {shares}");
    let tag =
        aws_sdk_rds::types::Tag::builder().key("signalbox:copy-of").value("rds:base-db-v1-2026-11-02-05-30").build();
    scene.rds.add_tags_to_resource().resource_name(made.db_snapshot_arn.unwrap()).tags(tag).send().await.unwrap();
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.restorers(COPY).await.as_deref(), Some("123456789012"));
}
