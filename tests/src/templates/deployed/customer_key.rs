//! A function whose stacks have a key of the operator's: it does its work, and all that the stacks keep is under that key.

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

use super::account::{Account, RECORDS, TABLE};
use super::{NOT_SHARED, SHARED};
use crate::functions::share_ami::{GIVEN, Scene};

/// The key of each thing that the stacks keep, as AWS tells it.
async fn keys_of(account: &Account<Scene>) -> Vec<(&'static str, Option<String>)> {
    let (_, logs) = account.call("logs", "X-Amz-Target: Logs_20140328.DescribeLogGroups", "{}").await;
    let logs: Value = serde_json::from_str(&logs).unwrap();
    let of_log = logs["logGroups"][0]["kmsKeyId"].as_str().map(String::from);
    let function = account.lambda.get_function_configuration().function_name("share-ami").send().await.unwrap();
    let asked = account.sqs.get_queue_attributes().queue_url(&account.outputs["FailureQueueUrl"]);
    let queue = asked.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    let mut keys = vec![
        ("log", of_log),
        ("variables", function.kms_key_arn),
        ("queue", queue.get(&QueueAttributeName::KmsMasterKeyId).cloned()),
    ];
    for table in [TABLE, RECORDS[0], RECORDS[1]] {
        let told = account.scene.world.dynamodb.describe_table().table_name(table).send().await.unwrap();
        keys.push((table, told.table.unwrap().sse_description.and_then(|it| it.kms_master_key_arn)));
    }
    keys
}

#[tokio::test]
async fn under_a_key_of_the_operator_the_function_acts_and_all_that_is_kept_is_under_that_key() {
    let scene = Scene::set_up(&GIVEN, "an-image-became-available").await;
    let kms = aws_sdk_kms::Client::new(scene.world.sessions.config());
    let key = kms.create_key().send().await.unwrap().key_metadata.unwrap().arn.unwrap();
    let account = Account::of(scene, &[("KmsKeyArn", &key)]).await;
    for (what, by) in keys_of(&account).await {
        assert_eq!(by.as_deref(), Some(key.as_str()), "{what}");
    }
    assert_eq!(account.scene.picture().await, NOT_SHARED);
    let report = account.ask("share-ami", &account.scene.event).await;
    assert_eq!(report["outcome"], json!("applied"), "{report}");
    assert_eq!(account.scene.picture().await, SHARED);
    assert_eq!(account.remembered().await, [report]);
    account.delete_stacks().await;
}

#[tokio::test]
async fn without_a_key_the_keys_of_aws_encrypt() {
    let account = super::image().await;
    let keys = keys_of(&account).await;
    let ours = keys.iter().filter(|(_, by)| by.as_ref().is_some_and(|it| it.contains(":key/")));
    assert_eq!(ours.count(), 0, "{keys:?}");
    let asked = account.sqs.get_queue_attributes().queue_url(&account.outputs["FailureQueueUrl"]);
    let queue = asked.attribute_names(QueueAttributeName::All).send().await.unwrap().attributes.unwrap();
    assert_eq!(queue[&QueueAttributeName::SqsManagedSseEnabled], "true");
}
