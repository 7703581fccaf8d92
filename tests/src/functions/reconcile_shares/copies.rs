//! What has the name of a copy that Signalbox makes, and is none: a sweep does not share it either.

use aws_sdk_rds::error::ProvideErrorMetadata as _;
use aws_sdk_rds::types::Tag;
use reaction::Outcome;

use super::Scene;

const COPY: &str = "base-db-v1-2026-11-02-05-30-shared";

fn copy_of(source: &str) -> Tag {
    Tag::builder().key("signalbox:copy-of").value(source).build()
}

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
    let tag = copy_of("base-db-v1-2026-11-02-05-30");
    scene.rds.add_tags_to_resource().resource_name(made.db_snapshot_arn.unwrap()).tags(tag).send().await.unwrap();
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.restorers(COPY).await.as_deref(), Some("123456789012"));
}

/// Any identity that may tag a snapshot writes the tag.
#[tokio::test]
async fn a_copy_whose_tag_is_any_text_holds_up_nothing_else() {
    let scene = Scene::new().await;
    let snapshot = scene.rds.create_db_snapshot().db_instance_identifier("db").db_snapshot_identifier(COPY);
    snapshot.tags(copy_of(&"ü".repeat(150))).send().await.unwrap();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert_eq!(scene.restorers(COPY).await.as_deref(), Some("no account"));
    let shares = scene.picture().await;
    assert!(shares.contains("base-db-v1: 123456789012\n"), "everything else is done: {shares}");
}

#[tokio::test]
async fn rds_refuses_tags_with_its_own_prefix_as_the_local_aws_does() {
    let scene = Scene::new().await;
    let snapshot = scene.rds.create_db_snapshot().db_instance_identifier("db").db_snapshot_identifier(COPY);
    let refused = snapshot.tags(copy_of("rds:base-db-v1-2026-11-02-05-30")).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("InvalidParameterValue"));
}
