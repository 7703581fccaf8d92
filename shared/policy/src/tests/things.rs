//! Actions, services and things that do not exist or do not go together.

use super::{Known, assert_known, identity};

pub(super) const KNOWN: &[Known] = &[
    identity(
        "a misspelt service",
        r#"{"Effect": "Allow", "Action": "dyanmodb:GetItem", "Resource": "*"}"#,
        &["unknown-service /Statement/0/Action"],
    ),
    identity(
        "a misspelt action",
        r#"{"Effect": "Allow", "Action": ["s3:GetObjects", "s3:ListBucket"], "Resource": "*"}"#,
        &["unknown-action /Statement/0/Action/0"],
    ),
    identity(
        "a pattern of nothing",
        r#"{"Effect": "Allow", "Action": "s3:Fetch*", "Resource": "*"}"#,
        &["unknown-action /Statement/0/Action"],
    ),
    identity(
        "an action without a service",
        r#"{"Effect": "Allow", "Action": "GetObject", "Resource": "*"}"#,
        &["action-form /Statement/0/Action"],
    ),
    identity(
        "a wildcard in a service",
        r#"{"Effect": "Allow", "Action": "s*:Get*", "Resource": "*"}"#,
        &["action-form /Statement/0/Action"],
    ),
    identity(
        "an object's action on a bucket",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a"}"#,
        &["resource-type /Statement/0/Action", "resource-type /Statement/0/Resource"],
    ),
    identity(
        "a bucket's action on objects",
        r#"{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]}"#,
        &["resource-type /Statement/0/Resource/1"],
    ),
    identity(
        "an action of no thing",
        r#"{"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0"}"#,
        &["resource-type /Statement/0/Action", "resource-type /Statement/0/Resource"],
    ),
    identity(
        "logs of one group",
        r#"{"Effect": "Allow", "Action": "logs:*", "Resource": "arn:aws:logs:eu-west-1:111122223333:log-group:app:*"}"#,
        &[],
    ),
    identity(
        "everything of one table",
        r#"{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/app"}"#,
        &[],
    ),
    identity(
        "reading a bucket and its objects",
        r#"{"Effect": "Allow", "Action": "s3:Get*", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"]}"#,
        &[],
    ),
    identity(
        "a thing that is no ARN",
        r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "my-bucket/*"}"#,
        &["resource-form /Statement/0/Resource"],
    ),
    identity(
        "a user's own folder",
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::home/${aws:username}/*"}"#,
        &[],
    ),
    identity(
        "an action that was new in 2025",
        r#"{"Effect": "Allow", "Action": "bedrock-agentcore:InvokeAgentRuntime", "Resource": "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/app"}"#,
        &[],
    ),
];

#[test]
fn things_are_judged_as_known() {
    assert_known(KNOWN);
}
