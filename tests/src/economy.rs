//! No call is made twice, and none that is not needed.

use expect_test::{Expect, expect};
use reaction::Mode;

use crate::scene;
use crate::share_ami::{GIVEN, Given, GivenImage, IMAGE, Key, Scene};

/// The calls of one event, where there are no tables of grants.
async fn check(image: GivenImage, expected: Expect) {
    check_given(Given { image: Some(image), ..GIVEN }, expected).await;
}

/// The calls of one event, where there are.
async fn check_recorded(image: GivenImage, expected: Expect) {
    check_given(Given { image: Some(image), has_tables: true, ..GIVEN }, expected).await;
}

async fn check_given(given: Given, expected: Expect) {
    check_of::<Scene>(&given, "an-image-became-available", expected).await;
}

/// The calls of one event, those that read in the order of their names.
pub async fn check_of<S: scene::Scene>(given: &S::Given, sample: &str, expected: Expect) {
    let scene = S::set_up(given, sample).await;
    let before = scene.world().calls();
    scene.hear(Mode::Apply).await;
    let mut calls = scene.world().operations_since(before);
    // Reads go out side by side, in no order of their own.
    let is_change = |call: &str| ["Modify", "Copy", "Change"].iter().any(|it| call.contains(it));
    let is_write = |call: &str| is_change(call) || (call.starts_with("dynamodb") && !call.contains("Get"));
    let last_read = calls.iter().rposition(|call| !is_write(call)).unwrap();
    calls[1..=last_read].sort();
    expected.assert_eq(&format!("{} calls\n{}\n", calls.len(), calls.join("\n")));
}

const STALE: &[&str] = &["123456789012", "987654321098", "444455556666"];

#[tokio::test]
async fn an_image_that_gains_takes_eight_calls() {
    check(
        IMAGE,
        expect![[r#"
        8 calls
        dynamodb:PutItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        s3:GetObject
        ec2:ModifySnapshotAttribute
        ec2:ModifyImageAttribute
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_image_that_loses_takes_two_more_at_most() {
    check(
        GivenImage { launch: STALE, snapshots: &[STALE], ..IMAGE },
        expect![[r#"
        9 calls
        dynamodb:PutItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        s3:GetObject
        ec2:ModifyImageAttribute
        ec2:ModifySnapshotAttribute
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_encrypted_image_takes_two_more() {
    check(
        GivenImage { key: Key::Customer, ..IMAGE },
        expect![[r#"
        10 calls
        dynamodb:PutItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        ec2:DescribeSnapshots
        kms:DescribeKey
        s3:GetObject
        ec2:ModifySnapshotAttribute
        ec2:ModifyImageAttribute
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_image_that_no_entry_names_is_not_looked_into() {
    check(
        GivenImage { name: "other", ..IMAGE },
        expect![[r#"
        5 calls
        dynamodb:PutItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        s3:GetObject
        dynamodb:DeleteItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn recording_takes_three_more() {
    check_recorded(
        IMAGE,
        expect![[r#"
        11 calls
        dynamodb:PutItem
        dynamodb:BatchGetItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        s3:GetObject
        dynamodb:TransactWriteItems
        ec2:ModifySnapshotAttribute
        ec2:ModifyImageAttribute
        dynamodb:TransactWriteItems
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn recording_what_is_lost_takes_three_more() {
    check_recorded(
        GivenImage { launch: STALE, snapshots: &[STALE, STALE], ..IMAGE },
        expect![[r#"
        14 calls
        dynamodb:PutItem
        dynamodb:BatchGetItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        ec2:DescribeSnapshotAttribute
        s3:GetObject
        dynamodb:TransactWriteItems
        ec2:ModifyImageAttribute
        ec2:ModifySnapshotAttribute
        ec2:ModifySnapshotAttribute
        dynamodb:TransactWriteItems
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn where_nothing_is_to_be_done_the_record_is_read_and_no_more() {
    const HELD: &[&str] = &["123456789012", "987654321098"];
    check_recorded(
        GivenImage { launch: HELD, snapshots: &[HELD], ..IMAGE },
        expect![[r#"
        7 calls
        dynamodb:PutItem
        dynamodb:BatchGetItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        s3:GetObject
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_image_that_no_entry_names_has_its_record_left_alone() {
    check_recorded(
        GivenImage { name: "other", ..IMAGE },
        expect![[r#"
        5 calls
        dynamodb:PutItem
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        s3:GetObject
        dynamodb:DeleteItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_database_snapshot_takes_six_calls_and_three_more_where_a_key_shuts_somebody_out() {
    use crate::share_rds_snapshot::{GIVEN, Given, Scene};
    check_of::<Scene>(
        &GIVEN,
        "a-snapshot-was-created",
        expect![[r#"
        6 calls
        dynamodb:PutItem
        rds:DescribeDBSnapshotAttributes
        rds:DescribeDBSnapshots
        s3:GetObject
        rds:ModifyDBSnapshotAttribute
        dynamodb:UpdateItem
    "#]],
    )
    .await;
    let encrypted = Given { key: Key::Customer, ..GIVEN };
    check_of::<Scene>(
        &encrypted,
        "a-snapshot-was-created",
        expect![[r#"
        9 calls
        dynamodb:PutItem
        kms:DescribeKey
        kms:GetKeyPolicy
        kms:ListGrants
        rds:DescribeDBSnapshotAttributes
        rds:DescribeDBSnapshots
        s3:GetObject
        rds:ModifyDBSnapshotAttribute
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_automated_snapshot_takes_five_calls_and_one_that_is_copied_two_more() {
    use crate::share_rds_snapshot::{GIVEN, Given, Scene};
    let automated = Given { name: "rds:base-db-v1-2026-11-02-05-30", ..GIVEN };
    check_of::<Scene>(
        &automated,
        "an-automated-snapshot-was-created",
        expect![[r#"
        5 calls
        dynamodb:PutItem
        rds:DescribeDBSnapshotAttributes
        rds:DescribeDBSnapshots
        s3:GetObject
        dynamodb:DeleteItem
    "#]],
    )
    .await;
    let copied = Given { copies_automated: true, ..automated };
    check_of::<Scene>(
        &copied,
        "an-automated-snapshot-was-created",
        expect![[r#"
        7 calls
        dynamodb:PutItem
        rds:DescribeDBSnapshotAttributes
        rds:DescribeDBSnapshots
        rds:DescribeDBSnapshots
        s3:GetObject
        rds:CopyDBSnapshot
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_ebs_snapshot_takes_six_calls() {
    use crate::share_ebs_snapshot::{GIVEN, Scene};
    check_of::<Scene>(
        &GIVEN,
        "a-snapshot-was-created",
        expect![[r#"
        6 calls
        dynamodb:PutItem
        ec2:DescribeSnapshotAttribute
        ec2:DescribeSnapshots
        s3:GetObject
        ec2:ModifySnapshotAttribute
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_name_of_a_cluster_takes_eight_calls_to_make_and_seven_to_delete() {
    use crate::emr_dns::{CLUSTER, Cluster, GIVEN, Given, OURS, Scene, ZONE, Zone};
    check_of::<Scene>(
        &GIVEN,
        "a-cluster-is-running",
        expect![[r#"
        8 calls
        dynamodb:PutItem
        ec2:DescribeSubnets
        elasticmapreduce:DescribeCluster
        route53:ListHostedZonesByVPC
        route53:ListResourceRecordSets
        route53:ListResourceRecordSets
        route53:ChangeResourceRecordSets
        dynamodb:UpdateItem
    "#]],
    )
    .await;
    let ended = &[Cluster { state: "TERMINATED", ..CLUSTER }];
    let ended = Given { clusters: ended, zones: &[Zone { records: &[OURS], ..ZONE }], ..GIVEN };
    check_of::<Scene>(
        &ended,
        "a-cluster-was-terminated",
        expect![[r#"
        7 calls
        dynamodb:PutItem
        ec2:DescribeSubnets
        elasticmapreduce:DescribeCluster
        route53:ListHostedZonesByVPC
        route53:ListResourceRecordSets
        route53:ChangeResourceRecordSets
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_name_that_is_as_it_should_be_takes_six_calls() {
    use crate::emr_dns::{GIVEN, Given, OURS, Scene, ZONE, Zone};
    let named = Given { zones: &[Zone { records: &[OURS], ..ZONE }], ..GIVEN };
    check_of::<Scene>(
        &named,
        "a-cluster-is-running",
        expect![[r#"
        6 calls
        dynamodb:PutItem
        ec2:DescribeSubnets
        elasticmapreduce:DescribeCluster
        route53:ListHostedZonesByVPC
        route53:ListResourceRecordSets
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_name_that_is_another_clusters_takes_eight_calls() {
    use crate::emr_dns::{CLUSTER, ETL, GIVEN, Given, OLD, Record, Scene, ZONE, Zone};
    let zones = &[Zone { records: &[Record::Ours(ETL, OLD.primary, OLD.id)], ..ZONE }];
    let sample = "a-successor-is-running-whose-predecessor-ended-unnoticed";
    let expected = expect![[r#"
        8 calls
        dynamodb:PutItem
        ec2:DescribeSubnets
        elasticmapreduce:DescribeCluster
        elasticmapreduce:DescribeCluster
        route53:ListHostedZonesByVPC
        route53:ListResourceRecordSets
        route53:ChangeResourceRecordSets
        dynamodb:UpdateItem
    "#]];
    check_of::<Scene>(&Given { clusters: &[OLD, CLUSTER], zones, ..GIVEN }, sample, expected).await;
}

#[tokio::test]
async fn a_cluster_that_starts_or_has_no_tag_takes_three_calls() {
    use crate::emr_dns::{CLUSTER, Cluster, GIVEN, Given, Scene};
    let starting = Given { clusters: &[Cluster { state: "STARTING", ..CLUSTER }], ..GIVEN };
    check_of::<Scene>(
        &starting,
        "a-cluster-is-starting",
        expect![[r#"
        3 calls
        dynamodb:PutItem
        elasticmapreduce:DescribeCluster
        dynamodb:UpdateItem
    "#]],
    )
    .await;
    let nameless = Given { clusters: &[Cluster { tag: None, ..CLUSTER }], ..GIVEN };
    check_of::<Scene>(
        &nameless,
        "a-cluster-without-the-tag-is-running",
        expect![[r#"
        3 calls
        dynamodb:PutItem
        elasticmapreduce:DescribeCluster
        dynamodb:DeleteItem
    "#]],
    )
    .await;
}
