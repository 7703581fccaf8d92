//! Rights that lead to more rights, and the same rights where they do not.

use super::{Known, assert_known, identity};
use crate::ways::{PASS_ROLE, WAYS};

const PASS: &[&str] = &["escalation /Statement/0/Action/0"];
const ONE: &[&str] = &["escalation /Statement/0/Action"];

pub(super) const KNOWN: &[Known] = &[
    identity("keys of every user", r#"{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}"#, ONE),
    identity(
        "keys of every user, by a pattern",
        r#"{"Effect": "Allow", "Action": "iam:Create?ccessK*", "Resource": "arn:aws:iam::111122223333:user/*"}"#,
        ONE,
    ),
    identity(
        "own keys",
        r#"{"Effect": "Allow", "Action": ["iam:CreateAccessKey", "iam:DeleteAccessKey"], "Resource": "arn:aws:iam::*:user/${aws:username}"}"#,
        &[],
    ),
    identity(
        "everything that can be done to the groups of one path",
        r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::111122223333:group/contractors/*"}"#,
        &[],
    ),
    identity(
        "everything that can be done to the users of one path",
        r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::111122223333:user/contractors/*"}"#,
        ONE,
    ),
    identity(
        "a task that is there, run with another role and another command",
        r#"{"Effect": "Allow", "Action": ["iam:PassRole", "ecs:RunTask"], "Resource": "*"}"#,
        PASS,
    ),
    identity(
        "a job that is there, with another command",
        r#"{"Effect": "Allow", "Action": "batch:SubmitJob", "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "jobs of one definition in one queue",
        r#"{"Effect": "Allow", "Action": "batch:SubmitJob", "Resource": ["arn:aws:batch:eu-west-1:111122223333:job-definition/nightly:*", "arn:aws:batch:eu-west-1:111122223333:job-queue/nightly"]}"#,
        &[],
    ),
    identity(
        "own policies",
        r#"{"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam::*:user/${aws:username}"}"#,
        ONE,
    ),
    identity(
        "another case of letters",
        r#"{"Effect": "Allow", "Action": "IAM:attachrolepolicy", "Resource": "*"}"#,
        ONE,
    ),
    identity(
        "named policies only",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}}"#,
        &[],
    ),
    identity(
        "by a call of one's own, which every call can be",
        r#"{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*", "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}"#,
        ONE,
    ),
    identity(
        "policies of every account, and AWS's with them",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::*:policy/*"}}}"#,
        ONE,
    ),
    identity(
        "every role whose name has a letter",
        r#"{"Effect": "Allow", "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": ["arn:aws:iam::*:role/?*", "arn:aws:lambda:*:*:function:*"]}"#,
        PASS,
    ),
    identity(
        "every policy but one",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": {"ArnNotEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}}}"#,
        ONE,
    ),
    identity(
        "denied again",
        r#"{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*AccessKey", "Resource": "*"}"#,
        &[],
    ),
    identity(
        "denied without a second factor only",
        r#"{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#,
        ONE,
    ),
    identity(
        "denied on one user only",
        r#"{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "arn:aws:iam::111122223333:user/admin"}"#,
        ONE,
    ),
    identity(
        "denied in one account only",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::999988887777:role/*"}"#,
        ONE,
    ),
    identity(
        "denied in every account",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:AttachRolePolicy", "Resource": "arn:aws:iam::*:role/*"}"#,
        &[],
    ),
    identity(
        "denied on all but every role",
        r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "NotResource": "arn:aws:iam::*:role/?*"}"#,
        ONE,
    ),
    identity(
        "denied on all but one user",
        r#"{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "NotResource": "arn:aws:iam::111122223333:user/ci"}"#,
        &[],
    ),
    identity(
        "every role to an instance",
        r#"{"Effect": "Allow", "Action": ["iam:PassRole", "ec2:RunInstances"], "Resource": "*"}"#,
        PASS,
    ),
    identity(
        "over two statements",
        r#"{"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "arn:aws:iam::111122223333:role/*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        PASS,
    ),
    identity(
        "one role to a function",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}"#,
        &[],
    ),
    identity(
        "every role, to another service",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "rds.amazonaws.com"}}}, {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}"#,
        &[],
    ),
    identity(
        "every role, to that very service",
        r#"{"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": ["ec2.amazonaws.com"]}}}, {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}"#,
        PASS,
    ),
    identity(
        "denied to be passed to anything else",
        r#"{"Effect": "Allow", "Action": ["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"], "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringNotEquals": {"iam:PassedToService": "rds.amazonaws.com"}}}"#,
        &[],
    ),
    identity("passing alone", r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}"#, &[]),
    identity("instances without passing", r#"{"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}"#, &[]),
    identity(
        "every role assumed",
        r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/*"}"#,
        ONE,
    ),
    identity(
        "one role assumed",
        r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/deploy"}"#,
        &[],
    ),
    identity(
        "code of every function",
        r#"{"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": "arn:aws:lambda:*:*:function:*"}"#,
        ONE,
    ),
    identity(
        "code of one function",
        r#"{"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:app"}"#,
        &[],
    ),
    identity("commands on every instance", r#"{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*"}"#, ONE),
    identity(
        "one document on every instance",
        r#"{"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": ["arn:aws:ssm:*:*:document/AWS-RunPatchBaseline", "arn:aws:ec2:*:*:instance/*"]}"#,
        &[],
    ),
    identity(
        "a role's policy, and that role",
        r#"{"Effect": "Allow", "Action": ["iam:PutRolePolicy", "sts:AssumeRole"], "Resource": "arn:aws:iam::111122223333:role/app"}"#,
        PASS,
    ),
    identity(
        "keys of an instance that restarts",
        r#"{"Effect": "Allow", "Action": ["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"], "Resource": "*"}"#,
        PASS,
    ),
    identity(
        "stopping and starting",
        r#"{"Effect": "Allow", "Action": ["ec2:StopInstances", "ec2:StartInstances"], "Resource": "*"}"#,
        &[],
    ),
    identity(
        "instances of one project",
        r#"{"Effect": "Allow", "Action": "ssm:StartSession", "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": {"StringEquals": {"ssm:resourceTag/project": "app"}}}"#,
        &[],
    ),
];

#[test]
fn escalations_are_judged_as_known() {
    assert_known(KNOWN);
}

/// A name that AWS does not have would open no way.
#[test]
fn every_way_is_of_actions_that_exist() {
    let ways = WAYS.iter().copied().flatten();
    let needs = ways.flat_map(|way| way.needs.iter().map(|need| (way.id, need))).chain([("", &PASS_ROLE)]);
    for (id, need) in needs {
        let (prefix, name) = need.action.split_once(':').unwrap();
        let service = crate::actions::service(prefix).unwrap_or_else(|| panic!("{id}: no service {prefix}"));
        let action = service
            .clone()
            .every_action()
            .find(|it| it.name() == name)
            .unwrap_or_else(|| panic!("{id}: no {}", need.action));
        for arn in need.on {
            let is_of_it = action.types().any(|it| crate::pattern::meet(it, arn));
            assert!(is_of_it, "{id}: {} is not about {arn}", need.action);
        }
    }
}

/// Each way is found where a policy opens it and nothing else.
#[test]
fn every_way_is_found() {
    for way in WAYS.iter().copied().flatten() {
        let passed = (!way.service.is_empty()).then_some(PASS_ROLE.action);
        let actions: Vec<_> = passed.into_iter().chain(way.needs.iter().map(|it| it.action)).collect();
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": ["{}"], "Resource": "*"}}}}"#,
            actions.join(r#"", ""#)
        );
        let verdict = super::judged(crate::Kind::Identity, &text);
        let is_found = verdict.findings.iter().any(|it| it.rule == "escalation");
        assert!(is_found, "{}: {:?}", way.id, verdict.findings);
    }
}
