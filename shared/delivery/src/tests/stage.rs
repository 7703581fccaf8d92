//! Which part of an order a stage of a pipeline deploys.

use std::collections::BTreeMap;

use expect_test::expect;
use reaction::Finding;

use super::settings;
use crate::{Order, Target};

const TARGETS: &str = r#""targets": [{"accounts": ["111122223333", "222233334444"], "units": ["ou-ab12-cd34ef56"], "regions": ["eu-west-1", "us-east-1"]}]"#;

/// The waves of a stage, or the findings.
fn divide(waves: &str, parameters: &str) -> String {
    let text = format!(r#"{{"functions": [{{"name": "orders"}}], {TARGETS}, "waves": {waves}}}"#);
    let units = BTreeMap::from([("ou-ab12-cd34ef56".to_owned(), ["333344445555".parse().unwrap()].into())]);
    let told = |found: Vec<Finding>| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let line = |wave: &Vec<Target>| wave.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let divided = Order::read_for(&text, &settings(), parameters).and_then(|order| order.divide(&units));
    divided.map_or_else(told, |waves| waves.iter().map(line).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_stage_deploys_the_targets_of_its_accounts_in_waves_of_their_own() {
    let waves = r#"[{"percent": 50}, {"percent": 100}]"#;
    expect![[r#"
        222233334444/eu-west-1/orders:live
        222233334444/us-east-1/orders:live"#]]
    .assert_eq(&divide(waves, r#"{"accounts": ["222233334444"]}"#));
    expect![[r#"
        333344445555/eu-west-1/orders:live
        333344445555/us-east-1/orders:live"#]]
    .assert_eq(&divide(waves, r#"{"accounts": ["333344445555"]}"#));
    assert_eq!(divide(waves, "").lines().flat_map(|it| it.split(' ')).count(), 6, "without parameters, all");
}

#[test]
fn a_wave_of_another_account_is_left_out() {
    let waves = r#"[{"targets": ["111122223333"]}, {"targets": ["222233334444/us-east-1"]}, {"percent": 100}]"#;
    expect![[r#"
        222233334444/us-east-1/orders:live
        222233334444/eu-west-1/orders:live"#]]
    .assert_eq(&divide(waves, r#"{"accounts": ["222233334444"]}"#));
}

#[test]
fn what_is_wrong_with_another_stage_is_said_in_each() {
    let waves = r#"[{"targets": ["555566667777"]}, {"percent": 100}]"#;
    let found = divide(waves, r#"{"accounts": ["111122223333"]}"#);
    assert!(found.contains("deploy.json:/waves/0: this wave has no target"), "{found}");
}

#[test]
fn parameters_that_are_none_deploy_nothing() {
    let waves = r#"[{"percent": 100}]"#;
    let all = [
        r#"{"accounts": ["444455556666"]}"#,
        r#"{"accounts": []}"#,
        r#"{"accounts": ["dev"]}"#,
        r#"{"account": ["111122223333"]}"#,
        "dev",
        "{}",
        " ",
    ];
    let found: Vec<_> = all.iter().map(|it| divide(waves, it)).collect();
    expect![[r#"
        error: UserParameters: no target of deploy.json is in an account of this stage; name targets in its accounts, or take the stage out of the pipeline (stage)
        error: UserParameters: they name no account; write {"accounts": [".."]} in the pipeline's action, or nothing for all targets (stage)
        error: UserParameters: they cannot be read: `dev` is not an account id of 12 digits, such as "111122223333" at line 1 column 20; write {"accounts": [".."]} in the pipeline's action, or nothing for all targets (stage)
        error: UserParameters: they cannot be read: unknown field `account`, expected `accounts` at line 1 column 10; write {"accounts": [".."]} in the pipeline's action, or nothing for all targets (stage)
        error: UserParameters: they cannot be read: expected value at line 1 column 1; write {"accounts": [".."]} in the pipeline's action, or nothing for all targets (stage)
        error: UserParameters: they cannot be read: missing field `accounts` at line 1 column 2; write {"accounts": [".."]} in the pipeline's action, or nothing for all targets (stage)
        error: UserParameters: they cannot be read: EOF while parsing a value at line 1 column 1; write {"accounts": [".."]} in the pipeline's action, or nothing for all targets (stage)"#]].assert_eq(&found.join("\n"));
}
