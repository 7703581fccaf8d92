//! What a role allows is what its function asks of AWS in its stories: no less, or it fails once it is deployed, and no
//! more, or it is trusted for nothing.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use local_aws::Call;
use reaction::{Mode, Outcome};
use serde_json::{Map, Value, json};

use super::keys::is_of_the_stacks_key;
use super::template::Template;
use crate::promises::checks::Checked;
use crate::world::scene::{Scene, Story};
use crate::world::{AUDIT, AWS, GRANTS, LEDGER};

/// What Lambda itself does in the name of a function: its log and its traces.
const OF_THE_PLATFORM: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// And where what failed is kept.
const OF_FAILURES: [&str; 1] = ["sqs:SendMessage"];

/// And where a queue feeds it.
const OF_A_QUEUE: [&str; 3] = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];

/// And where it may act in other accounts: entering them, and asking whose they are.
const OF_OTHER_ACCOUNTS: [&str; 4] =
    ["organizations:DescribeAccount", "organizations:ListParents", "sts:AssumeRole", "sts:SetSourceIdentity"];

/// And where it joins a network.
const OF_A_NETWORK: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// And what acting in other accounts begins with; what follows is allowed by the roles there.
const OF_MEMBERS: [&str; 2] = ["sts:AssumeRole", "sts:SetSourceIdentity"];

/// The functions of whose transactions none deletes anything.
const DELETING_NOTHING: [&str; 1] = ["report-patches"];

/// What this template promises beside what the function asks for in its stories.
fn of_the_platform(template: &Template) -> BTreeSet<&'static str> {
    let mut needed = BTreeSet::from(OF_THE_PLATFORM);
    if template.json["Parameters"].get("MemberRoleName").is_some() {
        needed.extend(OF_OTHER_ACCOUNTS);
    }
    let invocations = template.resources("AWS::Lambda::EventInvokeConfig");
    if invocations.iter().any(|(_, it)| it.get("DestinationConfig").is_some()) {
        needed.extend(OF_FAILURES);
    }
    if !template.resources("AWS::Lambda::EventSourceMapping").is_empty() {
        needed.extend(OF_A_QUEUE);
    }
    if template.resources("AWS::Lambda::Function").iter().any(|(_, it)| it.get("VpcConfig").is_some()) {
        needed.extend(OF_A_NETWORK);
    }
    if ["MemberRoleArns", "FleetRoleName"].iter().any(|it| template.json["Parameters"].get(it).is_some()) {
        needed.extend(OF_MEMBERS);
    }
    needed
}

/// Asserts that an IAM engine that is not ours allows each call that was made since by the role in the function's template: this
/// action, on this resource, under these conditions.
async fn assert_allowed<S: Scene>(scene: &S, before: usize) {
    let mut calls = AWS.calls_since(&scene.world().account, before);
    calls.retain(|call| !scene.is_by_what_the_event_brought(call));
    let mut parameters = parameters_of(scene);
    if calls.iter().any(|call| call.operation == "GetParameter") {
        parameters["Manifest"] = json!("ssm:/share");
    }
    let told: Vec<_> = calls.iter().map(Call::to_iam).collect();
    let denials = AWS.ask_iam((&Template::read(S::FUNCTION).json, "Role"), &parameters, &told).await.unwrap();
    for (call, denial) in calls.iter().zip(denials) {
        // What AWS refused may be what the role forbids: a bucket of another account, a zone that is gone.
        let is_refused = call.status.is_none_or(|status| status >= 400);
        assert!(denial.is_null() || is_refused, "infra/{}.yaml: {denial}: {call:?}", S::FUNCTION);
    }
}

/// What a function's template is given for a scene that is told without being deployed.
fn parameters_of<S: Scene>(scene: &S) -> Value {
    let mut given: Map<String, Value> =
        scene.parameters().into_iter().map(|(name, value)| (name, json!(value))).collect();
    let plans = format!("s3://{}/", scene.world().bucket());
    let tables = [("LedgerTable", LEDGER), ("GrantsTable", GRANTS), ("AuditTable", AUDIT)];
    for (name, value) in tables.into_iter().chain([("StoredPlans", plans.as_str()), ("CopyAutomated", "true")]) {
        given.insert(name.into(), json!(value));
    }
    given.into()
}

/// The actions that an operation needs, where they are not its own name.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
fn actions_of(function: &str, operation: &str) -> Vec<String> {
    match operation {
        // Everybody may ask who they are; no policy can forbid it.
        "sts:GetCallerIdentity" => vec![],
        "s3:ListBuckets" => vec!["s3:ListAllMyBuckets".into()],
        // Route 53 asks EC2 of the VPC in the name of whoever asks for its zones.
        "route53:ListHostedZonesByVPC" => vec![operation.into(), "ec2:DescribeVpcs".into()],
        "s3:HeadObject" => vec!["s3:GetObject".into()],
        "s3:DeleteObjects" => vec!["s3:DeleteObject".into()],
        "s3:ListObjectsV2" => vec!["s3:ListBucket".into()],
        "dynamodb:TransactWriteItems" => {
            let deletion = (!DELETING_NOTHING.contains(&function)).then_some("DeleteItem");
            let parts = ["ConditionCheckItem", "PutItem", "UpdateItem"].into_iter().chain(deletion);
            parts.map(|it| format!("dynamodb:{it}")).collect()
        }
        // Secrets Manager encrypts in the name of whoever asks, where a key of the customer's is used.
        "secretsmanager:GetSecretValue" => vec![operation.into(), "kms:Decrypt".into()],
        "secretsmanager:PutSecretValue" => vec![operation.into(), "kms:Decrypt".into(), "kms:GenerateDataKey".into()],
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-api-permissions-reference.html
        "sqs:SendMessageBatch" => vec!["sqs:SendMessage".into()],
        // RDS tags and encrypts the copy in the name of whoever asks for it.
        "rds:CopyDBSnapshot" | "rds:CopyDBClusterSnapshot" => {
            vec![operation.into(), "rds:AddTagsToResource".into(), "kms:CreateGrant".into()]
        }
        operation => vec![operation.into()],
    }
}

/// Asserts that what was asked of AWS is what the role in this function's template allows.
fn assert_role_fits(function: &str, operations: &[String]) {
    let template = Template::read(function);
    let platform = of_the_platform(&template);
    let needed = operations.iter().flat_map(|it| actions_of(function, it)).filter(|it| !platform.contains(it.as_str()));
    let needed: BTreeSet<String> = needed.collect();
    let mut allowed = allowed_actions(&template);
    for action in platform {
        assert!(allowed.remove(action), "infra/{function}.yaml: the role lacks {action}, which its template promises");
    }
    let (missing, idle) = (&needed - &allowed, &allowed - &needed);
    assert!(missing.is_empty(), "infra/{function}.yaml: the role lacks what the function asks for: {missing:?}");
    assert!(idle.is_empty(), "infra/{function}.yaml: the role allows what no story of the function needs: {idle:?}");
}

/// What the role may do of its own accord. The key of the stack it may use in its name only, which `keys` looks at.
fn allowed_actions(template: &Template) -> BTreeSet<String> {
    let statements = template.statements().into_iter().filter(|it| !is_of_the_stacks_key(it));
    statements.flat_map(|statement| texts(&statement["Action"])).collect()
}

/// The texts of what may be one or many.
pub fn texts(one_or_many: &Value) -> Vec<String> {
    let texts = one_or_many.as_array().map_or(std::slice::from_ref(one_or_many), Vec::as_slice);
    texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// What the sample asks for where there is this before.
async fn operations_where<S: Scene>(given: S::Given, sample: &str) -> Vec<String> {
    let scene = S::set_up(&S::with_tables(&given), sample).await;
    let before = scene.world().calls();
    scene.hear(Mode::Apply).await;
    assert_allowed(&scene, before).await;
    scene.world().operations_since(before)
}

/// What all of these samples ask for, where there is this before each.
pub async fn operations_of_all<S: Scene>(samples: impl IntoIterator<Item = (S::Given, &str)>) -> Vec<String> {
    let told = stream::iter(samples).map(|(given, sample)| operations_where::<S>(given, sample));
    // A few at a time: a call that waits too long for the local AWS would be made twice, or not at all.
    told.buffered(4).collect::<Vec<_>>().await.concat()
}

/// Without the table of grants the audit says how records stand: what is asked for then, where the story is about something that two
/// accounts gain, of which the manifest `one_fewer` names one.
pub async fn operations_where_grants_were_lost<S: Scene>(story: &Story<S>, one_fewer: &str) -> Vec<String> {
    let scene = S::set_up(&S::with_tables(&story.given), story.sample).await;
    scene.hear(Mode::Apply).await;
    scene.world().lose_grants().await;
    scene.world().lose_ledger().await;
    scene.world().put_manifest(one_fewer).await;
    let before = scene.world().calls();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    assert_allowed(&scene, before).await;
    scene.world().operations_since(before)
}

/// Asserts that what a function asks for in its stories, and beside them, is what its role allows.
pub async fn assert_stories_fit<S: Checked>() {
    let stories = S::stories_of_the_role().into_iter().map(|story| (story.given, story.sample));
    let told = operations_of_all::<S>(stories).await;
    assert_role_fits(S::FUNCTION, &[told, S::operations_beside_the_stories().await].concat());
}

/// What was written there once, no function takes away.
#[test]
fn no_role_may_take_anything_from_the_audit() {
    for template in Template::all() {
        for (id, role) in template.resources("AWS::IAM::Role") {
            let policies = role["Policies"].as_array().into_iter().flatten();
            let policies = policies.map(|it| it.pointer("/Fn::If/1").unwrap_or(it));
            let statements = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
            for statement in statements.filter(|it| it["Resource"].to_string().contains("AuditTable")) {
                let actions = texts(&statement["Action"]);
                let is_harmless =
                    |it: &String| ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:GetItem"].contains(&it.as_str());
                assert!(actions.iter().all(is_harmless), "infra/{}.yaml: {id} may {actions:?}", template.name);
            }
        }
    }
}
