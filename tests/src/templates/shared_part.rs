//! What the templates of all functions share is the same text in each, and every template fits AWS's limits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::bus::HUB_ROLE;
use super::keys::KEY;
use super::template::{Parameters, Template, files, resolved};

/// The bytes that the body of a template may have where it is not in a bucket.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const TEMPLATE_BYTES: u64 = 51_200;

/// The characters that all inline policies of one role may have; IAM does not count white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const INLINE_POLICY_CHARACTERS: usize = 10_240;

/// The characters that the trust of a role may have.
const TRUST_CHARACTERS: usize = 2_048;

/// What a function's template says in its own way, by section and name; of a resource, which parts. Everything else that two
/// templates have under one name is equal, once the function's name is replaced.
const OWN: &[(&str, &str, &[&str])] = &[
    ("Parameters", "AllowedAccounts", &[]),
    ("Parameters", "CaBundle", &[]),
    ("Parameters", "ExternalId", &[]),
    ("Parameters", "ManifestAccountId", &[]),
    ("Parameters", "MasterSecretArns", &[]),
    ("Parameters", "Masters", &[]),
    ("Parameters", "MaxRemovals", &[]),
    ("Parameters", "MaxRemovedPercent", &[]),
    ("Parameters", "MemberRoleName", &["Default"]),
    ("Parameters", "MemorySize", &[]),
    ("Parameters", "Mode", &[]),
    // Most act in the accounts of an organization where one is given; who works on a fleet needs one.
    ("Parameters", "OrganizationId", &[]),
    ("Parameters", "Rates", &[]),
    ("Parameters", "ReservedConcurrency", &[]),
    ("Parameters", "Schedule", &[]),
    ("Parameters", "SecretArns", &[]),
    ("Parameters", "Timeout", &[]),
    ("Resources", "Bucket", &["BucketEncryption", "LifecycleConfiguration"]),
    ("Resources", "BucketPolicy", &["PolicyDocument"]),
    ("Resources", "BusRule", &["Description", "EventPattern"]),
    ("Resources", "ErrorsAlarm", &["AlarmDescription"]),
    ("Resources", "FailureQueueAlarm", &["AlarmDescription"]),
    ("Resources", "FailureQueuePolicy", &["PolicyDocument"]),
    (
        "Resources",
        "Function",
        &["Description", "Environment", "EphemeralStorage", "FunctionName", "Layers", "LoggingConfig", "VpcConfig"],
    ),
    ("Resources", "Invocations", &["DestinationConfig", "MaximumEventAgeInSeconds"]),
    ("Resources", "OverdueAlarm", &["Period"]),
    ("Resources", "Role", &["Policies"]),
    ("Resources", "Rule", &["Description", "EventPattern"]),
    ("Resources", "ScheduleRule", &["Description"]),
    ("Resources", "SweepRule", &["Description", "ScheduleExpression", "Targets"]),
    ("Resources", "UnreadAlarm", &["Period"]),
    ("Outputs", "FailureQueueUrl", &[]),
];

/// And what a function's template for members says in its own way.
const OWN_IN_MEMBERS: [(&str, &str, &[&str]); 3] = [
    ("Parameters", "MemberRoleName", &["Default"]),
    ("Resources", "MemberRole", &["Condition", "Policies"]),
    ("Resources", "Rule", &["Description", "EventPattern"]),
];

const SECTIONS: [&str; 5] = ["Parameters", "Rules", "Conditions", "Resources", "Outputs"];

/// What a template says under a name, with NAME for the function; nothing where each template says it in its own way.
fn said(template: &Template, (section, name): (&str, &str), own: &[(&str, &str, &[&str])]) -> Option<String> {
    let mut said = template.json[section][name].clone();
    if let Some((.., parts)) = own.iter().find(|(of, it, _)| *of == section && *it == name) {
        if parts.is_empty() {
            return None;
        }
        for place in ["", "/Properties"] {
            if let Some(fields) = said.pointer_mut(place).and_then(Value::as_object_mut) {
                fields.retain(|part, _| !parts.contains(&part.as_str()));
            }
        }
    }
    Some(said.to_string().replace(template.function(), "NAME"))
}

/// What differs between templates beyond their own: by section and name, each text.
fn differences(templates: &[Template], own: &[(&str, &str, &[&str])]) -> Vec<String> {
    let mut told: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for template in templates {
        for section in SECTIONS {
            for name in template.json[section].as_object().into_iter().flat_map(|it| it.keys()) {
                told.entry((section, name)).or_default().extend(said(template, (section, name), own));
            }
        }
    }
    let different = told.into_iter().filter(|(_, texts)| texts.len() > 1);
    different.map(|((section, name), texts)| format!("{section}: {name}: {texts:#?}")).collect()
}

#[test]
fn what_the_templates_of_functions_share_is_equal() {
    let mut templates = Template::all();
    templates.retain(Template::is_of_a_function);
    let found = differences(&templates, OWN);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let found = differences(&templates, &[]);
    let expected = OWN.iter().map(|(section, name, _)| format!("{section}: {name}: "));
    let idle: Vec<_> = expected.filter(|it| !found.iter().any(|found| found.starts_with(it))).collect();
    assert!(idle.is_empty(), "equal in every template, so not one of a template's own: {idle:?}");
}

#[test]
fn what_the_templates_of_functions_for_members_share_is_equal() {
    let members: Vec<_> = Template::functions_in_members().iter().map(|it| Template::of_members(it)).collect();
    let found = differences(&members, &OWN_IN_MEMBERS);
    assert!(found.is_empty(), "{}", found.join("\n"));
    // Where it stands and where it goes is the same for every function.
    let place = |it: &Template| {
        let pattern = &it.json["Resources"]["Rule"]["Properties"]["EventPattern"];
        pattern.is_object().then(|| ["account", "region", "replay-name"].map(|field| pattern[field].to_string()))
    };
    let places: BTreeSet<_> = members.iter().filter_map(place).collect();
    assert_eq!(places.len(), 1, "{places:?}");
}

#[test]
fn every_template_fits_into_one_request() {
    for path in files() {
        let bytes = std::fs::metadata(&path).unwrap().len();
        assert!(bytes <= TEMPLATE_BYTES, "{}: {bytes} bytes", path.display());
    }
}

/// A secret's ARN as long as those of real secrets.
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/application/database-user-AbCdEf";

/// What a template is given: ten of whatever is a list, and names and ids of a usual length.
fn full(template: &Template) -> Parameters<'_> {
    let told = |name: &str, parameter: &Value| match (name, parameter["Type"].as_str().unwrap()) {
        (_, "CommaDelimitedList") => json!(vec![SECRET; 10]),
        ("HubRoleArn" | "PipelineRoleArn", _) => json!(HUB_ROLE),
        ("KmsKeyArn", _) => json!(KEY),
        ("Manifest", _) => json!("s3://com-example-signalbox-manifests/share.json"),
        ("StoredPlans", _) => json!("s3://com-example-signalbox-manifests/plans/"),
        ("ExternalId", _) => json!("x".repeat(128)),
        _ => parameter["Default"]
            .as_str()
            .filter(|it| !it.is_empty())
            .map_or_else(|| json!("x".repeat(32)), |it| json!(it)),
    };
    let parameters = template.json["Parameters"].as_object().into_iter().flatten();
    let parameters = parameters.map(|(name, parameter)| (name.as_str(), told(name, parameter)));
    let place =
        [("AWS::Partition", "aws-us-gov"), ("AWS::Region", "ap-southeast-2"), ("AWS::AccountId", "111122223333")];
    parameters.chain(place.map(|(name, value)| (name, json!(value)))).collect()
}

/// The value with each condition met.
fn with_all(value: &Value) -> Value {
    if let Some(yes) = value.pointer("/Fn::If/1") {
        return with_all(yes);
    }
    match value {
        Value::Array(items) => items.iter().map(with_all).collect(),
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, it)| (name.clone(), with_all(it))).collect()),
        other => other.clone(),
    }
}

fn characters(document: &Value, given: &Parameters) -> usize {
    resolved(&with_all(document), given).to_string().chars().filter(|it| !it.is_whitespace()).count()
}

/// Every role of every template, with ten secrets where it has secrets.
#[test]
fn every_role_fits_the_limits_of_iam_with_ten_secrets() {
    for template in Template::all() {
        let given = full(&template);
        for (id, role) in template.resources("AWS::IAM::Role") {
            let policies = role["Policies"].as_array().into_iter().flatten();
            let used: usize = policies.map(|it| characters(&it["PolicyDocument"], &given)).sum();
            assert!(used <= INLINE_POLICY_CHARACTERS, "infra/{}.yaml: {id}: {used} characters", template.name);
            let trust = characters(&role["AssumeRolePolicyDocument"], &given);
            assert!(trust <= TRUST_CHARACTERS, "infra/{}.yaml: {id}: {trust} characters of trust", template.name);
        }
    }
}
