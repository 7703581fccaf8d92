//! What the templates of all functions share is the same text in each, and every template fits AWS's limits.

use serde_json::{Value, json};

use super::keys::KEY;
use super::rotation::ROTATING;
use super::template::{Parameters, Template, files, resolved};

/// The bytes that the body of a template may have where it is not in a bucket.
const TEMPLATE_BYTES: u64 = 51_200;

/// The characters that all inline policies of one role may have; IAM does not count white space.
const INLINE_POLICY_CHARACTERS: usize = 10_240;

/// What is equal in every template that has it, once the function's name is replaced.
const SHARED: [(&str, &[&str]); 5] = [
    (
        "Parameters",
        &[
            "LedgerTable",
            "Accounts",
            "MemberRoleName",
            "OrganizationId",
            "CodeBucket",
            "CodeKey",
            "CodeVersion",
            "Architecture",
            "LogRetentionInDays",
            "AlarmTopicArn",
            "PermissionsBoundaryArn",
            "KmsKeyArn",
        ],
    ),
    (
        "Conditions",
        &[
            "IsApply",
            "HasCodeVersion",
            "HasReservedConcurrency",
            "ActsInMembers",
            "HasAlarmTopic",
            "HasPermissionsBoundary",
            "HasKmsKey",
        ],
    ),
    ("Rules", &["MembersAreNamed"]),
    ("Resources", &["LogGroup", "RefusalsAlarm", "RulePermission"]),
    ("Outputs", &["FunctionArn", "RoleArn", "RuleName", "LogGroupName"]),
];

#[test]
fn what_the_templates_of_functions_share_is_equal() {
    let mut templates = Template::all();
    templates.retain(|it| !it.resources("AWS::Lambda::Function").is_empty());
    for (section, names) in SHARED {
        for name in names {
            let told = templates.iter().filter_map(|it| {
                let said = it.json[section].get(*name)?.to_string();
                Some((&it.name, said.replace(&it.name, "NAME")))
            });
            let told: Vec<_> = told.collect();
            assert!(told.len() > 1, "{section}: {name} is in {} templates", told.len());
            for (function, said) in &told {
                assert_eq!(said, &told[0].1, "infra/{function}.yaml: {section}: {name} is not as in {}", told[0].0);
            }
        }
    }
}

#[test]
fn every_template_fits_into_one_request() {
    for path in files() {
        let bytes = std::fs::metadata(&path).unwrap().len();
        assert!(bytes <= TEMPLATE_BYTES, "{}: {bytes} bytes", path.display());
    }
}

/// Ten ARNs of secrets, as long as that of the sample.
fn ten(arn: &str) -> Value {
    json!(vec![arn; 10])
}

#[test]
fn a_rotating_role_fits_ten_secrets() {
    for (function, secret) in ROTATING {
        let given: Parameters = [
            ("SecretArns", ten(secret)),
            ("MasterSecretArns", ten(secret)),
            ("KmsKeyArn", json!(KEY)),
            ("AWS::Partition", json!("aws")),
        ]
        .into();
        let statements = Template::read(function).statements();
        let told: String = statements.iter().map(|it| resolved(it, &given).to_string()).collect();
        let characters = told.chars().filter(|it| !it.is_whitespace()).count();
        assert!(characters <= INLINE_POLICY_CHARACTERS, "infra/{function}.yaml: {characters} characters");
    }
}
