//! Job in, IAM and the pipeline after: each sample job through the real reaction and real SDK clients, as its story tells.

use expect_test::expect;

use super::{Foreign, GIVEN, Given, METADATA, READERS, READING, Scene, Sent, WRITERS};
use crate::world::scene::stories;

const VERSIONS: [&str; 6] = [
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::one/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::two/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::three/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::four/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::five/*"}}"#,
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::six/*"}}"#,
];

const fn version(number: usize) -> Sent {
    Sent { policy: VERSIONS[number], metadata: METADATA }
}

/// Five versions, of which the last is the default.
pub const FULL: &[Sent] = &[version(0), version(1), version(2), version(3), version(4)];

/// A sixth one.
pub const SIXTH: Sent = version(5);

/// All actions on all things, as lists.
const EVERYTHING: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "*"], "Resource": ["*"]}]}"#;

const MISTAKEN: &str = r#"{"PolicyName": "data readers", "PolicyDescription": "", "Path": "/team/",
    "Tags": {"signalbox:created-by": "me", "Owner": "me", "team": "data"}}"#;

const SCP: &str = r#"{"PolicyName": "regions", "PolicyDescription": "Regions", "Type": "scp"}"#;

const REGIONS: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sqs:*", "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}}}"#;

stories! { Scene;
    a_policy_was_sent: GIVEN, expect![[r#""#]];
    a_policy_was_sent_by_a_pipeline_of_our_own_account: Given { is_here: true, ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_again: Given { before: &[READERS], ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_that_was_changed: Given { before: &[READERS], sent: WRITERS, ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_that_was_so_before: Given { before: &[READERS, WRITERS], ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_that_has_five_versions: Given { before: FULL, sent: SIXTH, ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_that_allows_everything:
        Given { sent: Sent { policy: EVERYTHING, metadata: METADATA }, ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_with_mistakes_in_its_metadata:
        Given { sent: Sent { policy: READING, metadata: MISTAKEN }, ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_whose_name_another_one_has:
        Given { foreign: Some(Foreign { name: "data-readers", is_tagged: false }), ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_whose_name_another_one_has_with_our_tag:
        Given { foreign: Some(Foreign { name: "data-readers", is_tagged: true }), ..GIVEN }, expect![[r#""#]];
    a_service_control_policy_was_sent: Given { sent: Sent { policy: REGIONS, metadata: SCP }, ..GIVEN }, expect![[r#""#]];
    a_policy_was_sent_while_there_are_no_central_denies: Given { denies: None, ..GIVEN }, expect![[r#""#]];
}
