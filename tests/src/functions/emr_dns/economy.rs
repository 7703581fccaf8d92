//! No call is made twice, and none that is not needed.

use expect_test::expect;

use super::{CLUSTER, Cluster, ETL, GIVEN, Given, OLD, OURS, Record, Scene, ZONE, Zone};
use crate::promises::economy::check_of;

#[tokio::test]
async fn the_name_of_a_cluster_takes_seven_calls_to_make_and_as_many_to_delete() {
    check_of::<Scene>(
        &GIVEN,
        "a-cluster-is-running",
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
async fn a_name_that_is_another_clusters_takes_eight_calls() {
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
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}
