//! No call is made twice, and none that is not needed.

use expect_test::{Expect, expect};

use super::{GIVEN, Given, GivenImage, IMAGE, Key, Scene};
use crate::promises::economy::check_of;

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

const STALE: &[&str] = &["123456789012", "987654321098", "444455556666"];

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
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}

#[tokio::test]
async fn recording_takes_two_more() {
    check_recorded(
        IMAGE,
        expect![[r#"
        10 calls
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
    "#]],
    )
    .await;
}

#[tokio::test]
async fn recording_what_is_lost_takes_two_more() {
    check_recorded(
        GivenImage { launch: STALE, snapshots: &[STALE, STALE], ..IMAGE },
        expect![[r#"
        13 calls
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
        dynamodb:UpdateItem
    "#]],
    )
    .await;
}
