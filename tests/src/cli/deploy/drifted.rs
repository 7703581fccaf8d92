//! What another hand changed is reported, and left alone.

use expect_test::{expect, expect_file};
use local_aws::{Fault, FaultKind};
use serde_json::json;

use super::Operator;
use crate::deliveries::{LIVE, ORDERS};
use crate::world::lambda::{lambda, publish, weight};
use crate::world::{AWS, REGION};
use crate::world::{World, lambda};

async fn move_alias(place: &World, version: &str, second: Option<&str>) {
    let moved = lambda(place).update_alias().function_name(ORDERS).name(LIVE).function_version(version);
    moved.set_routing_config(second.map(|it| weight(it, 0.1))).send().await.unwrap();
}

async fn delete_version(place: &World, version: &str) {
    lambda(place).delete_function().function_name(ORDERS).qualifier(version).send().await.unwrap();
}

#[tokio::test]
async fn an_alias_that_was_moved_from_outside_is_reported_and_a_rollback_leaves_it_alone() {
    let operator = Operator::of(4, &[REGION]).await;
    operator.write("orders.zip", "new", json!({}));
    assert_eq!(operator.run(&["run", "orders.zip"]).code, Some(0));
    let places = &operator.fleet.places;
    let theirs = publish(&places[0], ORDERS, lambda::code("theirs")).await;
    move_alias(&places[0], &theirs, None).await;
    move_alias(&places[1], "2", Some("1")).await;
    delete_version(&places[2], "1").await;
    let calls = operator.calls();
    let mut told = operator.told(&["drift"]);
    assert_eq!(operator.changes_since(&calls), [""; 0], "drift changes nothing");
    let differences = &operator.json(&["drift", "orders"])[2]["differences"];
    assert_eq!(differences, &json!([{"kind": "version-gone", "detail": "1"}]));
    told += &operator.told(&["rollback", &operator.id(1)]);
    assert_eq!(operator.fleet.answers().await, ["theirs by 3", "old by 1", "new by 2", "old by 1"]);
    told += &operator.told(&["drift", "orders"]);
    expect_file!["told/moved-from-outside.txt"].assert_eq(&told);
}

/// One account cannot be entered: it holds up no other.
#[tokio::test]
async fn an_account_that_cannot_be_entered_is_told_and_the_others_go_back() {
    let operator = Operator::of(2, &[REGION]).await;
    operator.write("orders.zip", "new", json!({}));
    assert_eq!(operator.run(&["run", "orders.zip"]).code, Some(0));
    let (hub, closed) = (&operator.fleet.hub.account, operator.fleet.places[0].account.clone());
    let (operation, times) = (Some("AssumeRole".to_owned()), usize::MAX);
    let denied = Fault { operation, contains: Some(closed), times, ..Fault::new(hub, FaultKind::AccessDenied) };
    AWS.inject(&denied);
    let told = operator.told(&["drift"]) + &operator.told(&["rollback", &operator.id(1)]);
    AWS.clear_faults(hub);
    assert_eq!(operator.fleet.answers().await, ["new by 2", "old by 1"]);
    expect![[r#"
        $ signalbox deploy drift
        TARGET                              RECORDED  FOUND  DEPLOYMENT                            WHAT DIFFERS
        ACCOUNT-1/eu-west-1/orders:live  2         -      DEPLOYMENT-1  it could not be read: entering account ACCOUNT-1: assuming arn:aws:iam::ACCOUNT-1:role/signalbox-deploy-lambda as SignalboxDelivery (it has to trust us, with sts:SetSourceIdentity): AWS answered AccessDenied: You are not authorized to perform this operation; give the role this permission and send the event again
        ACCOUNT-2/eu-west-1/orders:live  2         2      DEPLOYMENT-1  nothing
        exit 254
        $ signalbox deploy rollback DEPLOYMENT-1
        deployment DEPLOYMENT-2
        deployment DEPLOYMENT-2 (rollback of DEPLOYMENT-1): stopped
        wave 1 of 1: ACCOUNT-1/eu-west-1/orders:live: it could not be read: entering account ACCOUNT-1: assuming arn:aws:iam::ACCOUNT-1:role/signalbox-deploy-lambda as SignalboxDelivery (it has to trust us, with sts:SetSourceIdentity): AWS answered AccessDenied: You are not authorized to perform this operation; give the role this permission and send the event again; left alone: ACCOUNT-1/eu-west-1/orders:live
        by arn:aws:sts::HUB:user/moto, `signalbox deploy`, from the records, from before deployment DEPLOYMENT-1; began TIME, ended TIME
        WAVE  TARGET                              BEFORE  AFTER  PHASE       WHY
        1     ACCOUNT-1/eu-west-1/orders:live  -       -      left alone  it could not be read: entering account ACCOUNT-1: assuming arn:aws:iam::ACCOUNT-1:role/signalbox-deploy-lambda as SignalboxDelivery (it has to trust us, with sts:SetSourceIdentity): AWS answered AccessDenied: You are not authorized to perform this operation; give the role this permission and send the event again
        1     ACCOUNT-2/eu-west-1/orders:live  2       1      done
        exit 254
    "#]].assert_eq(&told);
}

/// A function that was deleted, and made anew with other code under the same numbers.
#[tokio::test]
async fn a_function_that_is_gone_or_made_anew_is_reported() {
    let operator = Operator::of(2, &[REGION]).await;
    operator.write("orders.zip", "new", json!({}));
    assert_eq!(operator.run(&["run", "orders.zip"]).code, Some(0));
    for place in &operator.fleet.places {
        lambda(place).delete_function().function_name(ORDERS).send().await.unwrap();
    }
    let place = &operator.fleet.places[1];
    lambda::make_function(place, ORDERS, lambda::code("one")).await;
    for says in ["one", "two"] {
        publish(place, ORDERS, lambda::code(says)).await;
    }
    lambda::make_alias(place, ORDERS, LIVE, "2").await;
    expect![[r#"
        $ signalbox deploy drift
        TARGET                              RECORDED  FOUND  DEPLOYMENT                            WHAT DIFFERS
        ACCOUNT-1/eu-west-1/orders:live  2         -      DEPLOYMENT-1  the alias is gone
        ACCOUNT-2/eu-west-1/orders:live  2         2      DEPLOYMENT-1  $LATEST has other code than was delivered; version 2 has other code than was delivered
        exit 2
    "#]].assert_eq(&operator.told(&["drift"]));
}
