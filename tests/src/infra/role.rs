//! What a role allows is what its function asks of AWS in its stories: no less, or it fails once it is deployed, and no
//! more, or it is trusted for nothing.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use local_aws::Call;
use reaction::{Mode, Outcome};
use serde_json::{Map, Value, json};

use super::template::Template;
use crate::scene::{Scene, Story};
use crate::world::{AUDIT, AWS, GRANTS, LEDGER};
use crate::{
    emr_dns, react_org_change, reconcile_shares, rotate_bearer_token, rotate_db_user, share_ebs_snapshot,
    share_rds_snapshot, stories,
};

/// What Lambda itself does in the name of a function: its log and its traces.
const OF_THE_PLATFORM: [&str; 4] =
    ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTelemetryRecords", "xray:PutTraceSegments"];

/// And where what failed is kept.
const OF_FAILURES: [&str; 1] = ["sqs:SendMessage"];

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
    if template.resources("AWS::Lambda::Function").iter().any(|(_, it)| it.get("VpcConfig").is_some()) {
        needed.extend(OF_A_NETWORK);
    }
    if template.json["Parameters"].get("MemberRoleArns").is_some() {
        needed.extend(OF_MEMBERS);
    }
    needed
}

/// Asserts that an IAM engine that is not ours allows each call that was made since by the role in the function's template: this
/// action, on this resource, under these conditions.
async fn assert_allowed<S: Scene>(scene: &S, before: usize) {
    let calls: Vec<_> = AWS.calls(&scene.world().account).into_iter().skip(before).collect();
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
fn actions_of(operation: &str) -> Vec<String> {
    match operation {
        // Everybody may ask who they are; no policy can forbid it.
        "sts:GetCallerIdentity" => vec![],
        "s3:ListBuckets" => vec!["s3:ListAllMyBuckets".into()],
        // Route 53 asks EC2 of the VPC in the name of whoever asks for its zones.
        "route53:ListHostedZonesByVPC" => vec![operation.into(), "ec2:DescribeVpcs".into()],
        "s3:HeadObject" => vec!["s3:GetObject".into()],
        "dynamodb:TransactWriteItems" => {
            ["ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem"].map(|it| format!("dynamodb:{it}")).into()
        }
        // Secrets Manager encrypts in the name of whoever asks, where a key of the customer's is used.
        "secretsmanager:GetSecretValue" => vec![operation.into(), "kms:Decrypt".into()],
        "secretsmanager:PutSecretValue" => vec![operation.into(), "kms:Decrypt".into(), "kms:GenerateDataKey".into()],
        // RDS tags and encrypts the copy in the name of whoever asks for it.
        "rds:CopyDBSnapshot" | "rds:CopyDBClusterSnapshot" => {
            vec![operation.into(), "rds:AddTagsToResource".into(), "kms:CreateGrant".into()]
        }
        operation => vec![operation.into()],
    }
}

/// Asserts that what was asked of AWS is what the role in this function's template allows.
fn assert_role_fits(function: &str, operations: &[String]) {
    let needed: BTreeSet<String> = operations.iter().flat_map(|it| actions_of(it)).collect();
    let template = Template::read(function);
    let mut allowed = allowed_actions(&template);
    for action in of_the_platform(&template) {
        assert!(allowed.remove(action), "infra/{function}.yaml: the role lacks {action}, which its template promises");
    }
    let (missing, idle) = (&needed - &allowed, &allowed - &needed);
    assert!(missing.is_empty(), "infra/{function}.yaml: the role lacks what the function asks for: {missing:?}");
    assert!(idle.is_empty(), "infra/{function}.yaml: the role allows what no story of the function needs: {idle:?}");
}

fn allowed_actions(template: &Template) -> BTreeSet<String> {
    template.statements().iter().flat_map(|statement| texts(&statement["Action"])).collect()
}

/// The texts of what may be one or many.
pub fn texts(one_or_many: &Value) -> Vec<String> {
    let texts = one_or_many.as_array().map_or(std::slice::from_ref(one_or_many), Vec::as_slice);
    texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

async fn operations_of<S: Scene>(story: Story<S>) -> Vec<String> {
    operations_where::<S>(story.given, story.sample).await
}

/// What the sample asks for where there is this before.
async fn operations_where<S: Scene>(given: S::Given, sample: &str) -> Vec<String> {
    let scene = S::set_up(&S::with_tables(&given), sample).await;
    let before = scene.world().calls();
    scene.hear(Mode::Apply).await;
    assert_allowed(&scene, before).await;
    scene.world().operations_since(before)
}

/// What all of these ask for.
async fn operations_of_all<S: Scene>(stories: Vec<Story<S>>) -> Vec<String> {
    // A few at a time: a call that waits too long for the local AWS would be made twice, or not at all.
    let told: Vec<_> = stream::iter(stories).map(operations_of).buffered(4).collect().await;
    told.concat()
}

/// Without the table of grants the audit says how records stand.
async fn operations_where_grants_were_lost<S: Scene>(story: &Story<S>, one_fewer: &str) -> Vec<String> {
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

/// Asserts that what the stories of a function that shares ask for is what its role allows; the first one is about something
/// that two accounts gain, of which `one_fewer` names one.
async fn assert_stories_fit<S: Scene>(stories: Vec<Story<S>>, one_fewer: &str) {
    let lost = operations_where_grants_were_lost(&stories[0], one_fewer).await;
    assert_role_fits(S::FUNCTION, &[operations_of_all(stories).await, lost].concat());
}

#[tokio::test]
async fn the_role_of_share_ami_allows_what_its_stories_ask_for_and_nothing_else() {
    let one_fewer = r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012"]}}}"#;
    assert_stories_fit(stories::all(), one_fewer).await;
}

#[tokio::test]
async fn the_role_of_share_rds_snapshot_allows_what_its_stories_ask_for_and_nothing_else() {
    let one_fewer = r#"{"rds": {"base-db-v": {"eu-west-1": ["123456789012"]}}}"#;
    assert_stories_fit(share_rds_snapshot::stories::all(), one_fewer).await;
}

#[tokio::test]
async fn the_role_of_share_ebs_snapshot_allows_what_its_stories_ask_for_and_nothing_else() {
    let one_fewer = r#"{"ebs": {"data-": {"eu-west-1": ["123456789012"]}}}"#;
    assert_stories_fit(share_ebs_snapshot::stories::all(), one_fewer).await;
}

#[tokio::test]
async fn the_role_of_reconcile_shares_allows_what_its_stories_ask_for_and_nothing_else() {
    let one_fewer = r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012"]}}}"#;
    assert_stories_fit(reconcile_shares::stories::all(), one_fewer).await;
}

#[tokio::test]
async fn the_role_of_react_org_change_allows_what_its_stories_ask_for_and_nothing_else() {
    let given = react_org_change::Given::MovedOut;
    let scene = react_org_change::Scene::set_up(&given, "an-account-was-moved-out-of-the-unit").await;
    scene.hear(Mode::Apply).await;
    scene.world().lose_grants().await;
    scene.world().lose_ledger().await;
    scene.move_member(true).await;
    let before = scene.world().calls();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let lost = scene.world().operations_since(before);
    let told = operations_of_all(react_org_change::stories::all()).await;
    assert_role_fits("react-org-change", &[told, lost].concat());
}

/// Where no zones are named, the function lists them all, which no deployed one does: the template always names some.
#[tokio::test]
async fn the_role_of_emr_dns_allows_what_its_stories_ask_for_and_nothing_else() {
    let mut stories = emr_dns::all();
    stories.retain(|story| !story.given.variables.contains(&("SIGNALBOX_DNS_ZONES", "")));
    assert_role_fits("emr-dns", &operations_of_all(stories).await);
}

/// Asserts that what rotations ask for is what the role allows: each sample, and what else may happen to one.
async fn assert_rotations_fit<S: Scene>(stories: Vec<Story<S>>, further: Vec<(S::Given, &str)>) {
    let further: Vec<_> =
        stream::iter(further).map(|(given, sample)| operations_where::<S>(given, sample)).buffered(4).collect().await;
    assert_role_fits(S::FUNCTION, &[operations_of_all(stories).await, further.concat()].concat());
}

#[tokio::test]
async fn the_role_of_rotate_bearer_token_allows_what_rotations_ask_for_and_nothing_else() {
    assert_rotations_fit(rotate_bearer_token::stories::all(), rotate_bearer_token::stories::further()).await;
}

#[tokio::test]
async fn the_role_of_rotate_db_user_allows_what_rotations_ask_for_and_nothing_else() {
    assert_rotations_fit(rotate_db_user::stories::all(), rotate_db_user::stories::further()).await;
}

/// What was written there once, no function takes away.
#[test]
fn no_role_may_take_anything_from_the_audit() {
    for template in Template::all() {
        for (id, role) in template.resources("AWS::IAM::Role") {
            let policies = role["Policies"].as_array().unwrap().iter();
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
