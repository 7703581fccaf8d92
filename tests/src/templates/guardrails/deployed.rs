//! The guardrails, deployed to the local AWS as far as its CloudFormation knows their types: what AWS then says of the policies.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecr::Client as Ecr;
use aws_sdk_kms::Client as Kms;
use aws_sdk_organizations::Client as Organizations;
use aws_sdk_organizations::types::PolicyType;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::types::QueueAttributeName;
use local_aws::deploy::{Deployment, Stack};
use serde_json::Value;

use super::{Guardrail, engines};
use crate::templates::Template;
use crate::world::{SAMPLE_ACCOUNT, World};

/// The types that the local CloudFormation refuses: a template is deployed without them, and refused with them.
const REFUSED: [&str; 3] = ["AWS::Organizations::Policy", "AWS::SSO::Assignment", "AWS::SSO::PermissionSet"];

/// What the policy of a guardrail says, by ministack, in this account.
fn document(guardrail: &str, policy: &str, account: &str) -> Value {
    let index = Guardrail::all().iter().position(|it| it.name == guardrail).unwrap();
    let document = &engines::judged_by_ministack()[index]["documents"][policy];
    serde_json::from_str(&document.to_string().replace(SAMPLE_ACCOUNT, account)).unwrap()
}

/// The parameters of the cases, of which some are others.
fn parameters(guardrail: &str, others: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = Guardrail::all();
    let given = all.iter().find(|it| it.name == guardrail).unwrap().parameters.as_object().unwrap().clone();
    let given = given.into_iter().map(|(name, it)| (name, it.as_str().unwrap().to_owned()));
    given.chain(others.iter().map(|(name, it)| ((*name).into(), (*it).into()))).collect()
}

/// The template without the resources of the refused types, and the outputs of these.
fn without_refused(guardrail: &str) -> Value {
    let mut template = Template::read(&format!("guardrails/{guardrail}")).json;
    let resources = template["Resources"].as_object_mut().unwrap();
    let is_refused = |it: &Value| REFUSED.contains(&it["Type"].as_str().unwrap());
    let gone: Vec<_> = resources.iter().filter(|it| is_refused(it.1)).map(|it| format!("\"{}\"", it.0)).collect();
    resources.retain(|_, it| !is_refused(it));
    let outputs = template["Outputs"].as_object_mut().unwrap();
    outputs.retain(|_, it| !gone.iter().any(|gone| it["Value"].to_string().contains(gone)));
    template
}

/// Deploys a template; what it says of itself, or why CloudFormation did not take it.
async fn deploy(
    world: &World,
    (name, template): (&str, &Value),
    parameters: Vec<(String, String)>,
) -> Result<BTreeMap<String, String>, String> {
    let path = std::env::temp_dir().join(format!("signalbox-{name}-{}.json", world.account));
    std::fs::write(&path, template.to_string()).unwrap();
    let stack = Stack { name: name.into(), template: path.clone(), parameters: parameters.into_iter().collect() };
    let made = Deployment::new(world.sessions.config()).apply(&stack).await;
    std::fs::remove_file(path).unwrap();
    made.map_err(|why| format!("{why:#}"))
}

#[tokio::test]
async fn bucket_and_queue_have_the_policies_of_the_organization_as_they_are_written() {
    let world = World::new().await;
    let sqs = Sqs::new(world.sessions.config());
    let queue = sqs.create_queue().queue_name("shared").send().await.unwrap().queue_url.unwrap();
    let bucket = format!("com-example-bucket-{}", world.account);
    Deployment::new(world.sessions.config()).upload(&bucket, "key", vec![1]).await.unwrap();
    let others = [("QueueUrl", queue.as_str()), ("BucketName", &bucket)];
    let template = Template::read("guardrails/organization-only").json;
    let outputs = deploy(&world, ("organization-only", &template), parameters("organization-only", &others)).await;
    assert_eq!(outputs.unwrap().into_keys().collect::<Vec<_>>(), ["KeyArn", "RepositoryUri"]);
    let policy = QueueAttributeName::Policy;
    let kept = sqs.get_queue_attributes().queue_url(&queue).attribute_names(policy.clone()).send().await.unwrap();
    let of_bucket = world.s3.get_bucket_policy().bucket(&bucket).send().await.unwrap().policy.unwrap();
    let of_bucket = of_bucket.replace(&bucket, "com-example-bucket");
    for (id, text) in [("BucketPolicy", of_bucket), ("QueuePolicy", kept.attributes.unwrap()[&policy].clone())] {
        let kept: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(kept, document("organization-only", id, &world.account), "{id}");
    }
}

/// Another server than CloudFormation's plays these services locally, so that they are asked to take the policies.
#[tokio::test]
async fn key_and_repository_take_the_policies_of_the_organization() {
    let world = World::new().await;
    let (kms, ecr) = (Kms::new(world.sessions.config()), Ecr::new(world.sessions.config()));
    let of = |id: &str| document("organization-only", id, &world.account);
    let key = kms.create_key().policy(of("Key").to_string()).send().await.unwrap().key_metadata.unwrap().key_id;
    let of_key = kms.get_key_policy().key_id(key).policy_name("default").send().await.unwrap().policy.unwrap();
    ecr.create_repository().repository_name("shared").send().await.unwrap();
    let set = ecr.set_repository_policy().repository_name("shared").policy_text(of("Repository").to_string());
    set.send().await.unwrap();
    let of_repository = ecr.get_repository_policy().repository_name("shared").send().await.unwrap().policy_text;
    for (id, text) in [("Key", of_key), ("Repository", of_repository.unwrap())] {
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), of(id), "{id}");
    }
}

#[tokio::test]
async fn managed_policies_are_made() {
    let world = World::new().await;
    let role = serde_json::json!({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties":
        {"RoleName": "developer", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}}}});
    deploy(&world, ("role", &role), vec![]).await.unwrap();
    let account = &world.account;
    for (name, others, arn) in [
        ("central-deny", vec![], format!("arn:aws:iam::{account}:policy/central-deny-policy-sandbox")),
        ("branch-protection", vec![("RoleNames", "developer")], format!("arn:aws:iam::{account}:policy/branch-prot")),
        ("region-restriction", vec![("Type", "IdentityPolicy")], format!("arn:aws:iam::{account}:policy/region-restr")),
    ] {
        let made = deploy(&world, (name, &without_refused(name)), parameters(name, &others)).await.unwrap();
        assert!(made["PolicyArn"].starts_with(&arn), "{name}: {made:?}");
    }
}

/// Fails when the local CloudFormation starts to know one of the types: it is deployed then.
#[tokio::test]
async fn the_local_cloudformation_refuses_the_types_that_are_left_out() {
    let world = World::new().await;
    let assigned = [("GroupId", "1234abcd-12ab-34cd-56ef-1234567890ab"), ("AccountId", SAMPLE_ACCOUNT)];
    let mut refused = BTreeSet::new();
    for (name, others) in [("audit-permission-set", &assigned[..]), ("region-restriction", &[])] {
        let template = Template::read(&format!("guardrails/{name}")).json;
        let why = deploy(&world, (name, &template), parameters(name, others)).await.unwrap_err();
        let (_, types) = why.split_once("Unrecognized resource types: [").unwrap_or_else(|| panic!("{name}: {why}"));
        refused.extend(types.split(']').next().unwrap().split(", ").map(String::from));
    }
    assert_eq!(refused, REFUSED.map(String::from).into());
}

#[tokio::test]
async fn organizations_takes_the_service_control_policy() {
    let world = World::new().await;
    world.make_organization().await;
    let organizations = Organizations::new(world.sessions.config());
    let document = document("region-restriction", "ServiceControlPolicy", &world.account);
    let policy = organizations.create_policy().name("signalbox-regions").description("Regions");
    let policy = policy.r#type(PolicyType::ServiceControlPolicy).content(document.to_string());
    let made = policy.send().await.unwrap().policy.unwrap();
    let kept: Value = serde_json::from_str(made.content().unwrap()).unwrap();
    assert_eq!(kept, document);
    // What SDKs send is counted with its white space.
    assert!(made.content().unwrap().len() < 5_120, "{}", made.content().unwrap().len());
}
