//! What is refused before the first change, with the place and the fix.

use expect_test::{expect, expect_file};
use serde_json::json;

use super::Operator;
use crate::deliveries::{LIVE, ORDERS};
use crate::world::REGION;
use crate::world::lambda::{code, lambda};

#[tokio::test]
async fn a_wrong_artifact_is_told_with_its_place_and_nothing_is_asked_of_aws() {
    let operator = Operator::of(1, &[REGION]).await;
    std::fs::write(operator.folder.join("text.zip"), "something else").unwrap();
    operator.write_files("no-order.zip", &[("lambda.zip", &code("new"))]);
    operator.write_files("broken.zip", &[("deploy.json", b"{\"functions\": ["), ("lambda.zip", &code("new"))]);
    operator.write_files("no-code.zip", &[("deploy.json", operator.fleet.order(json!({})).as_bytes())]);
    let of_another = operator.fleet.order(json!({"functions": [{"name": "billing", "alias": "prod", "after": "rm"}]}));
    operator.write_files("another.zip", &[("deploy.json", of_another.as_bytes()), ("lambda.zip", &code("new"))]);
    let (calls, before) = (operator.fleet.hub.calls(), operator.calls());
    let mut told = String::new();
    for command in ["plan", "run"] {
        for name in ["missing.zip", "text.zip", "no-order.zip", "broken.zip", "no-code.zip", "another.zip"] {
            let once = operator.told(&[command, name]);
            assert!(once.ends_with("exit 252\n"), "{once}");
            if command == "plan" {
                told += &once;
            }
        }
    }
    expect_file!["told/wrong-artifacts.txt"].assert_eq(&told);
    assert_eq!((operator.fleet.hub.calls(), operator.calls()), (calls, before));
}

#[tokio::test]
async fn a_deployment_that_is_not_recorded_and_a_setting_that_is_missing_are_told() {
    let operator = Operator::of(1, &[REGION]).await;
    operator.write("orders.zip", "new", json!({}));
    let mut told = String::new();
    for command in [&["status", "nowhere"][..], &["rollback", "nowhere"], &["run", "--resume", "nowhere"]] {
        told += &operator.told(command);
    }
    told += &operator.told(&["history", "billing"]);
    told += &operator.told(&["drift", "billing"]);
    told += &operator.told(&["run", "orders.zip", "--deploy-functions="]);
    told += &operator.told(&["run", "orders.zip", "--accounts", "999988887777"]);
    told += &operator.told(&["history", "orders", "--deployments-table", "another"]);
    expect![[r#"
        $ signalbox deploy status nowhere
        error: there is no deployment nowhere; `signalbox deploy history FUNCTION` lists those of a function
        exit 252
        $ signalbox deploy rollback nowhere
        error: there is no deployment nowhere; `signalbox deploy history FUNCTION` lists those of a function
        exit 252
        $ signalbox deploy run --resume nowhere
        error: there is no deployment nowhere; `signalbox deploy history FUNCTION` lists those of a function
        exit 252
        $ signalbox deploy history billing
        no deployment of billing is recorded
        exit 0
        $ signalbox deploy drift billing
        no deployment is recorded
        exit 0
        $ signalbox deploy run orders.zip --deploy-functions=
        error: the environment variable SIGNALBOX_DEPLOY_FUNCTIONS is not set: set it to the names of the functions that may be delivered, separated by commas; a name that ends with * stands for all that begin so
        exit 253
        $ signalbox deploy run orders.zip --accounts 999988887777
        looking at every target
        error: ACCOUNT-1/eu-west-1/orders:live: entering account ACCOUNT-1: account ACCOUNT-1 is not one of SIGNALBOX_ACCOUNTS; nothing was touched there
        exit 254
        $ signalbox deploy history orders --deployments-table another
        error: reading the history of orders from another: AWS answered ResourceNotFoundException: Requested resource not found
        exit 254
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn a_preflight_that_finds_something_at_one_target_changes_nothing_at_any() {
    let operator = Operator::of(2, &[REGION]).await;
    lambda(&operator.fleet.places[1]).delete_alias().function_name(ORDERS).name(LIVE).send().await.unwrap();
    operator.write("orders.zip", "new", json!({}));
    let calls = operator.calls();
    let told = operator.told(&["plan", "orders.zip"]) + &operator.told(&["run", "orders.zip"]);
    expect![[r#"
        $ signalbox deploy plan orders.zip
        error: the preflight failed, and nothing was changed anywhere:
        error: ACCOUNT-2/eu-west-1/orders:live: there is no alias live; publish a version, and make the alias for it (missing)
        exit 254
        $ signalbox deploy run orders.zip
        looking at every target
        error: the preflight failed, and nothing was changed anywhere:
        error: ACCOUNT-2/eu-west-1/orders:live: there is no alias live; publish a version, and make the alias for it (missing)
        exit 254
    "#]].assert_eq(&told);
    assert_eq!(operator.changes_since(&calls), [""; 0]);
    assert_eq!(operator.run(&["history", "orders"]).out, "no deployment of orders is recorded\n");
}
