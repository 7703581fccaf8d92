//! The role of each function in member accounts: that it trusts that function alone, and allows it there what the function's own
//! role allows it in the hub, of what is there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bus::{ACCOUNTS, HUB_ROLE, parameters};
use super::by_organization;
use super::keys::is_of_the_stacks_key;
use super::role::texts;
use super::template::{Template, resolved};

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

/// The statements of a role's policies, each as it stands.
fn statements_of(role: &Value) -> Vec<Value> {
    let policies = role["Policies"].as_array().unwrap().iter();
    policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap().clone()).collect()
}

/// The one role of a function in members.
fn member_role(function: &str) -> Value {
    let template = Template::of_members(function);
    let [(id, role)] = template.resources("AWS::IAM::Role")[..] else {
        panic!("infra/{}.yaml: one role", template.name)
    };
    assert_eq!((id, role.get("ManagedPolicyArns")), ("MemberRole", None), "infra/{}.yaml", template.name);
    role.clone()
}

/// Whether pipelines or workflows invoke it. It acts by sessions of a role in each account, its own account included, so that its own
/// role allows nothing of that; what the role there allows, `functions::check_policy` and `templates::workflow` look at.
fn acts_by_sessions_alone(function: &str) -> bool {
    let is_so = |it: &function::Trigger| matches!(it, function::Trigger::Job | function::Trigger::Workflow);
    suite::FUNCTIONS.iter().any(|it| it.name == function && it.hears.iter().any(is_so))
}

/// The functions that may act in other accounts, by what their templates set.
fn functions() -> Vec<Template> {
    let mut functions = Template::all();
    functions.retain(|it| it.is_of_a_function() && it.environment().get("SIGNALBOX_MEMBER_ROLE").is_some());
    functions
}

#[test]
fn each_function_that_acts_in_members_has_a_template_for_them_and_no_other_has() {
    let acting: Vec<_> = functions().into_iter().map(|it| it.name).collect();
    assert!(acting.len() > 1, "functions act in members");
    assert_eq!(acting, Template::functions_in_members());
}

/// Both ways, for every function that acts in its own account by its own role.
#[test]
fn the_role_allows_a_function_in_a_member_what_its_own_role_allows_it_in_the_hub() {
    for template in functions().into_iter().filter(|it| !acts_by_sessions_alone(&it.name)) {
        let (_, role) = template.resources("AWS::IAM::Role")[0];
        let mut expected = allowed(&template.name, &statements_of(role));
        assert!(!expected.is_empty(), "{} does nothing in members", template.name);
        // Where the hub's own secrets have no master, the function's template has no such parameter to ask.
        let is_optional = |it: &Allowed| it.1.contains("MasterSecretArns");
        let optional: Vec<_> = expected.extract_if(.., is_optional).collect();
        expected.extend(optional.into_iter().map(|it| (it.0, it.1, it.2, "\"HasMasterSecrets\"".into())));
        let there = statements_of(&member_role(&template.name));
        assert_eq!(allowed(&template.name, &there), expected, "{}", template.name);
    }
}

#[test]
fn the_role_trusts_one_function_of_the_hub_and_only_with_the_external_id_and_its_source_identity() {
    for function in Template::functions_in_members() {
        let trust = resolved(&member_role(&function)["AssumeRolePolicyDocument"], &parameters());
        let trust = trust["Statement"].as_array().unwrap();
        let [assume, identify] = &trust[..] else { panic!("{trust:?}") };
        let hub = json!({"AWS": format!("arn:aws:iam::{}:root", ACCOUNTS[0])});
        let mut condition = json!({
            "ArnEquals": {"aws:PrincipalArn": HUB_ROLE},
            "StringEquals": {"aws:PrincipalOrgID": "o-exampleorgid"},
            "StringLike": {"sts:SourceIdentity": format!("{function}@*")},
        });
        assert_eq!((&identify["Principal"], &identify["Action"]), (&hub, &json!("sts:SetSourceIdentity")));
        assert_eq!(identify["Condition"], condition, "{function}");
        condition["StringEquals"]["sts:ExternalId"] = json!({"Ref": "ExternalId"});
        assert_eq!((&assume["Principal"], &assume["Action"]), (&hub, &json!("sts:AssumeRole")));
        assert_eq!(assume["Condition"], condition, "{function}");
        let given = Template::of_members(&function).json["Parameters"].clone();
        for name in ["ExternalId", "HubRoleArn", "OrganizationId"] {
            assert_eq!(given[name].get("Default"), None, "{function}: {name} has to be said");
        }
        assert_eq!(given["HubRoleArn"]["Type"], "String", "{function}: one role");
        let pattern = given["HubRoleArn"]["AllowedPattern"].as_str().unwrap();
        assert!(!pattern.contains(".*") && !pattern.contains("\\*"), "{function}: no wildcard passes");
    }
}

/// The name is the function's own, so that no two functions share a role, and the hub looks for the role that members make.
#[test]
fn a_function_and_its_members_call_the_role_alike_where_the_operator_chooses_no_name() {
    let default = |template: &Template| template.json["Parameters"]["MemberRoleName"]["Default"].clone();
    for function in Template::functions_in_members() {
        let template = Template::of_members(&function);
        let name =
            if function == "check-policy" { "central-account-role".into() } else { format!("signalbox-{function}") };
        assert_eq!(default(&template), name);
        assert_eq!(member_role(&function)["RoleName"], json!({"Ref": "MemberRoleName"}), "{function}");
    }
    for template in by_organization() {
        assert_eq!(default(&template), default(&Template::of_members(&template.name)), "{}", template.name);
    }
}

/// A function may enter the role of that name in accounts of its organization, and ask whose accounts they are.
#[test]
fn a_function_enters_members_of_its_organization_by_the_role_of_that_name_and_nothing_else() {
    for template in by_organization() {
        let (name, role) = (&template.name, template.resources("AWS::IAM::Role")[0].1.clone());
        let conditional = statements_of(&role).into_iter().filter_map(|it| it.get("Fn::If").cloned());
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
        let is_given = |name: &str| json!({"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]});
        let both = json!({"Fn::And": [is_given("Accounts"), is_given("MemberRoleName")]});
        assert_eq!(
            template.json["Conditions"]["ActsInMembers"], both,
            "{name}: in no other account unless it was asked"
        );
    }
}
