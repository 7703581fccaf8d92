//! The whole way: planned, delivered, looked at, and taken back.

use expect_test::{expect, expect_file};
use serde_json::json;

use super::Operator;
use crate::deliveries::{ELSEWHERE, LIVE};
use crate::world::REGION;
use crate::world::lambda::{VERSION, code, make_alias, make_function, publish, tag};
use crate::world::roles::{EXTERNAL_ID, OPERATOR, make_operator, make_operators_member, member_role};

#[tokio::test]
async fn three_accounts_in_two_regions_are_planned_delivered_and_looked_at() {
    let operator = Operator::of(3, &[REGION, ELSEWHERE]).await;
    operator.write("orders.zip", "new", operator.waves());
    let calls = operator.calls();
    let mut told = operator.told(&["plan", "orders.zip"]);
    assert_eq!(operator.changes_since(&calls), [""; 0]);
    assert_eq!(
        operator.fleet.hub.s3.list_objects_v2().bucket(bucket(&operator)).send().await.unwrap().key_count(),
        Some(0)
    );
    assert_eq!(operator.fleet.answers().await, ["old by 1"; 6], "a plan changes nothing");
    let ran = operator.run(&["run", "orders.zip"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    assert_eq!(operator.fleet.answers().await, ["new by 2"; 6]);
    told += &ran.out;
    let id = operator.id(1);
    assert_eq!(operator.run(&["status", &id]).out, ran.out, "the record says the same");
    for command in [&["plan", "orders.zip"][..], &["run", "orders.zip"], &["history", "orders"], &["drift"]] {
        told += &operator.told(command);
    }
    expect_file!["told/planned-and-delivered.txt"].assert_eq(&told);
    let plan = operator.json(&["plan", "orders.zip"]);
    let sizes: Vec<_> = plan["waves"].as_array().unwrap().iter().map(|it| it.as_array().unwrap().len()).collect();
    assert_eq!((sizes, &plan["waves"][0][0]["version"]), (vec![1, 2, 3], &json!("2")));
    assert_eq!(operator.json(&["status", &id])["status"], "succeeded");
    assert_eq!(operator.json(&["history", "orders", "--most", "1"])[0]["deployment"], id);
    assert_eq!(operator.json(&["drift", "orders"])[5]["recorded"], json!(["2"]));
}

fn bucket(operator: &Operator) -> String {
    format!("code-{}-{REGION}", operator.fleet.hub.account)
}

/// Each version that a deployment had before is reached by one command; the way back has a way back.
#[tokio::test]
async fn a_deployment_is_taken_back_with_those_after_it_and_the_way_back_too() {
    let operator = Operator::of(2, &[REGION]).await;
    for (name, says) in [("2.zip", "second"), ("3.zip", "third"), ("4.zip", "fourth")] {
        operator.write(name, says, json!({}));
        let ran = operator.run(&["run", name]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.said);
    }
    assert_eq!(operator.fleet.answers().await, ["fourth by 4"; 2]);
    let calls = operator.calls();
    let back = operator.run(&["rollback", &operator.id(1)]);
    assert_eq!(back.code, Some(0), "{}{}", back.out, back.said);
    assert_eq!(operator.fleet.answers().await, ["old by 1"; 2]);
    assert_eq!(operator.changes_since(&calls), ["lambda:UpdateAlias"; 2]);
    let mut told = back.out;
    told += &operator.told(&["rollback", &operator.id(1)]);
    let of_back = operator.id(4);
    for (id, expected) in [(operator.id(3), "third by 3"), (of_back, "fourth by 4"), (operator.id(2), "second by 2")] {
        let back = operator.run(&["rollback", &id]);
        assert_eq!(back.code, Some(0), "{}{}", back.out, back.said);
        assert_eq!(operator.fleet.answers().await, [expected; 2], "{}", back.out);
    }
    told += &operator.told(&["history", "orders"]);
    told += &operator.told(&["drift", "orders"]);
    expect_file!["told/taken-back.txt"].assert_eq(&told);
}

/// IAM judges each call: in the account by the role of the template and by the session's policy, which is of one deployment's functions.
#[tokio::test]
async fn an_operator_delivers_compares_and_takes_back_by_the_roles_of_the_templates() {
    let operator = Operator::of(1, &[REGION]).await;
    let (hub, place) = (&operator.fleet.hub, &operator.fleet.places[0]);
    make_function(place, "orders-too", code("old")).await;
    let version = publish(place, "orders-too", code("old")).await;
    make_alias(place, "orders-too", LIVE, &version).await;
    let organization = hub.make_organization().await.with_own_ids("o-exampleorgid");
    let bucket = format!("code-{}-{REGION}", hub.account);
    make_operator(hub).await;
    let given = [("OrganizationId", &*organization), ("FunctionNames", "orders*"), ("DeliveryBucket", &bucket)];
    make_operators_member(place, &hub.account, "deploy-lambda", &given).await;
    let run = |arguments: &[&str], expected: i32| {
        let mut command = operator.command(arguments);
        command.env("AWS_ACCESS_KEY_ID", format!("ASIA{}-{OPERATOR}", hub.account));
        command.env("SIGNALBOX_MEMBER_ROLE", member_role(OPERATOR)).env("SIGNALBOX_EXTERNAL_ID", EXTERNAL_ID);
        command.env("SIGNALBOX_DEPLOY_FUNCTIONS", "orders*");
        let ran = operator.tell(&command.output().unwrap());
        assert_eq!(ran.code, Some(expected), "{arguments:?}: {}{}", ran.out, ran.said);
        ran.out
    };
    operator.write("too.zip", "new", json!({"functions": [{"name": "orders-too"}]}));
    operator.write("orders.zip", "new", json!({}));
    run(&["plan", "orders.zip"], 2);
    for artifact in ["too.zip", "orders.zip"] {
        run(&["run", artifact], 0);
    }
    let drift = run(&["drift"], 0);
    assert_eq!(drift.matches(" nothing").count(), 2, "{drift}");
    run(&["rollback", &operator.id(2)], 0);
    assert_eq!(operator.fleet.answers().await, ["old by 1"]);
}

/// A wave that fails is the last one, and what moved moves back: the command says why, and is not a success.
#[tokio::test]
async fn a_deployment_that_fails_at_one_target_is_told_and_moved_back() {
    let operator = Operator::of(2, &[REGION]).await;
    tag(&operator.fleet.places[1], "orders", VERSION, Some("Failed InvalidRuntime")).await;
    operator.write("orders.zip", "new", json!({"waves": [{"percent": 50}, {"percent": 100}]}));
    let ran = operator.run(&["run", "orders.zip"]);
    assert_eq!(ran.code, Some(254), "{}{}", ran.out, ran.said);
    assert_eq!(operator.fleet.answers().await, ["old by 1"; 2]);
    expect![[r#"
        deployment DEPLOYMENT-1 (delivery): rolled back
        wave 2 of 2: ACCOUNT-2/eu-west-1/orders:live: version 2 cannot be invoked: It failed: InvalidRuntime
        by arn:aws:sts::HUB:user/moto, `signalbox deploy`, from a file of this computer; began TIME, ended TIME
        WAVE  TARGET                              BEFORE  AFTER  PHASE        WHY
        1     ACCOUNT-1/eu-west-1/orders:live  1       2      rolled back
        2     ACCOUNT-2/eu-west-1/orders:live  1       2      rolled back  version 2 cannot be invoked: It failed: InvalidRuntime
    "#]].assert_eq(&ran.out);
}
