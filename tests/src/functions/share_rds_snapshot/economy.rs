//! No call is made twice, and none that is not needed.

use expect_test::expect;

use super::{GIVEN, Given, Scene};
use crate::promises::economy::check_of;

#[tokio::test]
async fn an_automated_snapshot_takes_five_calls_and_one_that_is_copied_two_more() {
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
        dynamodb:UpdateItem
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
