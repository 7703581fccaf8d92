//! The templates of what rotates secrets, deployed but for what the local CloudFormation does not know.

use std::collections::BTreeSet;

use aws_sdk_eventbridge::Client as EventBridge;
use aws_sdk_lambda::Client as Lambda;
use local_aws::deploy::{Deployment, Stack, package};
use serde_json::{Value, json};

use super::account::ONE_AT_A_TIME;
use crate::built::binary;
use crate::infra::ROTATING;
use crate::world::World;

fn stack(function: &str, secret: &str, bucket: &str) -> Stack {
    let of_tokens = [("TokenUrl", "https://id.example.com/token"), ("VerifyUrl", "https://id.example.com/me")];
    let own = of_tokens.into_iter().filter(|_| function == "rotate-bearer-token");
    let secrets = [("SecretArns", secret), ("MasterSecretArns", secret)];
    let code = [("CodeBucket", bucket), ("CodeKey", "function.zip")];
    Stack {
        name: format!("signalbox-{function}"),
        template: local_aws::workspace().join(format!("infra/{function}.yaml")),
        parameters: own.chain(secrets).chain(code).map(|(name, value)| (name.into(), value.into())).collect(),
    }
}

/// Who may invoke the function: a service, and of which account or rule.
async fn invokers(lambda: &Lambda, function: &str) -> BTreeSet<String> {
    let policy = lambda.get_policy().function_name(function).send().await.unwrap().policy.unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    statements.map(|it| format!("{} where {}", it["Principal"]["Service"], it["Condition"])).collect()
}

#[tokio::test]
async fn what_rotates_is_deployed_with_its_rules_and_leaves_nothing_behind() {
    for (function, secret) in ROTATING {
        let world = World::new().await;
        let config = world.sessions.config();
        let (deployment, events, lambda) = (Deployment::new(config), EventBridge::new(config), Lambda::new(config));
        let _alone = ONE_AT_A_TIME.lock().await;
        let bucket = format!("code-{}", world.account);
        deployment.upload(&bucket, "function.zip", package(&binary(function)).unwrap()).await.unwrap();
        let stack = stack(function, secret, &bucket);
        let outputs = deployment.apply(&stack).await.unwrap();
        assert_eq!(outputs["RotationLogGroupName"], format!("/aws/events/{function}"));
        let rules = events.list_rules().send().await.unwrap().rules.unwrap();
        let rules: Vec<_> = rules.iter().map(|it| it.name().unwrap().trim_start_matches(function)).collect();
        let sweep: &[&str] = if function == "rotate-bearer-token" { &["-sweep"] } else { &[] };
        assert_eq!(BTreeSet::from_iter(rules), ["-failed", "-succeeded"].iter().chain(sweep).copied().collect());
        let asked = json!({"StringEquals": {"AWS:SourceAccount": world.account}});
        let of_ours = format!("\"secretsmanager.amazonaws.com\" where {asked}");
        assert!(invokers(&lambda, function).await.contains(&of_ours), "{:?}", invokers(&lambda, function).await);
        deployment.delete(&stack.name).await.unwrap();
        assert_eq!(events.list_rules().send().await.unwrap().rules(), [], "{function}");
        assert!(lambda.get_function().function_name(function).send().await.is_err(), "{function}");
    }
}
