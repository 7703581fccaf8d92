//! The templates tell the truth: the linters find nothing, rules match the samples of their function and of no other,
//! and a role allows what its function does.

mod alarms;
mod bounds;
mod bus;
mod delivery;
pub mod deployed;
mod forwarding;
mod guardrails;
mod key_policy;
mod keys;
mod kubernetes;
mod members;
mod operations;
mod packages;
mod patching;
mod policies;
mod role;
mod rotation;
mod rules;
mod shared_part;
mod template;
mod workflow;
mod zones;

pub use alarms::{alarms_set_off, assert_alarm_sounds};
pub use role::{assert_stories_fit, operations_of_all, operations_where_grants_were_lost, texts};
pub use rotation::ROTATING;
pub use template::Template;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use expect_test::expect;
use serde_json::{Value, json};

use crate::tidy::folders;

/// Every text in a value.
fn texts_in(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts_in).collect(),
        Value::Object(entries) => entries.values().flat_map(texts_in).collect(),
        _ => vec![],
    }
}

/// Runs a program of the project's Python over the templates; it finds nothing.
fn assert_finds_nothing(program: &str, arguments: &[&str]) {
    let workspace = local_aws::workspace();
    let mut command = Command::new(workspace.join(".local/venv/bin").join(program));
    command
        .args(arguments)
        .args(template::files())
        .args(guardrails::files())
        .args(guardrails::files_of("delivery"))
        .arg(kubernetes::role())
        .current_dir(&workspace);
    let found = command.output().unwrap_or_else(|error| panic!("{program}: {error} (`make setup` installs it)"));
    let (out, err) = (String::from_utf8_lossy(&found.stdout), String::from_utf8_lossy(&found.stderr));
    assert!(found.status.success(), "{program} found:\n{out}{err}");
}

#[test]
fn cfn_lint_finds_nothing() {
    assert_finds_nothing("cfn-lint", &["--include-checks", "I", "--"]);
}

#[test]
fn cloudformation_validate_finds_nothing() {
    let script: PathBuf = local_aws::workspace().join("tests/src/templates/validate.py");
    assert_finds_nothing("python", &[script.to_str().unwrap()]);
}

#[test]
fn templates_fit_every_partition() {
    for Template { name, json, .. } in Template::all() {
        let fixed: Vec<_> = texts_in(&json["Resources"]).into_iter().filter(|text| text.contains("arn:aws")).collect();
        assert!(fixed.is_empty(), "infra/{name}.yaml: write ${{AWS::Partition}} in {fixed:?}");
    }
}

#[test]
fn logs_are_kept_for_a_time_that_the_operator_chooses() {
    for template in Template::all() {
        for (id, log) in template.resources("AWS::Logs::LogGroup") {
            assert_eq!(log["RetentionInDays"], json!({"Ref": "LogRetentionInDays"}), "{}: {id}", template.name);
        }
    }
}

#[test]
fn alarms_are_silent_where_nothing_is_measured() {
    for template in Template::all() {
        for (id, alarm) in template.resources("AWS::CloudWatch::Alarm") {
            // Unless that is what it is about.
            let is_of_absence = alarm["ComparisonOperator"] == "LessThanThreshold";
            let missing = if is_of_absence { "breaching" } else { "notBreaching" };
            assert_eq!(alarm["TreatMissingData"], missing, "{}: {id}", template.name);
        }
    }
}

#[test]
fn everything_that_can_be_tagged_says_whose_it_is() {
    let untaggable = [
        "AWS::CloudWatch::Dashboard",
        "AWS::Events::Archive",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::ManagedPolicy",
        "AWS::Lambda::Url",
        "AWS::Logs::ResourcePolicy",
        "AWS::S3::BucketPolicy",
        "AWS::SSM::MaintenanceWindowTarget",
        "AWS::SSM::MaintenanceWindowTask",
        "AWS::SQS::QueuePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SecretsManager::RotationSchedule",
    ];
    let functions = folders("functions");
    for template in Template::all() {
        let (Template { name, json, .. }, function) = (&template, template.function());
        let is_shared = !functions.iter().any(|it| it == function);
        let resources = json["Resources"].as_object().unwrap().iter();
        for (id, resource) in resources.filter(|(_, it)| !untaggable.iter().any(|of| it["Type"] == *of)) {
            let tags = resource["Properties"]["Tags"].as_array().cloned().unwrap_or_default();
            let is_ours = tags.contains(&json!({"Key": "Application", "Value": "signalbox"}));
            let is_named = tags.contains(&json!({"Key": "Function", "Value": function})) || is_shared;
            assert!(is_ours && is_named, "infra/{name}.yaml: {id} has the tags {tags:?}");
        }
    }
}

#[test]
fn whom_a_manifest_may_name_is_told_alike_to_every_function() {
    let told = |name: &str, what: &str| Template::read(name).json["Parameters"]["AllowedAccounts"][what].clone();
    for name in ["react-org-change", "share-ami", "share-ebs-snapshot", "share-rds-snapshot"] {
        for what in ["AllowedPattern", "ConstraintDescription", "Description"] {
            assert_eq!(told(name, what), told("reconcile-shares", what), "infra/{name}.yaml: {what}");
        }
    }
    for name in OF_THE_MANIFEST {
        assert_eq!(told(name, "Default"), Value::Null, "infra/{name}.yaml: who may be named has to be said");
    }
}

/// The functions that read the manifest.
const OF_THE_MANIFEST: [&str; 5] =
    ["react-org-change", "reconcile-shares", "share-ami", "share-ebs-snapshot", "share-rds-snapshot"];

/// The name of a bucket that was deleted is free for any account.
#[test]
fn a_bucket_is_read_only_where_it_is_of_the_account_that_the_template_names() {
    let account = json!({"Fn::If": ["HasManifestAccount", {"Ref": "ManifestAccountId"}, {"Ref": "AWS::AccountId"}]});
    let condition = json!({"StringEquals": {"aws:ResourceAccount": account}});
    for name in OF_THE_MANIFEST {
        let reading = Template::read(name).statements();
        let reading: Vec<_> = reading.iter().filter(|it| it["Action"] == "s3:GetObject").collect();
        assert_eq!(reading.len(), if name == "reconcile-shares" { 2 } else { 1 }, "infra/{name}.yaml");
        for statement in reading {
            assert_eq!(statement["Condition"], condition, "infra/{name}.yaml: {}", statement["Sid"]);
        }
    }
}

/// The functions that act in the accounts of an organization that their template names, by one role in each.
pub fn by_organization() -> Vec<Template> {
    let mut templates = Template::all();
    templates.retain(|it| it.is_of_a_function() && it.json["Parameters"].get("MemberRoleName").is_some());
    assert!(templates.len() > 1, "functions act in members");
    templates
}

#[test]
fn in_which_accounts_it_may_act_is_told_alike_to_every_function() {
    let templates = by_organization();
    for what in ["Accounts", "ExternalId", "OrganizationId"] {
        for Template { name, json, .. } in &templates {
            let told = &json["Parameters"][what];
            assert_eq!(told["Default"], "", "infra/{name}.yaml: it acts in its own account unless it was asked");
            assert_eq!(told, &templates[0].json["Parameters"][what], "infra/{name}.yaml: {what}");
        }
    }
}

/// Where it may act, and by which role, beside what a function reads for itself.
fn and_in_members(mut environment: Value) -> Value {
    environment["SIGNALBOX_ACCOUNTS"] = json!({"Ref": "Accounts"});
    environment["SIGNALBOX_MEMBER_ROLE"] = json!({"Ref": "MemberRoleName"});
    environment["SIGNALBOX_EXTERNAL_ID"] = json!({"Ref": "ExternalId"});
    environment
}

/// What a function reads is what its template sets, by the same names.
fn assert_environment(name: &str, environment: &Value) {
    let template = Template::read(name);
    assert_eq!(template.environment(), environment);
    assert_eq!(template.json["Conditions"]["IsApply"], json!({"Fn::Equals": [{"Ref": "Mode"}, "Apply"]}));
    // Who has Secrets Manager rotate has asked for it.
    let is_asked = name.starts_with("rotate-");
    let default = if is_asked { "Apply" } else { "Plan" };
    assert_eq!(template.json["Parameters"]["Mode"]["Default"], default, "nothing is changed unless it was asked for");
}

/// What every function that shares reads, and what else this one does.
fn of_one_that_shares(beside: &[(&str, Value)]) -> Value {
    let mut environment = json!({
        "SIGNALBOX_MANIFEST": {"Ref": "Manifest"},
        "SIGNALBOX_LEDGER_TABLE": {"Ref": "LedgerTable"},
        "SIGNALBOX_GRANTS_TABLE": {"Ref": "GrantsTable"},
        "SIGNALBOX_AUDIT_TABLE": {"Ref": "AuditTable"},
        "SIGNALBOX_MODE": {"Fn::If": ["IsApply", "apply", "plan"]},
        "SIGNALBOX_ALLOWED_ACCOUNTS": {"Ref": "AllowedAccounts"},
        "SIGNALBOX_MANIFEST_ACCOUNT": {"Ref": "ManifestAccountId"},
    });
    for (variable, value) in beside {
        environment[variable] = value.clone();
    }
    and_in_members(environment)
}

#[test]
fn the_environment_of_a_function_is_its_contract() {
    assert_environment("share-ami", &of_one_that_shares(&[]));
    assert_environment("share-ebs-snapshot", &of_one_that_shares(&[]));
    let limits = [
        ("SIGNALBOX_MAX_REMOVALS", json!({"Ref": "MaxRemovals"})),
        ("SIGNALBOX_MAX_REMOVED_PERCENT", json!({"Ref": "MaxRemovedPercent"})),
        ("SIGNALBOX_RATES", json!({"Ref": "Rates"})),
        ("SIGNALBOX_ACCOUNTS", json!({"Ref": "Accounts"})),
        ("SIGNALBOX_MEMBER_ROLE", json!({"Ref": "MemberRoleName"})),
        ("SIGNALBOX_EXTERNAL_ID", json!({"Ref": "ExternalId"})),
    ];
    assert_environment("react-org-change", &of_one_that_shares(&limits));
    let copies = ("SIGNALBOX_COPY_AUTOMATED", json!({"Ref": "CopyAutomated"}));
    assert_environment("share-rds-snapshot", &of_one_that_shares(&[copies]));
    let names = json!({
        "SIGNALBOX_LEDGER_TABLE": {"Ref": "LedgerTable"},
        "SIGNALBOX_MODE": {"Fn::If": ["IsApply", "apply", "plan"]},
        "SIGNALBOX_OWNER": {"Ref": "Owner"},
        "SIGNALBOX_DNS_TAG": {"Ref": "Tag"},
        "SIGNALBOX_DNS_TTL": {"Ref": "Ttl"},
        "SIGNALBOX_DNS_POLICY": {"Ref": "Policy"},
        "SIGNALBOX_DNS_ZONES": {"Fn::Join": [",", {"Ref": "HostedZoneIds"}]},
        "SIGNALBOX_SUFFIX_ACCOUNTS": {"Ref": "SuffixAccounts"},
        "SIGNALBOX_MAX_REMOVALS": {"Ref": "MaxRemovals"},
        "SIGNALBOX_MAX_REMOVED_PERCENT": {"Ref": "MaxRemovedPercent"},
        "SIGNALBOX_RATES": {"Ref": "Rates"},
    });
    assert_environment("emr-dns", &and_in_members(names));
    let parameters = &Template::read("share-rds-snapshot").json["Parameters"];
    assert_eq!(parameters["CopyAutomated"]["Default"], "false", "nothing is copied unless it was asked for");
}

#[test]
fn the_environment_of_a_function_that_rotates_is_its_contract() {
    assert_environment(
        "rotate-bearer-token",
        &of_one_that_rotates(&[
            ("SIGNALBOX_SECRETS", json!({"Fn::Join": [",", {"Ref": "SecretArns"}]})),
            ("SIGNALBOX_MASTERS", json!({"Fn::Join": [",", {"Ref": "Masters"}]})),
            ("SIGNALBOX_OVERLAP", json!({"Ref": "OverlapMinutes"})),
            ("OAUTH2_TOKEN_URL", json!({"Ref": "TokenUrl"})),
            ("OAUTH2_REVOKE_URL", json!({"Ref": "RevokeUrl"})),
            ("OAUTH2_REVOKE_FIELD", json!({"Ref": "RevokeField"})),
            ("OAUTH2_VERIFY_URL", json!({"Ref": "VerifyUrl"})),
            ("OAUTH2_VERIFY_KEY", json!({"Ref": "VerifyKey"})),
            ("OAUTH2_CLIENT_AUTH", json!({"Ref": "ClientAuth"})),
            ("OAUTH2_SCOPE", json!({"Ref": "Scope"})),
            ("OAUTH2_AUDIENCE", json!({"Ref": "Audience"})),
            ("OAUTH2_STYLE", json!({"Ref": "Style"})),
        ]),
    );
    assert_environment(
        "rotate-db-user",
        &of_one_that_rotates(&[
            ("SIGNALBOX_SECRETS", json!({"Fn::Join": [",", {"Ref": "SecretArns"}]})),
            ("SIGNALBOX_PROBE_SQL", json!({"Ref": "ProbeSql"})),
            ("SIGNALBOX_MASTERS", json!({"Fn::Join": [",", {"Ref": "Masters"}]})),
            ("PASSWORD_LENGTH", json!({"Ref": "PasswordLength"})),
            ("EXCLUDE_CHARACTERS", json!({"Ref": "ExcludeCharacters"})),
            ("EXCLUDE_NUMBERS", json!({"Ref": "ExcludeNumbers"})),
            ("EXCLUDE_PUNCTUATION", json!({"Ref": "ExcludePunctuation"})),
            ("EXCLUDE_UPPERCASE", json!({"Ref": "ExcludeUppercase"})),
            ("EXCLUDE_LOWERCASE", json!({"Ref": "ExcludeLowercase"})),
            ("REQUIRE_EACH_INCLUDED_TYPE", json!({"Ref": "RequireEachIncludedType"})),
        ]),
    );
}

/// What both functions read, and what else this one does.
fn of_one_that_rotates(own: &[(&str, Value)]) -> Value {
    let accounts = json!({"Fn::Join": [",", {"Ref": "MemberAccountIds"}]});
    let accounts = json!({"Fn::Join": [",", [{"Ref": "AWS::AccountId"}, accounts]]});
    let roles = json!({"Fn::Join": [",", {"Ref": "MemberRoleArns"}]});
    let name = json!({"Fn::Select": [1, {"Fn::Split": [":role/", {"Fn::Join": [":role/", [roles, ""]]}]}]});
    let mut environment = json!({
        "SIGNALBOX_LEDGER_TABLE": {"Ref": "LedgerTable"},
        "SIGNALBOX_ROTATIONS_TABLE": {"Ref": "RotationsTable"},
        "SIGNALBOX_MODE": {"Fn::If": ["IsApply", "apply", "plan"]},
        "SIGNALBOX_ACCOUNTS": {"Fn::If": ["HasMembers", accounts, ""]},
        "SIGNALBOX_MEMBER_ROLE": {"Fn::Select": [0, {"Fn::Split": [",", name]}]},
        "SIGNALBOX_EXTERNAL_ID": {"Ref": "ExternalId"},
        "SIGNALBOX_CA_BUNDLE": {"Ref": "CaBundle"},
    });
    for (variable, value) in own {
        environment[variable] = value.clone();
    }
    environment
}

/// The logical ids of what a template makes whatever it is given.
pub fn unconditional(template: &str) -> BTreeSet<String> {
    let Template { json, .. } = Template::read(template);
    let resources = json["Resources"].as_object().unwrap().iter();
    resources.filter(|(_, it)| it.get("Condition").is_none()).map(|(id, _)| id.clone()).collect()
}

/// What is in the other tables is nowhere else: they outlive their stacks, and can be put back to an earlier second.
#[test]
fn only_the_ledger_may_be_lost() {
    for Template { name, json, .. } in Template::all() {
        for (id, resource) in json["Resources"].as_object().unwrap() {
            if resource["Type"] != "AWS::DynamoDB::Table" || name == "ledger" {
                continue;
            }
            let (kept, table) = (json!("Retain"), &resource["Properties"]);
            let policies = [&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]];
            assert_eq!(policies, [&kept, &kept], "infra/{name}.yaml: {id}");
            let recovery = &table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"];
            assert_eq!((recovery, &table["DeletionProtectionEnabled"]), (&json!(true), &json!(true)), "{name}: {id}");
        }
    }
}

/// What no test deploys, since the local CloudFormation does not know it or since it was not asked for: what has a condition
/// that is off where an account is set up for tests. The validators see all of it.
#[test]
fn what_the_tests_do_not_deploy_is_listed() {
    let mut listed = String::new();
    // Those of an organization, the test that deploys them lists; patching is deployed with each of its conditions on and off.
    for Template { name, json, .. } in
        Template::all().into_iter().filter(|it| !it.is_of_an_organization() && it.name != "patching")
    {
        for (id, resource) in json["Resources"].as_object().unwrap() {
            let Some(condition) = resource.get("Condition").and_then(Value::as_str) else { continue };
            // What is on the bus is deployed for one function, and is the same for all; a pipeline makes a key where none is given.
            if ["HearsMembers", "MakesKey"].contains(&condition) {
                continue;
            }
            // Each is on where a parameter is given. Of those that the tests give, only members have resources of their own.
            let given = &json["Conditions"][condition]["Fn::Not"][0]["Fn::Equals"][0];
            let parameter = given.pointer("/Fn::Join/1/Ref").unwrap_or(&given["Ref"]).as_str();
            let parameter = parameter.unwrap_or_else(|| panic!("infra/{name}.yaml: {condition}"));
            if parameter == "MemberRoleArns" {
                continue;
            }
            let off = &json["Conditions"][condition]["Fn::Not"][0]["Fn::Equals"][1];
            assert_eq!(
                json["Parameters"][parameter]["Default"], *off,
                "infra/{name}.yaml: {id} is deployed by default"
            );
            writeln!(listed, "{name}: {id}, an {}, without {parameter}", resource["Type"].as_str().unwrap()).unwrap();
        }
    }
    expect![[r#"
        operations: MuteRule, an AWS::CloudWatch::AlarmMuteRule, without MuteSchedule
        rotate-bearer-token: ScheduledRotation, an AWS::SecretsManager::RotationSchedule, without RotatedArn
        rotate-db-user: ScheduledRotation, an AWS::SecretsManager::RotationSchedule, without RotatedArn
    "#]]
    .assert_eq(&listed);
}
