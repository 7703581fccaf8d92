//! The documented policy of a customer managed key admits the services to what the templates make, and not one step further, as an IAM
//! engine that is not ours says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::keys::{KEY, templates};
use super::template::{Parameters, resolved};
use crate::world::AWS;

const PAGE: &str = "docs/guides/customer-key.md";
const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";
const LOGS: &str = "logs.eu-west-1.amazonaws.com";
const EVENTS: &str = "events.amazonaws.com";
const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";

/// The policy, which is the page's only block of JSON.
fn policy() -> Value {
    let page = std::fs::read_to_string(local_aws::workspace().join(PAGE)).unwrap();
    let blocks: Vec<_> = page.split("```json\n").skip(1).map(|it| it.split("```").next().unwrap()).collect();
    let [block] = blocks[..] else { panic!("{PAGE}: one policy, not {}", blocks.len()) };
    serde_json::from_str(block).unwrap_or_else(|error| panic!("{PAGE}: {error}"))
}

/// Whether the policy lets a service use the key under these conditions: those of its statements that name the service are asked.
async fn admits(service: &str, action: &str, context: &Value) -> bool {
    let mut statements = policy()["Statement"].as_array().unwrap().clone();
    statements.retain(|it| it["Principal"]["Service"] == service);
    for statement in &mut statements {
        statement.as_object_mut().unwrap().remove("Principal");
    }
    let policies = json!([{"PolicyName": "key", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}]);
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}});
    let template = json!({"Parameters": {}, "Resources": {"Key": role}});
    let call =
        json!({"account": ACCOUNT, "region": "eu-west-1", "action": action, "resource": KEY, "context": context});
    AWS.ask_iam((&template, "Key"), &json!({}), &[call]).await.unwrap()[0].is_null()
}

/// The names that the templates give to resources of a type.
fn names_of(kind: &str, property: &str) -> BTreeSet<String> {
    let defaults: Parameters = [("BusName", json!("signalbox"))].into();
    let all = templates();
    let named = all.iter().flat_map(|it| it.resources(kind)).map(|(_, it)| resolved(&it[property], &defaults));
    named.map(|it| it.as_str().unwrap_or_else(|| panic!("{kind}: {it}")).to_owned()).collect()
}

#[test]
fn the_policy_names_who_it_admits() {
    let policy = policy();
    let statements = policy["Statement"].as_array().unwrap();
    let mut services = BTreeSet::new();
    for statement in statements {
        let (effect, principal) = (&statement["Effect"], &statement["Principal"]);
        assert_eq!((effect, &statement["Resource"]), (&json!("Allow"), &json!("*")), "{statement}");
        let Some(service) = principal["Service"].as_str() else {
            assert_eq!(principal, &json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}), "{statement}");
            continue;
        };
        services.insert(service);
        let is_description = statement["Action"] == "kms:DescribeKey";
        assert!(is_description || statement.get("Condition").is_some(), "for whom {service} acts: {statement}");
    }
    assert_eq!(services, BTreeSet::from([CLOUDWATCH, EVENTS, LOGS]));
    let iam = &statements[0];
    assert_eq!(iam["Action"], "kms:*", "KMS refuses a policy by which its caller cannot change the key any more");
}

#[tokio::test]
async fn logs_of_the_functions_are_encrypted_and_no_others() {
    let context = |account: &str, group: &str| json!({"kms:EncryptionContext:aws:logs:arn": format!("arn:aws:logs:eu-west-1:{account}:log-group:{group}")});
    let groups = names_of("AWS::Logs::LogGroup", "LogGroupName");
    assert!(groups.len() >= 10, "{groups:?}");
    for group in groups {
        for action in ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey"] {
            assert!(admits(LOGS, action, &context(ACCOUNT, &group)).await, "{group}: {action}");
        }
        assert!(!admits(LOGS, "kms:Decrypt", &context(OTHER, &group)).await, "{group} of another account");
        assert!(!admits(EVENTS, "kms:Decrypt", &context(ACCOUNT, &group)).await, "{group}, by EventBridge");
    }
    assert!(!admits(LOGS, "kms:Decrypt", &context(ACCOUNT, "/ecs/customers")).await);
    assert!(!admits(LOGS, "kms:Decrypt", &json!({})).await, "anything at all");
    assert!(!admits(LOGS, "kms:PutKeyPolicy", &context(ACCOUNT, "/aws/lambda/share-ami")).await);
}

#[tokio::test]
async fn eventbridge_keeps_events_that_failed_for_this_account_only() {
    let context = |source: &str, queue: &str| {
        let arn = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:{queue}");
        json!({"aws:SourceAccount": source, "kms:EncryptionContext:aws:sqs:arn": arn})
    };
    let queues = names_of("AWS::SQS::Queue", "QueueName");
    assert!(queues.len() >= 10, "{queues:?}");
    for queue in queues {
        for action in ["kms:GenerateDataKey", "kms:Decrypt"] {
            assert!(admits(EVENTS, action, &context(ACCOUNT, &queue)).await, "{queue}: {action}");
        }
        assert!(!admits(EVENTS, "kms:Decrypt", &context(OTHER, &queue)).await, "{queue}, for another account");
        assert!(!admits(LOGS, "kms:Decrypt", &context(ACCOUNT, &queue)).await, "{queue}, by CloudWatch Logs");
    }
    assert!(!admits(EVENTS, "kms:Decrypt", &context(ACCOUNT, "orders")).await);
    assert!(!admits(EVENTS, "kms:Decrypt", &json!({"aws:SourceAccount": ACCOUNT})).await, "anything at all");
}

#[tokio::test]
async fn eventbridge_sends_to_the_topics_of_this_account_only() {
    let context = |source: &str, topic: &str| {
        let arn = format!("arn:aws:sns:eu-west-1:{ACCOUNT}:{topic}");
        json!({"aws:SourceAccount": source, "kms:EncryptionContext:aws:sns:topicArn": arn})
    };
    // The name is a parameter, whose default the page has.
    let topic = "signalbox-patch-reports";
    for action in ["kms:GenerateDataKey", "kms:Decrypt"] {
        assert!(admits(EVENTS, action, &context(ACCOUNT, topic)).await, "{action}");
    }
    assert!(!admits(EVENTS, "kms:Decrypt", &context(OTHER, topic)).await, "for another account");
    assert!(!admits(EVENTS, "kms:Decrypt", &context(ACCOUNT, "orders")).await);
    assert!(!admits(LOGS, "kms:Decrypt", &context(ACCOUNT, topic)).await);
}

#[tokio::test]
async fn cloudwatch_sends_alarms_to_their_topic_for_this_account_only() {
    let context = |source: &str, topic: &str| {
        let arn = format!("arn:aws:sns:eu-west-1:{ACCOUNT}:{topic}");
        json!({"aws:SourceAccount": source, "kms:EncryptionContext:aws:sns:topicArn": arn})
    };
    for action in ["kms:GenerateDataKey", "kms:Decrypt"] {
        assert!(admits(CLOUDWATCH, action, &context(ACCOUNT, "signalbox-alarms")).await, "{action}");
    }
    assert!(!admits(CLOUDWATCH, "kms:Decrypt", &context(OTHER, "signalbox-alarms")).await, "for another account");
    assert!(!admits(CLOUDWATCH, "kms:Decrypt", &context(ACCOUNT, "orders")).await);
    assert!(!admits(EVENTS, "kms:Decrypt", &context(ACCOUNT, "signalbox-alarms")).await, "by EventBridge");
}

#[tokio::test]
async fn eventbridge_encrypts_the_archive_of_the_bus_and_of_no_other() {
    let context = |account: &str, rest: &str| {
        let arn = format!("arn:aws:events:eu-west-1:{account}:{rest}");
        json!({"kms:EncryptionContext:aws:events:event-bus:arn": arn})
    };
    let archives = names_of("AWS::Events::Archive", "ArchiveName").into_iter().map(|it| format!("archive/{it}"));
    let buses = names_of("AWS::Events::EventBus", "Name").into_iter().map(|it| format!("event-bus/{it}"));
    for kept in archives.chain(buses) {
        for action in ["kms:GenerateDataKey", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"] {
            assert!(admits(EVENTS, action, &context(ACCOUNT, &kept)).await, "{kept}: {action}");
        }
        assert!(!admits(EVENTS, "kms:Decrypt", &context(OTHER, &kept)).await, "{kept} of another account");
    }
    assert!(!admits(EVENTS, "kms:Decrypt", &context(ACCOUNT, "event-bus/orders")).await);
    assert!(admits(EVENTS, "kms:DescribeKey", &json!({})).await);
}
