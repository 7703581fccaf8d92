//! What a role allows ends where its template says: one step outside of each resource and of each condition, an IAM engine that is
//! not ours denies the call. Widening a resource, or dropping a condition, fails here.

use serde_json::{Map, Value, json};

use super::keys::KEY;
use super::role::texts;
use super::template::Template;
use crate::world::AWS;

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";
const ORGANIZATION: &str = "o-exampleorgid";

/// Actions for which AWS knows no resource, or for which a role needs every one. Any other action names what it is about.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const OF_ANY_RESOURCE: [&str; 35] = [
    "access-analyzer:ValidatePolicy",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "codepipeline:PutJobFailureResult",
    "codepipeline:PutJobSuccessResult",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRegions",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:UnassignPrivateIpAddresses",
    "elasticmapreduce:ListClusters",
    "organizations:DescribeAccount",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListParents",
    "rds:DescribeDBSnapshots",
    "route53:ListHostedZonesByVPC",
    "s3:ListAllMyBuckets",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:ListSecrets",
    "ssm:DescribeInstanceInformation",
    "ssm:DescribeInstancePatchStates",
    "ssm:DescribeInstancePatches",
    "ssm:DescribeMaintenanceWindows",
    "ssm:DescribePatchGroups",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// What no role of a function may do: the action, the resource, and what IAM is told beside them.
fn forbidden() -> Vec<(&'static str, String, Value)> {
    let table = |name: &str| format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/{name}");
    let keys = |keys: &[&str]| json!({"dynamodb:LeadingKeys": keys});
    let zone = "arn:aws:route53:::hostedzone/Z1".to_owned();
    let change = |record: &str, action: &str| {
        json!({
            "route53:ChangeResourceRecordSetsRecordTypes": [record],
            "route53:ChangeResourceRecordSetsActions": [action],
        })
    };
    let snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-1".to_owned();
    let member = format!("arn:aws:iam::{OTHER}:role/signalbox-member");
    let bucket = "arn:aws:s3:::com-example-data".to_owned();
    let secret = format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:app-AbCdEf");
    vec![
        ("ec2:ModifySnapshotAttribute", snapshot, json!({"ec2:Add/group": "all"})),
        ("dynamodb:Scan", table("signalbox-ledger"), json!({})),
        ("dynamodb:Scan", table("signalbox-audit"), json!({})),
        ("dynamodb:PutItem", table("signalbox-ledger"), keys(&["another#1"])),
        ("dynamodb:PutItem", table("signalbox-ledger"), json!({})),
        ("dynamodb:PutItem", table("signalbox-grants"), keys(&["arn:aws:iam::111122223333:role/admin"])),
        ("dynamodb:PutItem", table("signalbox-audit"), json!({})),
        ("dynamodb:DeleteItem", table("signalbox-audit"), keys(&["arn:aws:ec2:eu-west-1::image/ami-1"])),
        ("dynamodb:UpdateItem", table("signalbox-audit"), keys(&["arn:aws:ec2:eu-west-1::image/ami-1"])),
        ("dynamodb:PutItem", table("customers"), keys(&["share-ami#1"])),
        ("route53:ChangeResourceRecordSets", zone.clone(), change("A", "CREATE")),
        ("route53:ChangeResourceRecordSets", zone.clone(), change("CNAME", "UPSERT")),
        ("route53:ChangeResourceRecordSets", zone, json!({})),
        ("sts:AssumeRole", member.clone(), json!({"aws:ResourceOrgID": "o-anotherorgid"})),
        ("sts:AssumeRole", member, json!({})),
        ("sts:AssumeRole", format!("arn:aws:iam::{OTHER}:role/admin"), json!({"aws:ResourceOrgID": ORGANIZATION})),
        ("s3:PutBucketPolicy", bucket, json!({"aws:ResourceAccount": OTHER})),
        ("s3:GetObject", "arn:aws:s3:::com-example-data/customers.csv".into(), json!({"aws:ResourceAccount": ACCOUNT})),
        ("secretsmanager:GetSecretValue", format!("{secret}x"), json!({"aws:ResourceAccount": ACCOUNT})),
        ("secretsmanager:PutSecretValue", secret.replace(ACCOUNT, OTHER), json!({"aws:ResourceAccount": OTHER})),
        ("iam:PassRole", format!("arn:aws:iam::{ACCOUNT}:role/admin"), json!({})),
    ]
}

/// What none may do about patches: install them, forge a report, or write what is of another account.
fn forbidden_of_patches() -> Vec<(&'static str, String, Value)> {
    let bus = format!("arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/default");
    let document = "arn:aws:ssm:eu-west-1::document/AWS-RunPatchBaseline".to_owned();
    let instance = format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0123456789abcdef0");
    let table = format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/signalbox-patches");
    let of = |source: &str, kind: &str| json!({"events:source": source, "events:detail-type": kind});
    vec![
        ("ssm:SendCommand", document, json!({})),
        ("ssm:SendCommand", instance.clone(), json!({})),
        ("ec2:RebootInstances", instance, json!({})),
        ("events:PutEvents", bus.clone(), of("aws.ssm", "Signalbox Patch Report")),
        ("events:PutEvents", bus, of("signalbox", "Another Report")),
        ("dynamodb:DeleteItem", table.clone(), json!({"dynamodb:LeadingKeys": [format!("{ACCOUNT}/eu-west-1")]})),
        ("dynamodb:PutItem", table.clone(), json!({"dynamodb:LeadingKeys": [format!("{OTHER}/eu-west-1")]})),
        ("dynamodb:Scan", table, json!({})),
    ]
}

/// Keys that no role of a function may use in these ways: directly, for another service or region than its stack's, or for good.
fn forbidden_of_keys() -> Vec<(&'static str, String, Value)> {
    vec![
        ("kms:Decrypt", format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"), json!({})),
        ("kms:Decrypt", KEY.into(), json!({})),
        ("kms:Decrypt", KEY.into(), json!({"kms:ViaService": "s3.eu-west-1.amazonaws.com"})),
        ("kms:Decrypt", KEY.into(), json!({"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"})),
        ("kms:CreateGrant", KEY.into(), json!({"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com"})),
    ]
}

/// Policies that no role of a function may read or make: the central denies alone are read, and those below the path are made.
fn forbidden_of_policies() -> Vec<(&'static str, String, Value)> {
    let policy = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let of_central = policy("central-deny-policy-sandbox");
    vec![
        ("iam:GetPolicyVersion", policy("customers"), json!({})),
        ("iam:GetPolicyVersion", format!("{of_central}-2"), json!({})),
        ("iam:CreatePolicyVersion", of_central.clone(), json!({})),
        ("iam:SetDefaultPolicyVersion", of_central, json!({})),
        ("iam:CreatePolicy", policy("customers"), json!({})),
        ("iam:CreatePolicyVersion", policy("signalbox-2/customers"), json!({})),
        ("iam:DeletePolicyVersion", policy("other/signalbox/customers"), json!({})),
        ("iam:DeletePolicy", policy("signalbox/customers"), json!({})),
        ("iam:AttachRolePolicy", format!("arn:aws:iam::{ACCOUNT}:role/signalbox/admin"), json!({})),
    ]
}

/// A role that functions have: their own, or the one that they assume in a member account; or one of a pipeline that invokes them.
struct Role {
    template: Template,
    id: &'static str,
}

/// Every role that functions have.
fn roles() -> Vec<Role> {
    let all = Template::all().into_iter();
    let own = all.filter(Template::is_of_a_function).map(|template| Role { template, id: "Role" });
    let functions = Template::functions_in_members().into_iter();
    own.chain(functions.map(|it| Role { template: Template::of_members(&it), id: "MemberRole" })).collect()
}

/// The roles of the pipeline of policies, in the account that asks and in the security account.
fn roles_of_pipelines() -> Vec<Role> {
    let roles = [
        ("policy-pipeline", "PipelineRole"),
        ("policy-pipeline", "RuleRole"),
        ("policy-pipeline-action", "ActionRole"),
    ];
    roles.map(|(name, id)| Role { template: Template::read(name), id }).into()
}

/// What templates are given here; each takes what it knows.
fn parameters() -> Value {
    let mut given = parameters_of_delivery();
    let others = parameters_beside_delivery();
    given.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    given
}

/// What the templates of `deploy-lambda` are given.
fn parameters_of_delivery() -> Value {
    json!({
        "DeliveryBucket": "signalbox-code",
        "DeliveryKeyArns": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/3"),
        "DeployFunctions": "orders",
        "DeploymentsTable": "signalbox-deployments",
        "FunctionNames": "orders",
        "HookNames": "orders-check",
    })
}

/// What all others are given.
fn parameters_beside_delivery() -> Value {
    let secret = format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:app-AbCdEf");
    let master = format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:master-AbCdEf");
    json!({
        "Manifest": "s3://manifests/share.json",
        "Repositories": "s3://manifests/repositories.json",
        "BucketName": "com-example-mirror",
        "ConnectionArns": format!("arn:aws:codeconnections:eu-west-1:{ACCOUNT}:connection/1"),
        "CodeCommitArns": format!("arn:aws:codecommit:eu-west-1:{ACCOUNT}:templates"),
        "AllowedAccounts": OTHER,
        "StoredPlans": "s3://manifests/plans/",
        "LedgerTable": "signalbox-ledger",
        "PatchesTable": "signalbox-patches",
        "GrantsTable": "signalbox-grants",
        "AuditTable": "signalbox-audit",
        "Accounts": OTHER,
        "MemberRoleName": "signalbox-member",
        "OrganizationId": ORGANIZATION,
        "HostedZoneIds": "Z1",
        "CopyAutomated": "true",
        "SecretArns": secret,
        "MasterSecretArns": master,
        "KmsKeyArns": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"),
        "KmsKeyArn": KEY,
        "SubnetIds": "subnet-0123456789abcdef0",
        "SecurityGroupIds": "sg-0123456789abcdef0",
        "MemberRoleArns": format!("arn:aws:iam::{OTHER}:role/signalbox-rotation"),
        "MemberAccountIds": OTHER,
        "QueueUrl": format!("https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/mirror-repository.fifo"),
        "QueueArn": format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:mirror-repository.fifo"),
        "HubRoleArn": format!("arn:aws:iam::{OTHER}:role/a-function"),
        "SecondOpinion": "access-analyzer",
        "SecurityAccountId": OTHER,
        "PipelineRoleArn": format!("arn:aws:iam::{OTHER}:role/signalbox-policy-pipeline"),
        "PipelineRegion": "eu-west-1",
        "ArtifactBucketName": "signalbox-policy-artifacts",
        "ArtifactKeyArn": format!("arn:aws:kms:eu-west-1:{OTHER}:key/2"),
    })
}

/// What IAM says of each of these calls by the role.
async fn ask(role: &Role, calls: &[(String, String, Value)]) -> Vec<Value> {
    let calls = calls.iter().map(|(action, resource, context)| {
        json!({"account": ACCOUNT, "region": "eu-west-1", "action": action, "resource": resource, "context": context})
    });
    AWS.ask_iam((&role.template.json, role.id), &parameters(), &calls.collect::<Vec<_>>()).await.unwrap()
}

/// What the role says, with everything resolved.
async fn statements(role: &Role) -> Vec<Value> {
    let asked = [json!({"account": ACCOUNT, "region": "eu-west-1"})];
    let answer = AWS.ask_iam((&role.template.json, role.id), &parameters(), &asked).await.unwrap();
    let documents = answer[0].as_array().unwrap_or_else(|| panic!("{}: {answer:?}", role.template.name));
    documents.iter().flat_map(|it| it["Statement"].as_array().unwrap().clone()).collect()
}

/// Keys of conditions, each with a value that meets what templates ask for and one that does not. None: the key is not there.
fn values_of(key: &str, expected: &Value) -> [Value; 2] {
    let first = || sample(texts(expected)[0].as_str());
    match key {
        "dynamodb:LeadingKeys" => [json!([first()]), json!([first(), "another#1"])],
        "route53:ChangeResourceRecordSetsRecordTypes" => [json!(["CNAME"]), json!(["CNAME", "A"])],
        "route53:ChangeResourceRecordSetsActions" => [json!(["CREATE"]), json!(["CREATE", "UPSERT"])],
        "aws:ResourceOrgID" => [json!(ORGANIZATION), json!("o-anotherorgid")],
        "aws:ResourceAccount" => [json!(first()), json!(if first() == ACCOUNT { OTHER } else { ACCOUNT })],
        "events:source" => [json!(first()), json!("aws.ssm")],
        "events:detail-type" => [json!(first()), json!("Another Report")],
        "ec2:Add/group" => [Value::Null, json!("all")],
        "kms:ViaService" if first().starts_with("s3.") => [json!(first()), json!("dynamodb.eu-west-1.amazonaws.com")],
        "kms:ViaService" => [json!(first()), json!("athena.eu-west-1.amazonaws.com")],
        "kms:GrantIsForAWSResource" => [json!("true"), json!("false")],
        "lambda:SourceFunctionArn" => [Value::Null, json!("arn:aws:lambda:eu-west-1:111122223333:function:other")],
        other => panic!("say which values of {other} are inside and outside of what templates ask for"),
    }
}

/// The keys of a statement's condition, each with what is asked of it; `Null` asks only whether a key is there.
fn conditions(statement: &Value) -> Vec<(&str, &Value)> {
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let keys = operators.flat_map(|(operator, keys)| keys.as_object().unwrap().iter().map(move |it| (operator, it)));
    let all: Vec<_> = keys.map(|(operator, (key, value))| (operator.as_str(), key.as_str(), value)).collect();
    let is_asked_otherwise = |key: &str| all.iter().any(|(operator, other, _)| *operator != "Null" && *other == key);
    let kept = all.iter().filter(|(operator, key, _)| *operator != "Null" || !is_asked_otherwise(key));
    kept.map(|(_, key, value)| (*key, *value)).collect()
}

/// A text that a pattern matches.
fn sample(pattern: &str) -> String {
    pattern.replace('*', "x")
}

/// ARNs one step outside of a pattern: of another account, of a longer name, of another kind.
fn outside(pattern: &str) -> Vec<String> {
    let parts: Vec<_> = pattern.splitn(6, ':').collect();
    let [arn, partition, service, region, account, rest] = parts[..] else { panic!("{pattern} is not an ARN") };
    let with = |account: &str, rest: &str| sample(&[arn, partition, service, region, account, rest].join(":"));
    let mut found = Vec::new();
    if account == ACCOUNT {
        found.push(with(OTHER, rest));
    }
    if !rest.ends_with('*') {
        found.push(with(account, &format!("{rest}-other")));
    }
    let kind = rest.split(['/', ':']).next().unwrap_or_default();
    if kind != rest && !kind.contains('*') {
        found.push(with(account, &rest.replacen(kind, &format!("other-{kind}"), 1)));
    }
    found
}

#[tokio::test]
async fn a_role_allows_what_its_statements_say_and_nothing_one_step_outside_of_them() {
    for role in roles().into_iter().chain(roles_of_pipelines()) {
        let mut inside = Vec::new();
        let mut beyond = Vec::new();
        for statement in statements(&role).await {
            let meets: Map<String, Value> = conditions(&statement)
                .into_iter()
                .map(|(key, asked)| (key.into(), values_of(key, asked)[0].clone()))
                .collect();
            for (action, resource) in calls_of(&statement) {
                inside.push((action.clone(), sample(&resource), Value::Object(meets.clone())));
                if resource != "*" {
                    let others = outside(&resource).into_iter();
                    beyond.extend(others.map(|other| (action.clone(), other, Value::Object(meets.clone()))));
                }
                for (key, asked) in conditions(&statement) {
                    let mut broken = meets.clone();
                    broken.insert(key.into(), values_of(key, asked)[1].clone());
                    beyond.push((action.clone(), sample(&resource), Value::Object(broken)));
                }
            }
        }
        for (call, said) in inside.iter().zip(ask(&role, &inside).await) {
            assert!(said.is_null(), "infra/{}.yaml: {call:?}: {said}", role.template.name);
        }
        for (call, said) in beyond.iter().zip(ask(&role, &beyond).await) {
            assert!(!said.is_null(), "infra/{}.yaml allows {call:?}", role.template.name);
        }
    }
}

/// Each action of a statement with each of its resources.
fn calls_of(statement: &Value) -> Vec<(String, String)> {
    let resources = texts(&statement["Resource"]);
    let of = |action: String| resources.iter().map(move |it| (action.clone(), it.clone())).collect::<Vec<_>>();
    texts(&statement["Action"]).into_iter().flat_map(of).collect()
}

#[tokio::test]
async fn only_actions_without_resources_are_allowed_on_everything() {
    for role in roles().into_iter().chain(roles_of_pipelines()) {
        for statement in statements(&role).await {
            for (action, resource) in calls_of(&statement) {
                let is_known = OF_ANY_RESOURCE.contains(&action.as_str());
                assert!(is_known || resource != "*", "infra/{}.yaml: name what {action} is about", role.template.name);
            }
        }
    }
}

#[tokio::test]
async fn what_no_function_may_do_every_role_denies() {
    let forbidden =
        forbidden().into_iter().chain(forbidden_of_keys()).chain(forbidden_of_policies()).chain(forbidden_of_patches());
    let forbidden: Vec<_> = forbidden.map(|(action, on, with)| (action.to_owned(), on, with)).collect();
    for role in roles() {
        // A function that keeps a bucket uses the key of its stack through S3.
        let keeps_bucket = !role.template.resources("AWS::S3::Bucket").is_empty();
        let is_of_bucket =
            |with: &Value| keeps_bucket && with["kms:ViaService"].as_str().is_some_and(|it| it.starts_with("s3."));
        for (call, said) in forbidden.iter().zip(ask(&role, &forbidden).await) {
            assert!(!said.is_null() || is_of_bucket(&call.2), "infra/{}.yaml allows {call:?}", role.template.name);
        }
    }
}

/// Each role of the pipeline does its own part, and none of another's: what would let it round the check is denied, and what it has
/// to name beside the resource is named.
#[tokio::test]
async fn the_roles_of_a_pipeline_reach_no_policy_no_other_function_and_no_other_pipeline() {
    let of_pipeline = |rest: &str| format!("arn:aws:codepipeline:eu-west-1:{ACCOUNT}:{rest}");
    let (artifact, key) = ("arn:aws:s3:::signalbox-policy-artifacts/x", format!("arn:aws:kms:eu-west-1:{OTHER}:key/2"));
    let (theirs, none) = (json!({"aws:ResourceAccount": OTHER}), json!({}));
    let forbidden = [
        ("iam:CreatePolicy", format!("arn:aws:iam::{ACCOUNT}:policy/signalbox/data-readers"), &none),
        ("iam:PassRole", format!("arn:aws:iam::{ACCOUNT}:role/admin"), &none),
        ("sts:AssumeRole", format!("arn:aws:iam::{ACCOUNT}:role/central-account-role"), &none),
        ("sts:AssumeRole", format!("arn:aws:iam::{OTHER}:role/signalbox-policy-{OTHER}-eu-west-1"), &none),
        ("lambda:InvokeFunction", format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:another"), &none),
        ("lambda:UpdateFunctionCode", format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:check-policy"), &none),
        ("codepipeline:PutApprovalResult", of_pipeline("signalbox-policy/Approve/Approve"), &none),
        ("codepipeline:PutJobSuccessResult", "*".into(), &none),
        ("codepipeline:StartPipelineExecution", of_pipeline("another"), &none),
        ("s3:PutObject", "arn:aws:made:::SourceBucket/policy.zip".into(), &theirs),
        ("s3:GetObject", "arn:aws:s3:::com-example-data/customers.csv".into(), &theirs),
        // A bucket of that name that has come to be another account's, and keys in a call that is not S3's.
        ("s3:GetObject", artifact.into(), &json!({"aws:ResourceAccount": ACCOUNT})),
        ("s3:GetObject", artifact.into(), &none),
        ("kms:Decrypt", key, &none),
        ("kms:Decrypt", KEY.into(), &none),
    ];
    let forbidden: Vec<_> = forbidden.map(|(action, on, with)| (action.to_owned(), on, with.clone())).into();
    for role in roles_of_pipelines() {
        for (call, said) in forbidden.iter().zip(ask(&role, &forbidden).await) {
            assert!(!said.is_null(), "infra/{}.yaml: {} allows {call:?}", role.template.name, role.id);
        }
    }
}
