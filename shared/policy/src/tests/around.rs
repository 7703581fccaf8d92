//! Ways around the rules by what patterns reach and denies leave, as a writer of policies might look for them, and the same where they
//! do name what is allowed.

use super::{Known, assert_known, identity};

const ONE: &[&str] = &["escalation /Statement/0/Action"];

/// What patterns reach, by AWS's page on wildcards and on variables.
const REACHED: &[Known] = &[
    identity(
        "every role, a letter at a time",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": ["arn:aws:iam::*:role/a*", "arn:aws:iam::*:role/b*", "arn:aws:iam::*:role/c*", "arn:aws:iam::*:role/d*", "arn:aws:iam::*:role/e*", "arn:aws:iam::*:role/f*", "arn:aws:iam::*:role/g*", "arn:aws:iam::*:role/h*", "arn:aws:iam::*:role/i*", "arn:aws:iam::*:role/j*", "arn:aws:iam::*:role/k*", "arn:aws:iam::*:role/l*", "arn:aws:iam::*:role/m*", "arn:aws:iam::*:role/n*", "arn:aws:iam::*:role/o*", "arn:aws:iam::*:role/p*", "arn:aws:iam::*:role/q*", "arn:aws:iam::*:role/r*", "arn:aws:iam::*:role/s*", "arn:aws:iam::*:role/t*", "arn:aws:iam::*:role/u*", "arn:aws:iam::*:role/v*", "arn:aws:iam::*:role/w*", "arn:aws:iam::*:role/x*", "arn:aws:iam::*:role/y*", "arn:aws:iam::*:role/z*"]}"#,
        ONE,
    ),
    identity(
        "one letter",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/a*"}"#,
        ONE,
    ),
    identity(
        "a letter at a time, a statement each",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/a*"}, {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/b*"}"#,
        ONE,
    ),
    identity(
        "by the length of names",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": ["arn:aws:iam::*:role/?????", "arn:aws:iam::*:role/??????", "arn:aws:iam::*:role/???????", "arn:aws:iam::*:role/????????"]}"#,
        ONE,
    ),
    identity(
        "what is within the names",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/*Role*"}"#,
        ONE,
    ),
    identity(
        "what names end with",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/*-admin"}"#,
        ONE,
    ),
    identity(
        "a pattern of the sort of things",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:r?le/*"}"#,
        ONE,
    ),
    identity(
        "a star for several parts of the ARN",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:*:role/a*"}"#,
        ONE,
    ),
    identity(
        "the account as a variable",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::${aws:PrincipalAccount}:role/*"}"#,
        ONE,
    ),
    identity(
        "a name that the request sets",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/${aws:RequestTag/name}"}"#,
        ONE,
    ),
    identity(
        "a variable with a default",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/${aws:PrincipalTag/none, '*'}"}"#,
        ONE,
    ),
    identity(
        "the caller's own user below any path",
        r#"{"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam::*:user/*/${aws:username}"}"#,
        ONE,
    ),
    identity(
        "all of KMS on all keys",
        r#"{"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:*:*:key/*"}"#,
        &["administrator-service /Statement/0/Action"],
    ),
    identity(
        "all of Organizations on all that it has",
        r#"{"Effect": "Allow", "Action": "organizations:*", "Resource": "arn:aws:organizations::111122223333:*"}"#,
        &["administrator-service /Statement/0/Action"],
    ),
    identity(
        "roles whose names begin with a word",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/app-*"}"#,
        &[],
    ),
    identity(
        "roles below a path",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/app/*"}"#,
        &[],
    ),
    identity(
        "roles whose names begin with a word, below any path",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": ["arn:aws:iam::*:role/*/app-*", "arn:aws:iam::*:role/*/app/*"]}"#,
        &[],
    ),
    identity(
        "roles below any path",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/*/*"}"#,
        ONE,
    ),
    identity(
        "roles of a long name within",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/*ReportsPipeline*"}"#,
        &[],
    ),
    identity(
        "roles of the caller's team",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/${aws:PrincipalTag/team}-*"}"#,
        &[],
    ),
    identity(
        "a star that is written out",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/${*}"}"#,
        &[],
    ),
    identity(
        "every instance, by what all ids begin with",
        r#"{"Effect": "Allow", "Action": "ssm:StartSession", "Resource": "arn:aws:ec2:*:*:instance/i-0*"}"#,
        ONE,
    ),
    identity(
        "every permission set of an instance",
        r#"{"Effect": "Allow", "Action": "sso:PutInlinePolicyToPermissionSet", "Resource": ["arn:aws:sso:::instance/ssoins-1234567890abcdef", "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/*"]}"#,
        ONE,
    ),
];

/// What `NotAction` and `NotResource` leave.
const EXCEPTED: &[Known] = &[
    identity(
        "all but roles of one account",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "NotResource": "arn:aws:iam::999988887777:role/*"}"#,
        &["escalation /Statement/0/Action", "not-resource /Statement/0/NotResource"],
    ),
    identity(
        "all but very long names",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "NotResource": "arn:aws:iam::*:role/????????????????????????????????????????????????????????????*"}"#,
        &["escalation /Statement/0/Action", "not-resource /Statement/0/NotResource"],
    ),
    identity(
        "all but actions of long names",
        r#"{"Effect": "Allow", "NotAction": "*:????????????????????????????????????????????????????????????", "Resource": "*"}"#,
        &[
            "not-action /Statement/0/NotAction",
            "action-form /Statement/0/NotAction",
            "escalation /Statement/0/NotAction",
        ],
    ),
    identity(
        "all but every role",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "NotResource": "arn:aws:iam::*:role/*"}"#,
        &["not-resource /Statement/0/NotResource"],
    ),
];

/// Denies that take less back than they seem to.
const DENIED: &[Known] = &[
    identity(
        "in other letters",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:ROLE/*"}"#,
        ONE,
    ),
    identity(
        "in another partition",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": "arn:aws-cn:iam::*:role/*"}"#,
        ONE,
    ),
    identity(
        "of another partition than the policy's",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws-cn:iam::*:role/*"}, {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/*"}"#,
        ONE,
    ),
    identity(
        "in the policy's partition",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws-cn:iam::*:role/*"}, {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": "arn:aws-cn:iam::*:role/*"}"#,
        &[],
    ),
    identity(
        "on all but a letter at a time",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:PutRolePolicy", "NotResource": ["arn:aws:iam::*:role/a*", "arn:aws:iam::*:role/b*"]}"#,
        ONE,
    ),
    identity(
        "on what is allowed, a letter",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/a*"}, {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::*:role/a*"}"#,
        &[],
    ),
    identity(
        "actions of long names",
        r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}, {"Effect": "Deny", "Action": "????????????????????????????????????????????????????????????*", "Resource": "*"}"#,
        &["escalation /Statement/0/Action", "action-form /Statement/1/Action"],
    ),
    identity(
        "functions in one Region",
        r#"{"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": "*"}, {"Effect": "Deny", "Action": "lambda:UpdateFunctionCode", "Resource": "arn:aws:lambda:eu-west-1:*:function:*"}"#,
        ONE,
    ),
    identity(
        "functions, by a pattern of buckets",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}, {"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "arn:aws:s3:*:*:*"}"#,
        &["escalation /Statement/0/Action", "resource-type /Statement/2/Action", "resource-type /Statement/2/Resource"],
    ),
    identity(
        "functions, by their pattern",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}, {"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "arn:aws:lambda:*:*:function:*"}"#,
        &[],
    ),
    identity(
        "all functions but some",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "Resource": "*"}, {"Effect": "Deny", "Action": "lambda:CreateFunction", "NotResource": "arn:aws:lambda:*:*:function:app-*"}"#,
        ONE,
    ),
    identity(
        "what an allow excepts",
        r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}, {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"], "NotResource": "arn:aws:s3:::a"}, {"Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "arn:aws:s3:::a"}"#,
        &[
            "escalation /Statement/0/Action",
            "not-resource /Statement/1/NotResource",
            "resource-type /Statement/2/Action",
            "resource-type /Statement/2/Resource",
        ],
    ),
];

/// A policy of thousands of patterns is judged without comparing each with each: what it denies is not believed.
#[test]
fn more_things_than_iam_takes_are_not_compared() {
    let roles = |many: u32| {
        let letters = |it: u32| {
            let second = char::from(b'a' + u8::try_from(it % 26).unwrap());
            ['a', 'b'].map(|first| format!(r#""arn:aws:iam::*:role/{first}{second}*""#))
        };
        (0..many).flat_map(letters).collect::<Vec<_>>().join(", ")
    };
    let found = |many: u32| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": [{0}]}}, {{"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": [{0}]}}]}}"#,
            roles(many)
        );
        super::told(&super::judged(crate::Kind::Identity, &text))
    };
    assert_eq!(found(26), [""; 0]);
    assert_eq!(found(1_000), ["size", "escalation /Statement/0/Action"]);
}

#[test]
fn what_patterns_reach_is_judged_as_known() {
    for table in [REACHED, EXCEPTED, DENIED] {
        assert_known(table);
    }
}
