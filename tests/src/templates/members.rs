//! The role that the functions assume in a member account: which roles it trusts, and that it allows each function there what the
//! function's own role allows it in the hub, of what is there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bus::{ACCOUNTS, parameters};
use super::keys::is_of_the_stacks_key;
use super::role::texts;
use super::template::{Template, resolved};
use super::{IN_MEMBERS, ROTATING};

/// What a function does in the hub, on behalf of whichever account: its records, its manifest, its zones, its log, its network,
/// and asking who is in the organization.
const AT_HOME: [&str; 30] = [
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:UnassignPrivateIpAddresses",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "organizations:DescribeAccount",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListParents",
    "route53:ChangeResourceRecordSets",
    "route53:ListResourceRecordSets",
    "s3:GetObject",
    "sqs:SendMessage",
    "ssm:GetParameter",
    "sts:AssumeRole",
    "sts:SetSourceIdentity",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// What it does to what is in the account that the event is of.
const IN_THE_MEMBER: [&str; 42] = [
    "ec2:DescribeImageAttribute",
    "ec2:DescribeImages",
    "ec2:DescribeSnapshotAttribute",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute",
    "ecr:DeleteRepositoryPolicy",
    "ecr:GetRepositoryPolicy",
    "ecr:SetRepositoryPolicy",
    "elasticmapreduce:DescribeCluster",
    "elasticmapreduce:ListClusters",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "kms:PutKeyPolicy",
    "rds:AddTagsToResource",
    "rds:CopyDBClusterSnapshot",
    "rds:CopyDBSnapshot",
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots",
    "rds:DescribeOptionGroups",
    "rds:ModifyDBClusterSnapshotAttribute",
    "rds:ModifyDBSnapshotAttribute",
    "route53:ListHostedZonesByVPC",
    "s3:DeleteBucketPolicy",
    "s3:GetBucketPolicy",
    "s3:ListAllMyBuckets",
    "s3:PutBucketPolicy",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
];

/// One action, on what, under which condition, and by which parameter it is allowed at all.
type Allowed = (String, String, String, String);

/// What statements allow in the account of an event.
fn allowed(function: &str, statements: &[Value]) -> BTreeSet<Allowed> {
    let mut found = BTreeSet::new();
    for statement in statements {
        let parameter = statement.pointer("/Fn::If/0").map(ToString::to_string).unwrap_or_default();
        let statement = statement.pointer("/Fn::If/1").unwrap_or(statement);
        assert_eq!(statement["Effect"], "Allow", "{function}: {statement}");
        // What its stack keeps is in the hub.
        if is_of_the_stacks_key(statement) {
            continue;
        }
        // What Lambda itself asks for joins the function's own network.
        if statement.pointer("/Condition/Null/lambda:SourceFunctionArn").is_some() {
            continue;
        }
        for action in texts(&statement["Action"]) {
            let is_there = IN_THE_MEMBER.contains(&action.as_str());
            assert!(
                is_there != AT_HOME.contains(&action.as_str()),
                "{function}: say in which account it asks for {action}"
            );
            if is_there {
                let condition = condition_of(&action, statement).to_string();
                found.insert((action, statement["Resource"].to_string(), condition, parameter.clone()));
            }
        }
    }
    found
}

/// Its condition. That a secret is of one's own account, its ARN says where it is named.
fn condition_of(action: &str, statement: &Value) -> Value {
    let own_account = json!({"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}});
    let condition = statement.get("Condition").cloned().unwrap_or_default();
    if action.starts_with("secretsmanager:") && condition == own_account { Value::Null } else { condition }
}

/// The statements of a role's policies, each as it stands: of which policy, and what.
fn statements_of(role: &Value) -> Vec<(String, Value)> {
    let policies = role["Policies"].as_array().unwrap().iter();
    let policies = policies.map(|it| it.pointer("/Fn::If/1").unwrap_or(it));
    let of = |policy: &Value| {
        let name = policy["PolicyName"].as_str().unwrap().to_owned();
        let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap().clone();
        statements.into_iter().map(move |it| (name.clone(), it))
    };
    policies.flat_map(of).collect()
}

fn member_role() -> Value {
    Template::read("member-account").json["Resources"]["MemberRole"]["Properties"].clone()
}

/// The functions that may act in other accounts, by their templates.
fn functions() -> Vec<Template> {
    let acts_elsewhere = |it: &Template| {
        ["MemberRoleName", "MemberRoleArns"].iter().any(|name| it.json["Parameters"].get(name).is_some())
    };
    let mut functions = Template::all();
    functions.retain(|it| !it.resources("AWS::Lambda::Function").is_empty() && acts_elsewhere(it));
    functions
}

/// Both ways, for every function that there is: one that does something in the account of its event is in the role.
#[test]
fn the_role_allows_a_function_in_a_member_what_its_own_role_allows_it_in_the_hub() {
    let there = statements_of(&member_role());
    let mut told = BTreeSet::new();
    for template in functions() {
        let (_, role) = template.resources("AWS::IAM::Role")[0];
        let own: Vec<_> = statements_of(role).into_iter().map(|(_, it)| it).collect();
        let of_function = there.iter().filter(|(policy, _)| *policy == template.name);
        let of_function: Vec<_> = of_function.map(|(_, statement)| statement.clone()).collect();
        let mut expected = allowed(&template.name, &own);
        // Where the hub's own secrets have no master, the function's template has no such parameter to ask.
        let is_optional = |it: &Allowed| it.1.contains("MasterSecretArns");
        let optional: Vec<_> = expected.extract_if(.., is_optional).collect();
        expected.extend(optional.into_iter().map(|it| (it.0, it.1, it.2, "\"HasMasterSecrets\"".into())));
        assert_eq!(allowed(&template.name, &of_function), expected, "{}", template.name);
        told.extend((!expected.is_empty()).then(|| template.name.clone()));
    }
    let known: BTreeSet<_> = there.into_iter().map(|(policy, _)| policy).collect();
    assert_eq!(known, told, "a policy of the role is of a function");
}

/// Nothing is allowed unless it was asked for, function by function.
#[test]
fn each_function_may_be_left_out() {
    let Template { json, .. } = Template::read("member-account");
    let role = member_role();
    let conditions = role["Policies"].as_array().unwrap().iter().map(|it| &it["Fn::If"]);
    let mut left_out = BTreeSet::new();
    for parts in conditions.map(|it| it.as_array().unwrap()) {
        let [Value::String(condition), policy, no_value] = &parts[..] else { panic!("{parts:?}") };
        assert_eq!(no_value, &json!({"Ref": "AWS::NoValue"}));
        let function = policy["PolicyName"].as_str().unwrap();
        let words = function.split('-').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]));
        let parameter: String = words.collect();
        assert_eq!(json["Parameters"][&parameter]["Default"], "No", "{function}");
        let is_asked_for = json!({"Fn::Equals": [{"Ref": parameter}, "Yes"]});
        assert_eq!(json["Conditions"][format!("Has{parameter}")], is_asked_for, "{function}");
        if ROTATING.iter().any(|(it, _)| *it == function) {
            let both = json!({"Fn::And": [{"Condition": "HasSecrets"}, {"Condition": format!("Has{parameter}")}]});
            assert_eq!(json["Conditions"][condition], both, "{function}: which secrets has to be said, too");
        } else {
            assert_eq!(*condition, format!("Has{parameter}"), "{function}");
        }
        left_out.insert(function);
    }
    let all: BTreeSet<_> = IN_MEMBERS.into_iter().chain(ROTATING.iter().map(|(it, _)| *it)).collect();
    assert!(left_out.is_superset(&all), "{left_out:?}");
}

#[test]
fn the_role_trusts_the_functions_of_the_hub_and_only_with_the_external_id_and_a_source_identity() {
    let role = resolved(&member_role(), &parameters());
    let trust = role["AssumeRolePolicyDocument"]["Statement"].as_array().unwrap();
    let [assume, identify] = &trust[..] else { panic!("{trust:?}") };
    let hub = json!({"AWS": format!("arn:aws:iam::{}:root", ACCOUNTS[0])});
    let mut condition = json!({
        "StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"},
        "StringLike": {"sts:SourceIdentity": "*@*"},
    });
    assert_eq!((&identify["Principal"], &identify["Action"]), (&hub, &json!("sts:SetSourceIdentity")));
    assert_eq!(identify["Condition"], condition);
    condition["ArnEquals"] = json!({"aws:PrincipalArn": {"Ref": "HubRoleArns"}});
    condition["StringEquals"]["sts:ExternalId"] = json!({"Ref": "ExternalId"});
    assert_eq!((&assume["Principal"], &assume["Action"]), (&hub, &json!("sts:AssumeRole")));
    assert_eq!(assume["Condition"], condition);
    let given = Template::read("member-account").json["Parameters"].clone();
    for name in ["ExternalId", "HubAccountId", "HubRoleArns", "OrganizationId"] {
        assert_eq!(given[name].get("Default"), None, "{name} has to be said");
    }
    assert!(!given["HubRoleArns"]["AllowedPattern"].as_str().unwrap().contains('*'), "no wildcard passes");
}

/// A function may enter the role of that name in accounts of its organization, and ask whose accounts they are.
#[test]
fn a_function_enters_members_of_its_organization_by_the_role_of_that_name_and_nothing_else() {
    for name in IN_MEMBERS {
        let template = Template::read(name);
        let role = template.resources("AWS::IAM::Role")[0].1.clone();
        let conditional = statements_of(&role).into_iter().filter_map(|(_, it)| it.get("Fn::If").cloned());
        let conditional: Vec<_> = conditional.filter(|it| it[0] == "ActsInMembers").map(|it| it[1].clone()).collect();
        let [enter, find] = &conditional[..] else { panic!("{name}: {conditional:?}") };
        assert_eq!(texts(&enter["Action"]), ["sts:AssumeRole", "sts:SetSourceIdentity"], "{name}");
        assert_eq!(
            enter["Resource"],
            json!({"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/${MemberRoleName}"}),
            "{name}"
        );
        let condition = json!({"StringEquals": {"aws:ResourceOrgID": {"Ref": "OrganizationId"}}});
        assert_eq!(enter["Condition"], condition, "{name}");
        assert_eq!(texts(&find["Action"]), ["organizations:DescribeAccount", "organizations:ListParents"], "{name}");
    }
}

/// IAM's limits, white space aside.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
#[test]
fn the_policies_fit_into_a_role() {
    let role = resolved(&member_role(), &parameters());
    let all: usize = statements_of(&role).iter().map(|(_, it)| it.to_string().len()).sum();
    assert!(all < 9_500, "{all} characters of inline policies, and IAM takes 10,240");
    let arns = json!(vec!["arn:aws:iam::123456789012:role/signalbox-share-rds-snapshot-Role-ABCDEFGHIJKL"; 8]);
    let given = [("HubRoleArns", arns), ("ExternalId", json!("x".repeat(128)))].into_iter().chain(parameters());
    let trust = resolved(&role["AssumeRolePolicyDocument"], &given.collect()).to_string().len();
    assert!(trust < 2_048, "{trust} characters of trust, and IAM takes 2,048");
}
