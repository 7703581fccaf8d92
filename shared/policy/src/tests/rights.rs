//! All actions on all things, and what comes near it.

use super::{Known, assert_known, identity, of_kind};
use crate::Kind::{Resource, Scp};

const ALL: &[&str] = &["all-on-all /Statement/0/Action"];

pub(super) const KNOWN: &[Known] = &[
    identity("a star", r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, ALL),
    identity(
        "lists",
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "*"], "Resource": ["arn:aws:s3:::a/*", "*"]}"#,
        &["all-on-all /Statement/0/Action/1"],
    ),
    identity("two stars", r#"{"Effect": "Allow", "Action": "*:*", "Resource": "*"}"#, ALL),
    identity("a question mark", r#"{"Effect": "Allow", "Action": "?*", "Resource": "*"}"#, ALL),
    identity("stars in a row", r#"{"Effect": "Allow", "Action": "**", "Resource": "**"}"#, ALL),
    identity("an ARN of stars", r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:*:*:*:*"}"#, ALL),
    identity(
        "with a second factor",
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
        ALL,
    ),
    identity(
        "NotAction of nothing that exists",
        r#"{"Effect": "Allow", "NotAction": "doesnotexist:Nothing", "Resource": "*"}"#,
        &["all-on-all /Statement/0/NotAction", "unknown-service /Statement/0/NotAction"],
    ),
    identity(
        "NotAction, and the rest in a second statement",
        r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}"#,
        &["all-on-all /Statement/0/NotAction"],
    ),
    identity("all but one thing", r#"{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::audit/*"}"#, ALL),
    identity(
        "all that is allowed is denied again",
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*"}"#,
        &[],
    ),
    identity(
        "what has a Region is denied again",
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:*:?*:*:*"}"#,
        ALL,
    ),
    identity(
        "everything of one bucket",
        r#"{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]}"#,
        &[],
    ),
    identity(
        "reading everything of a service",
        r#"{"Effect": "Allow", "Action": ["ec2:Describe*", "s3:List*"], "Resource": "*"}"#,
        &[],
    ),
    identity(
        "all of IAM",
        r#"{"Effect": "Allow", "Action": "IAM:*", "Resource": "*"}"#,
        &["administrator-service /Statement/0/Action", "escalation /Statement/0/Action"],
    ),
    identity(
        "all of Organizations",
        r#"{"Effect": "Allow", "Action": "organizations:*", "Resource": "*"}"#,
        &["administrator-service /Statement/0/Action"],
    ),
    identity(
        "all of KMS",
        r#"{"Effect": "Allow", "Action": ["kms:*"], "Resource": "*"}"#,
        &["administrator-service /Statement/0/Action/0"],
    ),
    identity(
        "all of KMS on a key",
        r#"{"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}"#,
        &[],
    ),
    identity(
        "Deny with NotAction",
        r#"{"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}}"#,
        &[],
    ),
    identity(
        "reading all but a bucket",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::audit/*"}"#,
        &["not-resource /Statement/0/NotResource"],
    ),
    of_kind(Scp, "FullAWSAccess", r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, &[]),
    of_kind(
        Resource,
        "the default policy of a key",
        r#"{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#,
        &[],
    ),
];

#[test]
fn rights_are_judged_as_known() {
    assert_known(KNOWN);
}

/// What remains of `NotAction` is judged as what it allows.
#[test]
fn not_action_with_allow_is_found_with_what_it_opens() {
    let power = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}}"#;
    let told = super::told(&super::judged(crate::Kind::Identity, power));
    assert!(told.contains(&"not-action /Statement/NotAction/0".to_owned()), "{told:?}");
    assert!(!told.iter().any(|it| it.starts_with("all-on-all")), "{told:?}");
}
