//! Ways around the rules by conditions, as a writer of policies might look for them, and the same where they do narrow what is allowed.

use super::{Known, assert_known, identity};

const ONE: &[&str] = &["escalation /Statement/0/Action"];

/// To which services a role may be passed.
const PASSED: &[Known] = &[
    identity(
        "a variable that compares the request with itself",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "${iam:PassedToService}"}}}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "all but a service in other letters",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringNotEquals": {"iam:PassedToService": "LAMBDA.amazonaws.com"}}}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "to no service in particular",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": []}}}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "as AWS calls the service in China",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com.cn"}}}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "for functions",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"ArnLike": {"iam:AssociatedResourceArn": "arn:aws:lambda:*:*:function:*"}}}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "where the key is there",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"Null": {"iam:PassedToService": "false"}}}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "to another service",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "rds.amazonaws.com"}}}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        &[],
    ),
    identity(
        "denied to a service in other letters",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "LAMBDA.amazonaws.com"}}}"#,
        ONE,
    ),
    identity(
        "denied to what a variable says",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "${aws:PrincipalTag/service}"}}}"#,
        ONE,
    ),
    identity(
        "denied to ARNs",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": {"ArnLike": {"iam:PassedToService": "*"}}}"#,
        ONE,
    ),
    identity(
        "denied to that service",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringLike": {"iam:PassedToService": "lambda.*"}}}"#,
        &[],
    ),
];

/// Conditions that narrow nothing, since the holder sets what they ask for.
const NARROWED: &[Known] = &[
    identity(
        "a tag with a letter",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringLike": {"iam:ResourceTag/team": "?*"}}}"#,
        ONE,
    ),
    identity(
        "a tag, chosen",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:ResourceTag/team": "app"}}}"#,
        &[],
    ),
    identity(
        "a tag that the holder sets",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:ResourceTag/team": "app"}}}, {"Effect": "Allow", "Action": "iam:TagRole", "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "a tag that the holder sets where it is set",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:ResourceTag/team": "app"}}}, {"Effect": "Allow", "Action": "iam:TagRole", "Resource": "*", "Condition": {"StringEquals": {"iam:ResourceTag/team": "app"}}}"#,
        &[],
    ),
    identity(
        "a tag that is compared with itself",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:ResourceTag/team": "${iam:ResourceTag/team}"}}}"#,
        ONE,
    ),
    identity(
        "a tag of the caller's team",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"}}}"#,
        &[],
    ),
    identity(
        "a tag of the request",
        r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "app"}}}"#,
        ONE,
    ),
    identity(
        "an id that the caller sends",
        r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringEquals": {"sts:ExternalId": "app"}}}"#,
        ONE,
    ),
    identity(
        "how the caller logged in",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/app:*"}}}"#,
        ONE,
    ),
    identity(
        "a boundary that bounds nothing",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}}}"#,
        ONE,
    ),
    identity(
        "a boundary",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}}}"#,
        &[],
    ),
    identity(
        "a boundary that the holder writes",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}}}, {"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::111122223333:policy/bound*"}"#,
        ONE,
    ),
    identity(
        "a boundary that the holder takes away",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}}}, {"Effect": "Allow", "Action": "iam:DeleteRolePermissionsBoundary", "Resource": "arn:aws:iam::*:role/app-*"}"#,
        ONE,
    ),
    identity(
        "a boundary that the holder may set, and no other",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}}}, {"Effect": "Allow", "Action": "iam:PutRolePermissionsBoundary", "Resource": "arn:aws:iam::*:role/app-*", "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/boundary"}}}"#,
        &[],
    ),
    identity(
        "all of IAM, as a policy to attach",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/IAMFullAccess"}}}"#,
        ONE,
    ),
    identity(
        "policies that the holder makes",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/app-*"}}}, {"Effect": "Allow", "Action": "iam:CreatePolicy", "Resource": "arn:aws:iam::*:policy/app-*"}"#,
        ONE,
    ),
    identity(
        "policies that others make",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/app-*"}}}"#,
        &[],
    ),
    identity(
        "a role of the holder's own making",
        r#"{"Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Resource": "arn:aws:iam::*:role/app-*"}"#,
        &["escalation /Statement/0/Action/0"],
    ),
    identity(
        "rights of a role, and the role to a function",
        r#"{"Effect": "Allow", "Action": ["iam:PutRolePolicy", "iam:PassRole"], "Resource": "arn:aws:iam::*:role/app-*"}"#,
        &["escalation /Statement/0/Action/1"],
    ),
];

#[test]
fn what_conditions_narrow_is_judged_as_known() {
    for table in [PASSED, NARROWED] {
        assert_known(table);
    }
}
