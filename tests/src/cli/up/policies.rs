//! What `signalbox up` tells to try with its pipeline of policies: one is refused, corrected, and made.

use std::time::Duration;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::ActionExecution;
use aws_sdk_iam::types::PolicyScopeType;

use super::Up;
use crate::world::pipelines::{PIPELINE, run};

/// Another process has nothing to wait for but its answers.
const BETWEEN: Duration = Duration::from_millis(50);

/// Tries each line out.
pub async fn try_out(up: &Up, lines: &[String]) {
    let [refused, shown, corrected, listed] = lines else { panic!("{lines:#?}") };
    let account = refused.split(' ').next().unwrap().strip_prefix("AWS_ACCESS_KEY_ID=").unwrap();
    let of_account = format!("AWS_ACCESS_KEY_ID={account} aws ");
    assert!(lines.iter().all(|line| line.starts_with(&of_account)), "{lines:#?}");
    assert!(shown.contains(&format!(" codepipeline get-pipeline-state --name {PIPELINE} ")), "{shown}");
    let sessions = up.account(Some(account)).await;
    let client = Client::new(sessions.config());
    put(sessions.config(), refused).await;
    let failed = ended(&client, "Failed").await.error_details.unwrap();
    let why = "Policy creation request rejected: * permissions not allowed in both actions and resources";
    assert!(failed.message().unwrap().starts_with(why), "{failed:?}");
    put(sessions.config(), corrected).await;
    let made = ended(&client, "Succeeded").await;
    assert!(made.summary().unwrap().contains(":policy/signalbox/data-readers"), "{made:?}");
    assert!(listed.contains(" iam list-policies --scope Local "), "{listed}");
    let iam = aws_sdk_iam::Client::new(sessions.config());
    let policies = iam.list_policies().scope(PolicyScopeType::Local).send().await.unwrap();
    let names: Vec<_> = policies.policies().iter().map(|it| it.policy_name().unwrap()).collect();
    assert_eq!(names, ["data-readers"]);
}

/// `aws s3 cp FILE s3://BUCKET/KEY`
async fn put(config: &aws::SdkConfig, line: &str) {
    let words: Vec<_> = line.split(' ').collect();
    let [_, "aws", "s3", "cp", file, to, ..] = words[..] else { panic!("{line}") };
    let (bucket, key) = to.strip_prefix("s3://").unwrap().split_once('/').unwrap();
    let content = std::fs::read(file).unwrap();
    aws_sdk_s3::Client::new(config).put_object().bucket(bucket).key(key).body(content.into()).send().await.unwrap();
}

/// The last run of the stage, as soon as it has this status.
async fn ended(client: &Client, status: &str) -> ActionExecution {
    let mut looks = tokio::time::interval(BETWEEN);
    loop {
        looks.tick().await;
        let told = client.get_pipeline_state().name(PIPELINE).send().await.unwrap();
        match run(&told, "Check") {
            Some(found) if found.status().unwrap().as_str() == status => return found,
            _ => {}
        }
    }
}
