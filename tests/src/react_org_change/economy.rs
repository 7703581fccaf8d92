//! No call is made twice, and none that is not needed.

use expect_test::expect;

use super::{Given, Scene};
use crate::economy::check_of;

#[tokio::test]
async fn what_units_have_is_looked_at_once_and_nothing_else_is() {
    check_of::<Scene>(
        &Given::Nothing,
        "an-account-was-moved-and-back-again",
        expect![[r#"
        20 calls
        dynamodb:PutItem
        dynamodb:Scan
        ec2:DescribeImageAttribute
        ec2:DescribeImages
        ec2:DescribeSnapshotAttribute
        ec2:DescribeSnapshots
        ecr:GetRepositoryPolicy
        kms:DescribeKey
        kms:GetKeyPolicy
        organizations:DescribeOrganization
        organizations:ListAccounts
        organizations:ListAccountsForParent
        organizations:ListOrganizationalUnitsForParent
        rds:DescribeDBClusterSnapshotAttributes
        rds:DescribeDBClusterSnapshots
        rds:DescribeDBSnapshotAttributes
        rds:DescribeDBSnapshots
        s3:GetBucketPolicy
        s3:GetObject
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}
