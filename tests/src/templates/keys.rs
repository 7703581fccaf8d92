//! Under a key of the operator's, everything that a stack keeps is encrypted by it, and a function can use it only through the services
//! that keep it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::role::texts;
use super::template::{Parameters, Template, resolved};

/// A key as `KmsKeyArn` has it.
pub const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Where each type of resource that keeps something names its key.
const BY_KEY: [(&str, &str); 8] = [
    ("AWS::CodePipeline::Pipeline", "/ArtifactStore/EncryptionKey/Id"),
    ("AWS::DynamoDB::Table", "/SSESpecification/KMSMasterKeyId"),
    ("AWS::Events::Archive", "/KmsKeyIdentifier"),
    ("AWS::Lambda::Function", "/KmsKeyArn"),
    ("AWS::Logs::LogGroup", "/KmsKeyId"),
    (
        "AWS::S3::Bucket",
        "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/KMSMasterKeyID",
    ),
    ("AWS::SNS::Topic", "/KmsMasterKeyId"),
    ("AWS::SQS::Queue", "/KmsMasterKeyId"),
];

/// Types of which another account reads, so that a stack that is given no key makes one.
const SHARED_BY_KEY: [&str; 2] = ["AWS::CodePipeline::Pipeline", "AWS::S3::Bucket"];

/// Types that keep nothing of what functions work on. EventBridge encrypts no event of an AWS service by the key of a bus.
const KEEPING_NOTHING: [&str; 23] = [
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::AlarmMuteRule",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Logs::ResourcePolicy",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::MaintenanceWindow",
    "AWS::SSM::MaintenanceWindowTarget",
    "AWS::SSM::MaintenanceWindowTask",
    "AWS::SSM::PatchBaseline",
    "AWS::SecretsManager::RotationSchedule",
    // Its executions keep the request, ids of accounts and errors for 90 days; results are in S3.
    "AWS::StepFunctions::StateMachine",
];

/// The templates whose stacks keep something: these take a key.
pub fn templates() -> Vec<Template> {
    let keeps = |it: &Template| BY_KEY.iter().any(|(kind, _)| !it.resources(kind).is_empty());
    Template::all().into_iter().filter(keeps).collect()
}

/// Whether a statement is about the key of the stack.
pub fn is_of_the_stacks_key(statement: &Value) -> bool {
    statement["Resource"] == json!({"Ref": "KmsKeyArn"})
}

/// What stands where the key of the stack is taken, if it has one.
fn if_there_is_a_key(with: &Value, without: &Value) -> Value {
    json!({"Fn::If": ["HasKmsKey", with, without]})
}

#[test]
fn every_template_takes_a_key_in_the_same_words() {
    let is_given = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "KmsKeyArn"}, ""]}]});
    let all = templates();
    let first = &all[0].json["Parameters"]["KmsKeyArn"];
    assert_eq!(first["Default"], "", "AWS's keys encrypt unless the operator asks for another");
    for Template { name, json, .. } in &all {
        assert_eq!(&json["Parameters"]["KmsKeyArn"], first, "infra/{name}.yaml");
        assert_eq!(json["Conditions"]["HasKmsKey"], is_given, "infra/{name}.yaml");
    }
}

#[test]
fn everything_that_is_kept_is_encrypted_by_the_key() {
    let (key, nothing) = (json!({"Ref": "KmsKeyArn"}), json!({"Ref": "AWS::NoValue"}));
    for Template { name, json, .. } in Template::all() {
        for (id, resource) in json["Resources"].as_object().unwrap() {
            let kind = resource["Type"].as_str().unwrap();
            let Some((_, place)) = BY_KEY.iter().find(|(of, _)| *of == kind) else {
                assert!(
                    KEEPING_NOTHING.contains(&kind),
                    "infra/{name}.yaml: say whether a {kind} keeps something: {id}"
                );
                continue;
            };
            let said = resource["Properties"].pointer(place);
            // What another account reads is not encrypted by a key of AWS. No other account reads the runs of a fleet.
            let is_read_by_others = SHARED_BY_KEY.contains(&kind) && !name.ends_with("-fleet");
            let without = if is_read_by_others { &json!({"Fn::GetAtt": "Key.Arn"}) } else { &nothing };
            assert_eq!(said, Some(&if_there_is_a_key(&key, without)), "infra/{name}.yaml: {id}{place}");
            match kind {
                "AWS::SQS::Queue" => {
                    let own = &resource["Properties"]["SqsManagedSseEnabled"];
                    assert_eq!(own, &if_there_is_a_key(&nothing, &json!(true)), "infra/{name}.yaml: {id}");
                }
                "AWS::DynamoDB::Table" => {
                    let by = &resource["Properties"]["SSESpecification"];
                    assert_eq!((&by["SSEEnabled"], &by["SSEType"]), (&json!(true), &json!("KMS")), "{name}: {id}");
                }
                _ => {}
            }
        }
    }
}

/// The services through which the role may use the key of its stack, in one region.
fn services_of(statement: &Value) -> BTreeSet<String> {
    let region: Parameters = [("AWS::Region", json!("eu-west-1"))].into();
    let via = resolved(&statement["Condition"]["StringLike"]["kms:ViaService"], &region);
    // In China, the name of a service ends otherwise.
    let of_region = ".eu-west-1.amazonaws.com*";
    let names = texts(&via).into_iter().map(|it| it.strip_suffix(of_region).map(String::from).unwrap_or(it));
    names.collect()
}

/// Lambda decrypts the variables, DynamoDB the tables, and SQS the queue where the function's own role sends to it. CloudWatch Logs asks
/// for its own principal in the policy of the key, and recommends this, too:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
#[test]
fn a_function_uses_the_key_through_the_services_that_keep_its_data() {
    for template in templates().into_iter().filter(|it| !it.resources("AWS::Lambda::Function").is_empty()) {
        let name = &template.name;
        let statements = template.statements();
        let of_key: Vec<_> = statements.iter().filter(|it| is_of_the_stacks_key(it)).collect();
        let [statement] = of_key[..] else { panic!("infra/{name}.yaml: one statement: {of_key:?}") };
        assert_eq!(statement["Action"], json!(["kms:Decrypt", "kms:GenerateDataKey"]), "infra/{name}.yaml");
        let conditions = statement["Condition"].as_object().unwrap();
        assert_eq!(conditions.keys().collect::<Vec<_>>(), ["StringLike"], "infra/{name}.yaml");
        let mut expected = BTreeSet::from(["lambda", "logs"].map(String::from));
        let parameters = &template.json["Parameters"];
        if ["LedgerTable", "GrantsTable"].iter().any(|it| parameters.get(it).is_some()) {
            expected.insert("dynamodb".into());
        }
        if statements.iter().any(|it| it["Action"] == "sqs:SendMessage") {
            expected.insert("sqs".into());
        }
        if !template.resources("AWS::S3::Bucket").is_empty() {
            expected.insert("s3".into());
        }
        assert_eq!(services_of(statement), expected, "infra/{name}.yaml");
        let role = template.resources("AWS::IAM::Role")[0].1;
        let all = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
        let asked = all.iter().filter(|it| it["Fn::If"][0] == "HasKmsKey").count();
        assert_eq!(asked, 1, "infra/{name}.yaml: without a key there is nothing to use");
    }
}

/// A key that a role may use directly, it may use on everything that this key ever encrypted.
#[test]
fn no_role_may_use_a_key_but_through_a_service() {
    for template in Template::all() {
        for (id, role) in template.resources("AWS::IAM::Role") {
            // A role that has managed policies alone uses no key of ours.
            let policies = role["Policies"].as_array().into_iter().flatten();
            let policies = policies.map(|it| it.pointer("/Fn::If/1").unwrap_or(it));
            let statements = policies.flat_map(|it| it["PolicyDocument"]["Statement"].as_array().unwrap());
            for statement in statements.map(|it| it.pointer("/Fn::If/1").unwrap_or(it)) {
                let uses = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant"];
                let is_use = texts(&statement["Action"]).iter().any(|it| uses.contains(&it.as_str()));
                // But for one that encrypted deploy keys, which no service keeps, and nothing else.
                let is_of_deploy_keys = statement["Resource"] == json!({"Ref": "DeployKeyKmsKeyArn"});
                let via = &statement["Condition"]["StringLike"]["kms:ViaService"];
                assert!(
                    !is_use || !via.is_null() || is_of_deploy_keys,
                    "infra/{}.yaml: {id}: {statement}",
                    template.name
                );
            }
        }
    }
}
