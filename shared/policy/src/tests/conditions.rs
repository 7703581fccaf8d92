//! Conditions that do what they say, and some that do not.

use super::{Known, assert_known, identity, of_kind};
use crate::Kind::{Resource, Scp};

pub(super) const KNOWN: &[Known] = &[
    identity(
        "a misspelt key",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringEquals": {"aws:PrincipalOrgld": "o-exampleorgid"}}}"#,
        &["condition-key /Statement/0/Condition/StringEquals/aws:PrincipalOrgld"],
    ),
    identity(
        "a misspelt key of a service",
        r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::a", "Condition": {"StringLike": {"s3:prefx": "home/*"}}}"#,
        &["condition-key /Statement/0/Condition/StringLike/s3:prefx"],
    ),
    identity(
        "a key that the action does not know",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringLike": {"s3:prefix": "home/*"}}}"#,
        &["condition-key /Statement/0/Condition/StringLike/s3:prefix"],
    ),
    identity(
        "the same where the action does",
        r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::a", "Condition": {"StringLike": {"s3:prefix": "home/*"}}}"#,
        &[],
    ),
    identity(
        "a tag's key",
        r#"{"Effect": "Allow", "Action": "ec2:StartInstances", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": {"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}}}"#,
        &[],
    ),
    identity(
        "an operator that is none",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringEqual": {"aws:PrincipalOrgID": "o-exampleorgid"}}}"#,
        &["unknown-operator /Statement/0/Condition/StringEqual"],
    ),
    identity(
        "a boolean compared as a date",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"DateGreaterThan": {"aws:SecureTransport": "2026-01-01T00:00:00Z"}}}"#,
        &["condition-operator /Statement/0/Condition/DateGreaterThan"],
    ),
    identity(
        "an address as a text",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringLike": {"aws:SourceIp": "203.0.113.*"}}}"#,
        &["condition-operator /Statement/0/Condition/StringLike"],
    ),
    identity(
        "an address that is none",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/33"}}}"#,
        &["condition-value /Statement/0/Condition/IpAddress/aws:SourceIp"],
    ),
    identity(
        "yes in place of true",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"Bool": {"aws:SecureTransport": "yes"}}}"#,
        &["condition-value /Statement/0/Condition/Bool/aws:SecureTransport"],
    ),
    identity(
        "ForAllValues alone",
        r#"{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["project"]}}}"#,
        &["for-all-values /Statement/0/Condition/ForAllValues:StringEquals"],
    ),
    identity(
        "ForAllValues guarded",
        r#"{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["project"]}, "Null": {"aws:TagKeys": "false"}}}"#,
        &[],
    ),
    identity(
        "ForAllValues in a Deny",
        r#"{"Effect": "Deny", "Action": "ec2:CreateTags", "Resource": "*", "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["project"]}}}"#,
        &[],
    ),
    identity(
        "no second factor",
        r#"{"Effect": "Deny", "NotAction": "iam:*MFADevice", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#,
        &[],
    ),
    identity(
        "pushes without a branch",
        r#"{"Effect": "Deny", "Action": "codecommit:GitPush", "Resource": "*", "Condition": {"StringEqualsIfExists": {"codecommit:References": ["refs/heads/main"]}}}"#,
        &["if-exists /Statement/0/Condition/StringEqualsIfExists"],
    ),
    identity(
        "pushes with a branch",
        r#"{"Effect": "Deny", "Action": "codecommit:GitPush", "Resource": "*", "Condition": {"StringEqualsIfExists": {"codecommit:References": ["refs/heads/main"]}, "Null": {"codecommit:References": "false"}}}"#,
        &[],
    ),
    identity(
        "a Deny for services",
        r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:ViaAWSService": "true"}}}"#,
        &["if-exists /Statement/0/Condition/BoolIfExists"],
    ),
    of_kind(
        Resource,
        "strangers and AWS's services",
        r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"}}}"#,
        &["if-exists /Statement/0/Condition/StringNotEqualsIfExists"],
    ),
    of_kind(
        Scp,
        "one Region",
        r#"{"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "route53:*"], "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1"]}, "ArnNotLike": {"aws:PrincipalARN": "arn:aws:iam::*:role/AWSControlTowerExecution"}}}"#,
        &[],
    ),
];

#[test]
fn conditions_are_judged_as_known() {
    assert_known(KNOWN);
}
