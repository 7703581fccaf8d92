//! What forbids a deployment before its first change.

use std::collections::BTreeSet;

use expect_test::expect;

use super::target;
use crate::preflight::{Facts, Found, Missing, findings, is_passing};
use crate::seen::{Alias, Latest, Provisioned, Update};
use crate::{Alarms, Order, RedAlarms, Settings, Traffic};

const TARGET: &str = "111122223333/eu-west-1/orders:live";

fn settings(owned: &str) -> Settings {
    let variable = |name: &str| match name {
        "SIGNALBOX_DEPLOYMENTS_TABLE" => Some("deployments".to_owned()),
        "SIGNALBOX_CODE_BUCKET" => Some("com-example-code".into()),
        "SIGNALBOX_DEPLOY_FUNCTIONS" => Some("orders".into()),
        "SIGNALBOX_DEPLOY_OWNED" => Some(owned.into()),
        _ => None,
    };
    Settings::read(&variable).unwrap()
}

fn order() -> Order {
    let text =
        r#"{"functions": [{"name": "orders"}], "targets": [{"accounts": ["111122223333"], "regions": ["eu-west-1"]}]}"#;
    Order::read(text, &settings("")).unwrap()
}

/// A function at rest, with an alias at version 3.
fn found() -> Found {
    let update = Update::Successful;
    let latest = Latest { sha256: "old".into(), revision: "r".into(), is_active: true, update, stack: None };
    let alias = Alias { version: "3".into(), second: None, revision: "a".into() };
    Found { latest, alias, version: None, provisioned: Vec::new(), alarms: Alarms::default() }
}

fn facts(found: Result<Found, Missing>) -> Facts {
    [(target(TARGET), found)].into()
}

fn told(case: &str, order: &Order, changed: impl FnOnce(&mut Found)) -> String {
    let mut it = found();
    changed(&mut it);
    let found = findings(order, &facts(Ok(it)), &settings(""));
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    format!("{case}: {}\n", if lines.is_empty() { "nothing".into() } else { lines.join("; ") })
}

fn named(name: &str) -> BTreeSet<String> {
    [name.to_owned()].into()
}

#[test]
fn a_function_at_rest_is_no_finding() {
    assert_eq!(told("at rest", &order(), |_| {}), "at rest: nothing\n");
}

#[test]
fn each_thing_that_forbids_a_deployment_is_said() {
    let canary = Order { traffic: Traffic::Canary { percent: 10, minutes: 5 }, ..order() };
    let of_alias = Provisioned { qualifier: "live".into(), requested: 3, state: Update::Successful };
    let of_version = Provisioned { qualifier: "3".into(), ..of_alias.clone() };
    let text = [
        told("of a stack", &order(), |it| it.latest.stack = Some("shop".into())),
        told("an update", &order(), |it| it.latest.update = Update::InProgress),
        told("not active", &order(), |it| it.latest.is_active = false),
        told("with weights", &order(), |it| it.alias.second = Some(("4".into(), 0.1))),
        told("with weights while concurrency moves", &order(), |it| {
            it.alias.second = Some(("2".into(), 1.0));
            it.provisioned = vec![Provisioned { state: Update::InProgress, ..of_alias.clone() }];
        }),
        told("at $LATEST", &order(), |it| it.alias.version = "$LATEST".into()),
        told("a canary and an alias with concurrency", &canary, |it| it.provisioned = vec![of_alias.clone()]),
        told("all at once and an alias with concurrency", &order(), |it| it.provisioned = vec![of_alias.clone()]),
        told("a canary and a version with concurrency", &canary, |it| it.provisioned = vec![of_version]),
        told("an alarm that is not there", &order(), |it| it.alarms.absent = named("errors")),
        told("a red alarm", &order(), |it| it.alarms.red = named("errors")),
        told("a red alarm that is accepted", &Order { red_alarms: RedAlarms::Accept, ..order() }, |it| {
            it.alarms.red = named("errors");
        }),
    ]
    .concat();
    expect![[r#"
        of a stack: error: 111122223333/eu-west-1/orders:live: stack shop of CloudFormation made the function, so that its code is the stack's; deliver it by the stack, or, where the pipeline owns the code, name the function in SIGNALBOX_DEPLOY_OWNED (stack)
        an update: error: 111122223333/eu-west-1/orders:live: an update of the function is under way; wait until it has ended (busy)
        not active: error: 111122223333/eu-west-1/orders:live: the function is not active; see why: aws lambda get-function (state)
        with weights: error: 111122223333/eu-west-1/orders:live: the alias has a second version, 4: another shift of traffic is under way; wait until its deployment has ended, or give the alias one version (weights)
        with weights while concurrency moves: error: 111122223333/eu-west-1/orders:live: Lambda moves what is provisioned for the alias; wait until it has ended (busy)
        at $LATEST: error: 111122223333/eu-west-1/orders:live: the alias points to $LATEST, to which there is no way back; publish a version, and point the alias to it (latest)
        a canary and an alias with concurrency: error: 111122223333/eu-west-1/orders:live: the alias has provisioned concurrency, and such an alias takes no weights; write traffic all-at-once, or provision for the version (provisioned)
        all at once and an alias with concurrency: nothing
        a canary and a version with concurrency: nothing
        an alarm that is not there: error: 111122223333/eu-west-1/orders:live: there is no alarm errors in this account and Region; make it, or leave it out of deploy.json (alarm)
        a red alarm: error: 111122223333/eu-west-1/orders:live: alarm errors is red already; wait until it is not, or write "red-alarms": "accept" where this deployment is the fix (red)
        a red alarm that is accepted: nothing
    "#]].assert_eq(&text);
}

#[test]
fn what_is_missing_is_said_of_its_target() {
    let missing = Missing { message: "there is no function orders".into(), remedy: "make it".into() };
    let found = findings(&order(), &facts(Err(missing)), &settings(""));
    expect!["error: 111122223333/eu-west-1/orders:live: there is no function orders; make it (missing)"]
        .assert_eq(&found[0].to_string());
    assert!(!is_passing(&found));
}

#[test]
fn the_code_of_a_stack_may_be_the_pipelines_by_the_settings() {
    let mut it = found();
    it.latest.stack = Some("shop".into());
    assert!(findings(&order(), &facts(Ok(it.clone())), &settings("orders")).is_empty());
    assert_eq!(findings(&order(), &facts(Ok(it)), &settings("payments")).len(), 1);
}

#[test]
fn an_update_alone_passes_and_with_anything_else_it_does_not() {
    let mut it = found();
    it.latest.update = Update::InProgress;
    assert!(is_passing(&findings(&order(), &facts(Ok(it.clone())), &settings(""))));
    it.latest.stack = Some("shop".into());
    assert!(!is_passing(&findings(&order(), &facts(Ok(it)), &settings(""))));
    assert!(!is_passing(&[]), "nothing forbids it");
}
