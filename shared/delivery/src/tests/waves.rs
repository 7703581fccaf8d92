//! Which wave has which target.

use std::collections::BTreeMap;

use expect_test::expect;

use super::settings;
use crate::Order;
use crate::waves::Units;

const ACCOUNTS: &str = r#""accounts": ["111122223333", "222233334444"], "units": ["ou-ab12-cd34ef56"], "regions": ["eu-west-1", "us-east-1"]"#;

fn divide(waves: &str) -> Result<String, String> {
    let text = format!(r#"{{"functions": [{{"name": "orders"}}], "targets": [{{{ACCOUNTS}}}], "waves": {waves}}}"#);
    let order = Order::read(&text, &settings()).unwrap();
    let units: Units = BTreeMap::from([("ou-ab12-cd34ef56".to_owned(), ["333344445555".parse().unwrap()].into())]);
    let told = |found: Vec<reaction::Finding>| found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let waves = order.divide(&units).map_err(told)?;
    let line = |wave: &Vec<crate::Target>| wave.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    Ok(waves.iter().map(line).collect::<Vec<_>>().join("\n"))
}

#[test]
fn percentages_are_of_all_targets_and_the_first_wave_has_one_at_least() {
    expect![[r#"
        111122223333/eu-west-1/orders:live
        111122223333/us-east-1/orders:live 222233334444/eu-west-1/orders:live
        222233334444/us-east-1/orders:live 333344445555/eu-west-1/orders:live 333344445555/us-east-1/orders:live"#]]
    .assert_eq(&divide(r#"[{"percent": 1}, {"percent": 50}, {"percent": 100}]"#).unwrap());
}

#[test]
fn a_wave_may_select_by_account_region_both_and_unit() {
    let waves = r#"[{"targets": ["222233334444/eu-west-1"]}, {"targets": ["ou-ab12-cd34ef56", "222233334444"]}, {"targets": ["eu-west-1", "us-east-1"]}]"#;
    expect![[r#"
        222233334444/eu-west-1/orders:live
        222233334444/us-east-1/orders:live 333344445555/eu-west-1/orders:live 333344445555/us-east-1/orders:live
        111122223333/eu-west-1/orders:live 111122223333/us-east-1/orders:live"#]]
    .assert_eq(&divide(waves).unwrap());
}

#[test]
fn no_target_is_forgotten_and_no_wave_is_empty() {
    expect![[r#"
        error: deploy.json:/waves/0: this wave has no target: the waves before took all that it selects; leave it out, or select others (waves)
        error: deploy.json:/waves: 3 of 6 targets are in no wave, such as 222233334444/us-east-1/orders:live; end with {"percent": 100} (waves)"#]].assert_eq(&divide(r#"[{"targets": ["444455556666"]}, {"percent": 50}]"#).unwrap_err());
}

#[test]
fn a_name_in_a_wave_that_is_no_target_is_said_with_its_place() {
    expect![[r#"
        error: deploy.json:/waves/0/targets/1: `555566667777` is not a target of this deployment; name it in /targets, or leave it out of the wave (waves)
        error: deploy.json:/waves/0/targets/2: `eu-west-9` is not a target of this deployment; name it in /targets, or leave it out of the wave (waves)
        error: deploy.json:/waves/0/targets/3: `ou-ab12-99999999` is not a target of this deployment; name it in /targets, or leave it out of the wave (waves)"#]].assert_eq(
        &divide(
            r#"[{"targets": ["222233334444", "555566667777", "eu-west-9", "ou-ab12-99999999"]}, {"percent": 100}]"#,
        )
        .unwrap_err(),
    );
}

/// A few names ask for more than a million targets: they are counted no further than there may be.
#[test]
fn more_targets_than_there_may_be_are_refused_before_they_are_made() {
    let accounts: Vec<_> = (0..200).map(|it| format!("\"{it:012}\"")).collect();
    let group = format!(r#"{{"accounts": [{}], "regions": ["eu-west-1", "us-east-1"]}}"#, accounts.join(","));
    let text = format!(r#"{{"functions": [{{"name": "orders"}}], "targets": [{group}]}}"#);
    let order = Order::read(&text, &settings()).unwrap();
    assert_eq!(order.all_targets(&Units::new()).len(), 201);
    let found = order.divide(&Units::new()).unwrap_err();
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    expect!["error: deploy.json:/targets: there are more than 200 targets; name some, or deliver in several deployments (waves)"].assert_eq(&found.join("\n"));
}
