//! The runbook's commands about names of clusters, secrets, and what AWS is only asked for.

use serde_json::{Value, json};

use super::Part;
use crate::functions::emr_dns::{GIVEN, Scene};
use crate::templates::deployed::{DeployedAccount, done};
use crate::world::operator::Operator;
use crate::world::rotations::{Rotation, make_secret, stages};
use crate::world::scene::Scene as _;

pub const COMMANDS: &[&str] = &[
    "aws emr list-clusters --active",
    "aws lambda invoke --function-name emr-dns",
    "aws rds describe-db-instances",
    "aws secretsmanager get-secret-value",
    "aws secretsmanager rotate-secret",
    "aws secretsmanager update-secret-version-stage",
    "aws ssm describe-instance-information",
    "signalbox dns --drift",
];

#[tokio::test]
async fn names_are_shown_and_made_right_and_a_rotation_is_begun_anew() {
    let account: DeployedAccount<Scene> = DeployedAccount::set_up(&GIVEN, "it-is-time-to-sweep").await;
    let world = &account.scene.world;
    let (operator, mut part) = (Operator::of(&world.account, &[]), Part::of(COMMANDS));
    let zones =
        account.scene.parameters().into_iter().find_map(|(name, value)| (name == "HostedZoneIds").then_some(value));
    let drift = format!("SIGNALBOX_DNS_ZONES={} {}", zones.unwrap(), part.take("signalbox dns --drift", &[]));
    let drifted = operator.run(&drift);
    assert!(drifted.code == Some(0) && drifted.out.contains("missing: to be "), "{}{}", drifted.out, drifted.said);
    let swept = operator.run(&part.take("aws lambda invoke --function-name emr-dns", &[]));
    done(&swept);
    assert!(swept.out.contains("\"outcome\": \"applied\""), "{}", swept.out);
    let right = operator.run(&drift);
    assert!(right.code == Some(0) && !right.out.contains("missing"), "{}{}", right.out, right.said);
    for asked in
        ["aws emr list-clusters --active", "aws rds describe-db-instances", "aws ssm describe-instance-information"]
    {
        done(&operator.run(&part.take(asked, &[])));
    }
    let secret = make_secret(world, "app", &json!({"password": "old"})).await;
    let rotation = Rotation::begin(world, "app").await;
    let own = [("ARN", secret.as_str()), ("VERSION", rotation.token.as_str())];
    let read = operator.run(&part.take("aws secretsmanager get-secret-value", &own[..1]));
    done(&read);
    let read: Value = serde_json::from_str(&read.out).unwrap();
    assert_eq!(read["SecretString"], "{\"password\":\"old\"}");
    done(&operator.run(&part.take("aws secretsmanager update-secret-version-stage", &own)));
    assert!(!stages(world, "app").await.contains("AWSPENDING"), "{}", stages(world, "app").await);
    done(&operator.run(&part.take("aws secretsmanager rotate-secret", &own[..1])));
    assert!(stages(world, "app").await.contains("AWSPENDING"), "{}", stages(world, "app").await);
    part.assert_all_ran();
}
