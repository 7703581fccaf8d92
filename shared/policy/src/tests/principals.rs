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
        Resource,
        "half of all addresses",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"IpAddress": {"aws:SourceIp": "128.0.0.0/1"}}}"#,
        STAR,
    ),
    of_kind(
        Resource,
        "one network",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
        &[],
    ),
    of_kind(
        Resource,
        "every organization, by what all ids begin with",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}}"#,
        STAR,
    ),
    of_kind(
        Resource,
        "every endpoint, by what all ids begin with",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringLike": {"aws:SourceVpce": "vpce-*"}}}"#,
        STAR,
    ),
    of_kind(
        Resource,
        "roles of every account",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}}"#,
        STAR,
    ),
    of_kind(
        Resource,
        "a role of one account",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}}"#,
        &[],
    ),
    of_kind(
        Resource,
        "a tag that strangers give themselves",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "app"}}}"#,
        STAR,
    ),
    of_kind(
        Trust,
        "services by a wildcard",
        r#"{"Effect": "Allow", "Principal": {"Service": "*.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
        &["principal /Statement/0/Principal/Service"],
    ),
    of_kind(
        Trust,
        "every owner's repositories",
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}}"#,
        &["principal /Statement/0/Principal/Federated"],
    ),
    of_kind(
        Trust,
        "repositories of owners whose names begin so",
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example*"}}}"#,
        &["principal /Statement/0/Principal/Federated"],
    ),
    of_kind(
        Trust,
        "one owner's repositories",
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/*"}}}"#,
        &[],
    ),
    of_kind(
        Trust,
        "environments of one repository",
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/app:environment:prod*"}}}"#,
        &[],
    ),
    of_kind(
        Trust,
        "every project of a shared host",
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"gitlab.com:aud": "https://gitlab.com"}}}"#,
        &["principal /Statement/0/Principal/Federated"],
    ),
    of_kind(
        Trust,
        "one group's projects",
        r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringLike": {"gitlab.com:sub": "project_path:example/*"}}}"#,
        &[],
    ),
    of_kind(
        Resource,
        "everybody but AWS's services",
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*", "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}"#,
        STAR,
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
