//! Who is let in by policies of resources and roles.

use super::{Known, assert_known, of_kind};
use crate::Kind::{Identity, Rcp, Resource, Trust};

const STAR: &[&str] = &["principal /Statement/0/Principal"];
const AWS: &[&str] = &["principal /Statement/0/Principal/AWS"];

pub(super) const KNOWN: &[Known] = &[
    of_kind(
        Resource,
        "a public bucket",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}"#,
        STAR,
    ),
    of_kind(
        Resource,
        "a public bucket, by type",
        r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}"#,
        AWS,
    ),
    of_kind(
        Resource,
        "a public bucket, in a list",
        r#"{"Effect": "Allow", "Principal": {"AWS": ["111122223333", "*"]}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}"#,
        &["principal /Statement/0/Principal/AWS/1"],
    ),
    of_kind(
        Resource,
        "an organization's bucket",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"}}}"#,
        &[],
    ),
    of_kind(
        Resource,
        "every organization's bucket",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringLike": {"aws:PrincipalOrgID": "*"}}}"#,
        STAR,
    ),
    of_kind(
        Resource,
        "everywhere's bucket",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}"#,
        STAR,
    ),
    of_kind(
        Resource,
        "all but one",
        r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}"#,
        &["principal /Statement/0/NotPrincipal/AWS"],
    ),
    of_kind(
        Resource,
        "every service",
        r#"{"Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:111122223333:q"}"#,
        &["principal /Statement/0/Principal/Service"],
    ),
    of_kind(
        Resource,
        "denied to everybody",
        r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#,
        &[],
    ),
    of_kind(
        Resource,
        "roles by a wildcard",
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}"#,
        AWS,
    ),
    of_kind(
        Trust,
        "a function's role",
        r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
        &[],
    ),
    of_kind(
        Trust,
        "an open role",
        r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}"#,
        AWS,
    ),
    of_kind(
        Trust,
        "an open role with an external id",
        r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "12345"}}}"#,
        AWS,
    ),
    of_kind(
        Trust,
        "every repository's role",
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}"#,
        &["principal /Statement/0/Principal/Federated"],
    ),
    of_kind(
        Trust,
        "a repository's role",
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/app:*"}}}"#,
        &[],
    ),
    of_kind(
        Identity,
        "a principal of an identity",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}"#,
        &["form /Statement/0/Principal"],
    ),
    of_kind(
        Rcp,
        "strangers are kept out",
        r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorgid"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}"#,
        &[],
    ),
];

#[test]
fn principals_are_judged_as_known() {
    assert_known(KNOWN);
}
