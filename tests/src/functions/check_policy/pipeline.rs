//! A pipeline of policies and the function, both deployed: a policy is refused, corrected, and made.

use aws_sdk_codepipeline::types::ActionExecution;
use expect_test::expect;

use super::binary::deployed;
use super::{READERS, Scene, Sent};
use crate::world::pipelines::{Watched, deploy_pipeline, put_version};
use crate::world::scene::Scene as _;

/// The same policy, before it was corrected.
const EVERYTHING: Sent = Sent {
    policy: r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]}"#,
    metadata: READERS.metadata,
};

/// What the pipeline shows of the stage, with the ids of the samples.
fn told(scene: &Scene, run: &ActionExecution) -> String {
    let error = run.error_details().map(|it| format!("{}: {}", it.code().unwrap(), it.message().unwrap()));
    let text = error.or_else(|| run.summary().map(String::from)).unwrap_or_default();
    scene.with_sample_ids(&text)
}

#[tokio::test]
async fn a_policy_that_was_refused_is_corrected_and_made_through_the_deployed_pipeline() {
    let account = deployed().await;
    let scene = &account.scene;
    let both = (&scene.requester, &scene.world);
    let outputs = deploy_pipeline(both, "check-policy", &[], |_| {}).await;
    let watched = Watched::new(&scene.requester, &outputs["PipelineName"]);
    watched.executions_when(1).await;
    let ask = async |sent: &Sent| {
        put_version(&scene.requester, &outputs["SourceBucketName"], "policy.zip", &sent.zip()).await;
    };
    ask(&EVERYTHING).await;
    let refused = watched.run_when("Check", "Failed").await;
    expect![[r#"
        ConfigurationError: Policy creation request rejected: * permissions not allowed in both actions and resources
        error: policy.json:1:72:/Statement/0/Action/0: all actions are allowed on everything (`*`); name the actions and the things that are needed (all-on-all)"#]].assert_eq(&told(scene, &refused));
    assert_eq!(scene.policies().await, "", "nothing was made");
    ask(&READERS).await;
    let made = watched.run_when("Check", "Succeeded").await;
    expect!["the policy is arn:aws:iam::222233334444:policy/signalbox/data-readers; judged as type identity with the statements of central-deny-policy-sandbox v1 appended, by AWS's actions of 2026-09-26: nothing was found; second opinion: not run (SIGNALBOX_SECOND_OPINION is none)"].assert_eq(&told(scene, &made));
    assert!(scene.policies().await.starts_with("signalbox/data-readers: v1 "), "{}", scene.policies().await);
    assert_eq!(watched.outcomes_when(3).await, ["Failed", "Failed", "Succeeded"]);
    account.delete_stacks().await;
}
