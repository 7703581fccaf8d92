//! The templates of what rotates secrets, deployed but for what the local CloudFormation does not know, and a rotation by each of
//! the deployed functions. Secrets Manager invokes nothing here: its part is played.

use std::collections::BTreeSet;
use std::path::PathBuf;

use aws_sdk_eventbridge::Client as EventBridge;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::primitives::Blob;
use local_aws::deploy::{Deployment, Stack};
use serde_json::{Value, json};
use tokio::sync::MutexGuard;

use super::account::{ONE_AT_A_TIME, packaged, patient};
use crate::templates::{ROTATING, unconditional};
use crate::world::World;
use crate::world::databases::{HOST, POSTGRES};
use crate::world::oauth2::{CLIENT_ID, CLIENT_SECRET, Server, start_encrypted};
use crate::world::rotations::{Rotation, STEPS, make_secret, stages, value_at};

/// An account whose secrets may be rotated, too.
const MEMBER: [(&str, &str); 3] = [
    ("MemberRoleArns", "arn:aws:iam::222233334444:role/of/signalbox-member"),
    ("MemberAccountIds", "222233334444"),
    ("ExternalId", "an-id"),
];

/// A secret, and the master that it is bound to.
const PAIR: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/bearer-token-AbCdEf=app/master-MnOpQr";

/// An account in which one function is deployed.
struct Deployed {
    world: World,
    function: &'static str,
    deployment: Deployment,
    lambda: Lambda,
    _alone: MutexGuard<'static, ()>,
}

impl Deployed {
    async fn new(world: World, function: &'static str, given: &[(&str, &str)]) -> Self {
        world.create_rotations().await;
        let config = patient(&world);
        let (deployment, lambda) = (Deployment::new(&config), Lambda::new(&config));
        let alone = ONE_AT_A_TIME.lock().await;
        let bucket = format!("code-{}", world.account);
        deployment.upload(&bucket, "function.zip", packaged(function).await).await.unwrap();
        let code = [("CodeBucket", bucket.as_str()), ("CodeKey", "function.zip")];
        let parameters = given.iter().copied().chain(code).map(|(name, value)| (name.into(), value.into())).collect();
        let template = local_aws::workspace().join(format!("infra/{function}.yaml"));
        let stack = Stack { name: format!("signalbox-{function}"), template, parameters };
        let outputs = deployment.apply(&stack).await.unwrap();
        assert_eq!(outputs["RotationLogGroupName"], format!("/aws/events/{function}"));
        Self { world, function, deployment, lambda, _alone: alone }
    }

    fn stack(&self) -> String {
        format!("signalbox-{}", self.function)
    }

    /// Who may invoke the function: a service, and of which account or rule.
    async fn invokers(&self) -> BTreeSet<String> {
        let policy = self.lambda.get_policy().function_name(self.function).send().await.unwrap().policy.unwrap();
        let policy: Value = serde_json::from_str(&policy).unwrap();
        let statements = policy["Statement"].as_array().unwrap().iter();
        statements.map(|it| format!("{} where {}", it["Principal"]["Service"], it["Condition"])).collect()
    }

    /// The function's variables.
    async fn environment(&self) -> impl Fn(&str) -> String {
        let asked = self.lambda.get_function_configuration().function_name(self.function).send().await.unwrap();
        let variables = asked.environment.unwrap().variables.unwrap();
        move |name| variables.get(name).cloned().unwrap_or_default()
    }

    /// Asks the function for a step as Secrets Manager does: what it answers, or that it failed.
    async fn ask(&self, event: &str) -> Result<Value, Value> {
        let invoke = self.lambda.invoke().function_name(self.function).payload(Blob::new(event));
        let answer = invoke.send().await.unwrap();
        let said = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
        if answer.function_error().is_some() { Err(said) } else { Ok(said) }
    }

    /// All four steps; each is carried out.
    async fn rotate(&self, secret: &str) {
        let rotation = Rotation::begin(&self.world, secret).await;
        let error = self.ask(&rotation.event("setSecret")).await.expect_err("there is no value yet");
        assert_eq!(error["errorType"], "Signalbox.Refused", "{error}");
        for step in STEPS {
            let report = self.ask(&rotation.event(step)).await.unwrap_or_else(|error| panic!("{step}: {error}"));
            assert_eq!(report["outcome"], "applied", "{step}: {report}");
        }
        assert_eq!(stages(&self.world, secret).await, "old: AWSPREVIOUS; new: AWSCURRENT AWSPENDING");
    }
}

/// What a template needs in any case.
fn least(function: &str, secret: &'static str) -> Vec<(&'static str, &'static str)> {
    let of_tokens = [("TokenUrl", "https://id.example.com/token"), ("VerifyUrl", "https://id.example.com/me")];
    let of_tokens = of_tokens.into_iter().chain([("Masters", PAIR)]);
    let own = of_tokens.filter(|_| function == "rotate-bearer-token");
    own.chain([("SecretArns", secret), ("MasterSecretArns", secret)]).collect()
}

/// What stands behind a condition is made where a parameter is given, as here the member's.
#[tokio::test]
async fn what_rotates_is_deployed_with_its_rules_and_leaves_nothing_behind() {
    for (function, secret) in ROTATING {
        let given = [least(function, secret), MEMBER.to_vec()].concat();
        let deployed = Deployed::new(World::new().await, function, &given).await;
        let events = EventBridge::new(deployed.world.sessions.config());
        let mut expected = unconditional(function);
        expected.insert("MemberPermission".into());
        assert_eq!(deployed.deployment.resources(&deployed.stack()).await.unwrap(), expected, "{function}");
        let rules = events.list_rules().send().await.unwrap().rules.unwrap();
        let rules: Vec<_> = rules.iter().map(|it| it.name().unwrap().trim_start_matches(function)).collect();
        assert_eq!(BTreeSet::from_iter(rules), BTreeSet::from(["-failed", "-succeeded", "-sweep"]));
        let invokers = deployed.invokers().await;
        for account in [deployed.world.account.as_str(), "222233334444"] {
            let asked = json!({"StringEquals": {"AWS:SourceAccount": account}});
            let of_it = format!("\"secretsmanager.amazonaws.com\" where {asked}");
            assert!(invokers.contains(&of_it), "{account}: {invokers:?}");
        }
        let told = deployed.environment().await;
        assert_eq!(told("SIGNALBOX_ACCOUNTS"), format!("{},222233334444", deployed.world.account), "{function}");
        assert_eq!(told("SIGNALBOX_MEMBER_ROLE"), "of/signalbox-member", "{function}");
        assert_eq!(told("SIGNALBOX_EXTERNAL_ID"), "an-id", "{function}");
        deployed.deployment.delete(&deployed.stack()).await.unwrap();
        assert_eq!(events.list_rules().send().await.unwrap().rules(), [], "{function}");
        assert!(deployed.lambda.get_function().function_name(function).send().await.is_err(), "{function}");
    }
}

/// Without members nothing is said of other accounts, and an empty variable counts as one that is not set.
#[tokio::test]
async fn without_members_a_function_is_told_of_no_other_account() {
    let (function, secret) = ROTATING[1];
    let deployed = Deployed::new(World::new().await, function, &least(function, secret)).await;
    assert_eq!(deployed.deployment.resources(&deployed.stack()).await.unwrap(), unconditional(function));
    let told = deployed.environment().await;
    for name in ["SIGNALBOX_ACCOUNTS", "SIGNALBOX_MEMBER_ROLE", "SIGNALBOX_EXTERNAL_ID"] {
        assert_eq!(told(name), "", "{name}");
    }
}

/// An account with a secret that has a token of the server.
async fn with_token(server: &Server) -> (World, String, String) {
    let world = World::new().await;
    let master = json!({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET});
    let master = make_secret(&world, "app/master", &master).await;
    let value = json!({"access_token": server.mint(), "token_type": "Bearer", "masterarn": master});
    let secret = make_secret(&world, "app/token", &value).await;
    (world, secret, master)
}

#[tokio::test]
async fn the_deployed_function_rotates_a_token() {
    let (server, bundle) = start_encrypted("localhost").await;
    let (world, secret, master) = with_token(&server).await;
    let (mint, revoke, verify) = (server.token_url(), server.revoke_url(), server.verify_url());
    let urls = [("TokenUrl", mint.as_str()), ("RevokeUrl", &revoke), ("VerifyUrl", &verify)];
    let pair = format!("{secret}={master}");
    let secrets =
        [("SecretArns", secret.as_str()), ("MasterSecretArns", &master), ("Masters", &pair), ("CaBundle", &bundle)];
    let deployed = Deployed::new(world, "rotate-bearer-token", &[urls.as_slice(), &secrets].concat()).await;
    deployed.rotate(&secret).await;
    let value = value_at(&deployed.world, &secret, "AWSCURRENT").await.unwrap();
    let alive = server.alive();
    assert_eq!(
        (alive.len(), alive[1].as_str()),
        (2, value["access_token"].as_str().unwrap()),
        "the new one is current"
    );
    let swept = deployed.ask(r#"{"signalbox": "sweep"}"#).await.unwrap();
    assert_eq!(swept["outcome"], "unchanged", "the overlap is not over: {swept}");
    std::fs::remove_file(bundle).unwrap();
}

#[tokio::test]
async fn the_deployed_function_rotates_a_password() {
    let (world, user, first) = (World::new().await, "deployed", "the-first-one-1");
    POSTGRES.create_user(user, first).await;
    let bundle: PathBuf = std::env::temp_dir().join(format!("signalbox-deployed-{}.pem", std::process::id()));
    std::fs::write(&bundle, &POSTGRES.authority).unwrap();
    let value = json!({"engine": "postgres", "host": HOST, "port": POSTGRES.port, "username": user, "password": first});
    let secret = make_secret(&world, "app/user", &value).await;
    let given = [("SecretArns", secret.as_str()), ("CaBundle", bundle.to_str().unwrap())];
    let deployed = Deployed::new(world, "rotate-db-user", &given).await;
    deployed.rotate(&secret).await;
    let value = value_at(&deployed.world, &secret, "AWSCURRENT").await.unwrap();
    assert!(POSTGRES.lets_in(user, value["password"].as_str().unwrap()).await, "the new one is current");
    assert!(!POSTGRES.lets_in(user, first).await, "and the old one works no more");
    std::fs::remove_file(bundle).unwrap();
}
