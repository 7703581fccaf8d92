//! Versions that are watched: with weights, by alarms, and by hooks.

use std::time::Duration;

use aws::in_name_of;
use aws_sdk_lambda::types::ProvisionedConcurrencyStatusEnum;
use delivery::{CloudWatch, Delivery, Deployment, Pause, Phase, Record, Status};
use serde_json::{Value, json};

use super::{Fleet, HOOK, LIVE, ORDERS, go_on, run};
use crate::world::lambda::{active, code, invoke, lambda, make_function};
use crate::world::{REGION, World, let_time_pass, run_for};

/// A function that fails whatever it is asked.
fn failing() -> Vec<u8> {
    local_aws::deploy::archive(&[(
        "index.py",
        b"def handler(event, context):\n    raise ValueError('a-secret-of-the-account')\n".as_slice(),
    )])
    .unwrap()
}

/// Goes on until the new version has traffic.
async fn until_traffic(driver: &Delivery, it: &mut Deployment) {
    let target = it.record.targets.keys().next().unwrap().clone();
    let has_traffic = |it: &Deployment| {
        let progress = &it.record.targets[&target];
        progress.shifted.is_some() || progress.moved.is_some()
    };
    while !has_traffic(it) {
        driver.advance(it, &run_for(Duration::from_mins(1))).await.unwrap();
    }
}

async fn weight(place: &World) -> Option<f64> {
    let alias = lambda(place).get_alias().function_name(ORDERS).name(LIVE).send().await.unwrap();
    alias.routing_config?.additional_version_weights?.into_values().next()
}

#[tokio::test]
async fn a_canary_gets_its_part_for_its_minutes_and_then_all_traffic() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let order = fleet.order(json!({"traffic": {"shift": "canary", "percent": 10, "minutes": 5}}));
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &order, "new").await.unwrap();
        until_traffic(&driver, &mut it).await;
        assert_eq!(weight(&fleet.places[0]).await, Some(0.1));
        let Pause::Waiting(why) = driver.advance(&mut it, &run_for(Duration::from_mins(1))).await.unwrap() else {
            panic!("the canary has five minutes")
        };
        assert!(why.contains("version 2 has 10 % of the traffic"), "{why}");
        let_time_pass(Duration::from_mins(5));
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::Succeeded, "{:?}", record.reason);
    assert!(record.targets[&fleet.target(0)].reason.as_ref().unwrap().starts_with("not enough traffic: "));
    assert_eq!((weight(&fleet.places[0]).await, fleet.answers().await), (None, vec!["new by 2".to_owned()]));
}

#[tokio::test]
async fn where_too_little_traffic_shall_fail_it_is_taken_back() {
    let fleet = Fleet::of(1, &[REGION]).await.set(&[("SIGNALBOX_DEPLOY_QUIET", "fail")]);
    let order = fleet.order(json!({"bake-minutes": 5}));
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &order, "new").await.unwrap();
        until_traffic(&driver, &mut it).await;
        let_time_pass(Duration::from_mins(5));
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::RolledBack);
    assert!(record.reason.unwrap().contains("not enough traffic"));
    assert_eq!(fleet.answers().await, ["old by 1"]);
}

async fn with_hook(hook: Vec<u8>, stage: &str) -> (Fleet, Record) {
    let fleet = Fleet::of(1, &[REGION]).await;
    make_function(&fleet.places[0], HOOK, hook).await;
    active(&fleet.places[0], HOOK, None).await;
    let order = fleet.order(json!({"functions": [{"name": ORDERS, stage: HOOK}]}));
    let record = fleet.deliver("d-1", &order, "new").await;
    (fleet, record)
}

#[tokio::test]
async fn a_hook_that_fails_takes_the_version_back_before_and_after_traffic() {
    for (stage, moved) in [("before", false), ("after", true)] {
        let (fleet, record) = with_hook(failing(), stage).await;
        assert_eq!(record.status, Status::RolledBack, "{stage}");
        assert!(record.reason.as_ref().unwrap().contains("hook orders-check: it answered with an error"), "{record:?}");
        assert!(!format!("{record:?}").contains("a-secret"), "what a hook answers is its account's: {record:?}");
        assert_eq!(record.targets[&fleet.target(0)].moved.is_some(), moved, "{stage}");
        assert_eq!(fleet.answers().await, ["old by 1"], "{stage}");
    }
}

#[tokio::test]
async fn a_hook_that_succeeds_lets_the_version_have_its_traffic() {
    let (fleet, record) = with_hook(code("yes"), "before").await;
    assert_eq!((record.status, record.targets[&fleet.target(0)].phase), (Status::Succeeded, Phase::Done));
    assert_eq!(fleet.answers().await, ["new by 2"]);
}

/// Makes an alarm, or sets its state.
async fn set_alarm(place: &World, state: &str) {
    let cloudwatch = CloudWatch::new(place.sessions.config().clone());
    let alarm = json!({"AlarmName": "orders-errors", "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold"});
    drop(cloudwatch.ask::<Value>("PutMetricAlarm", &alarm).await);
    let set = json!({"AlarmName": "orders-errors", "StateValue": state, "StateReason": "a test"});
    drop(cloudwatch.ask::<Value>("SetAlarmState", &set).await);
}

const ALARMED: &str = r#"{"functions": [{"name": "orders", "alarms": ["orders-errors"]}], "bake-minutes": 5}"#;

#[tokio::test]
async fn an_alarm_that_goes_red_while_the_version_is_watched_takes_it_back() {
    let fleet = Fleet::of(1, &[REGION]).await;
    set_alarm(&fleet.places[0], "OK").await;
    let order = fleet.order(serde_json::from_str(ALARMED).unwrap());
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &order, "new").await.unwrap();
        until_traffic(&driver, &mut it).await;
        set_alarm(&fleet.places[0], "ALARM").await;
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::RolledBack);
    assert!(record.reason.as_ref().unwrap().contains("alarm orders-errors went red"), "{record:?}");
    assert_eq!(fleet.answers().await, ["old by 1"]);
}

/// A fix is delivered while its alarm is red: where that is accepted, it is no reason to take the fix back.
#[tokio::test]
async fn an_alarm_that_was_red_before_refuses_the_deployment_or_does_not_judge_it() {
    let fleet = Fleet::of(1, &[REGION]).await;
    set_alarm(&fleet.places[0], "ALARM").await;
    let order = |more: &str| ALARMED.replace("\"bake-minutes\": 5", more);
    let refused = fleet.order(serde_json::from_str(&order("\"bake-minutes\": 0")).unwrap());
    let found = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        fleet.begin(&driver, "d-1", &refused, "new").await.unwrap_err()
    })
    .await;
    assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), ["red"], "{found:?}");
    let accepted = fleet.order(serde_json::from_str(&order("\"red-alarms\": \"accept\"")).unwrap());
    let record = fleet.deliver("d-2", &accepted, "new").await;
    assert_eq!(record.status, Status::Succeeded, "{:?}", record.reason);
    assert_eq!(fleet.answers().await, ["new by 2"]);
}

/// One target fails while the other is watched for an hour: what it has is taken back at once, and not after that hour.
#[tokio::test]
async fn what_is_found_bad_goes_back_at_once_and_does_not_wait_for_the_others_of_its_wave() {
    let fleet = Fleet::of(2, &[REGION]).await;
    for place in &fleet.places {
        set_alarm(place, "OK").await;
    }
    let order = fleet.order(serde_json::from_str(&ALARMED.replace(": 5", ": 60")).unwrap());
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &order, "new").await.unwrap();
        while !it.record.targets.values().all(|it| it.moved.is_some()) {
            driver.advance(&mut it, &run_for(Duration::from_mins(1))).await.unwrap();
        }
        set_alarm(&fleet.places[1], "ALARM").await;
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::RolledBack, "{record:?}");
    assert_eq!(fleet.answers().await, ["old by 1"; 2]);
}

/// Half of the traffic goes to the new version, whose calls `event` makes fail or not, as the old one's: what became of it.
async fn after_forty_calls(new: Vec<u8>, event: &str) -> Record {
    let fleet = Fleet::of(1, &[REGION]).await.set(&[("SIGNALBOX_DEPLOY_TRAFFIC", "20")]);
    let order = fleet.order(json!({"traffic": {"shift": "canary", "percent": 50, "minutes": 5}}));
    in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin_with(&driver, "d-1", &order, new).await.unwrap();
        until_traffic(&driver, &mut it).await;
        for _ in 0..40 {
            invoke(&fleet.places[0], ORDERS, LIVE, event).await;
        }
        let_time_pass(Duration::from_mins(5));
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await
}

#[tokio::test]
async fn a_version_that_fails_more_often_than_the_old_one_is_taken_back() {
    let record = after_forty_calls(failing(), "{}").await;
    assert_eq!(record.status, Status::RolledBack);
    let why = record.reason.unwrap();
    assert!(why.contains("the new version fails 100.00 % of 20 invocations, and the old one 0.00 % of 20"), "{why}");
}

/// Callers send what neither version understands: the new one is not worse.
#[tokio::test]
async fn a_version_that_fails_as_often_as_the_old_one_is_not_worse() {
    let record = after_forty_calls(code("new"), r#"{"fail": 1}"#).await;
    assert_eq!(record.status, Status::Succeeded, "{:?}", record.reason);
    let progress = record.targets.values().next().unwrap();
    assert_eq!(progress.reason, None, "there was enough traffic");
}

/// Provisions three for a version or an alias, and waits until they are there.
async fn provision(place: &World, qualifier: &str) {
    let put = lambda(place).put_provisioned_concurrency_config().function_name(ORDERS).qualifier(qualifier);
    put.provisioned_concurrent_executions(3).send().await.unwrap();
    let get = lambda(place).get_provisioned_concurrency_config().function_name(ORDERS).qualifier(qualifier);
    while get.clone().send().await.unwrap().status() != Some(&ProvisionedConcurrencyStatusEnum::Ready) {}
}

/// What has provisioned concurrency, and how much.
async fn provisioned(place: &World) -> Vec<String> {
    let listed = lambda(place).list_provisioned_concurrency_configs().function_name(ORDERS).send().await.unwrap();
    let configs = listed.provisioned_concurrency_configs.unwrap_or_default();
    let line = |it: &aws_sdk_lambda::types::ProvisionedConcurrencyConfigListItem| {
        let qualifier = it.function_arn().unwrap().rsplit(':').next().unwrap().to_owned();
        format!("{qualifier}: {}", it.requested_provisioned_concurrent_executions().unwrap())
    };
    let mut lines: Vec<_> = configs.iter().map(line).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn what_was_provisioned_for_the_old_version_is_there_for_the_new_one_before_its_traffic() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let place = &fleet.places[0];
    provision(place, "1").await;
    let before = place.calls();
    let order = fleet.order(json!({"traffic": {"shift": "canary", "percent": 10, "minutes": 1}}));
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &order, "new").await.unwrap();
        until_traffic(&driver, &mut it).await;
        let calls = place.operations_since(before);
        let at = |operation: &str| calls.iter().position(|it| it == operation);
        assert!(at("lambda:PutProvisionedConcurrencyConfig") < at("lambda:UpdateAlias"), "{calls:?}");
        assert!(at("lambda:PutProvisionedConcurrencyConfig").is_some(), "{calls:?}");
        let_time_pass(Duration::from_mins(1));
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::Succeeded, "{:?}", record.reason);
    assert!(provisioned(place).await.contains(&"2: 3".to_owned()), "{:?}", provisioned(place).await);
    assert_eq!(fleet.answers().await, ["new by 2"]);
}

#[tokio::test]
async fn an_alias_with_provisioned_concurrency_keeps_it_and_takes_no_weights() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let place = &fleet.places[0];
    provision(place, LIVE).await;
    let canary = fleet.order(json!({"traffic": {"shift": "canary", "percent": 10, "minutes": 1}}));
    let found = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        fleet.begin(&driver, "d-1", &canary, "new").await.unwrap_err()
    })
    .await;
    assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), ["provisioned"], "{found:?}");
    let record = fleet.deliver("d-2", &fleet.order(json!({})), "new").await;
    assert_eq!(record.status, Status::Succeeded, "{:?}", record.reason);
    let now = (provisioned(place).await, weight(place).await, fleet.answers().await);
    assert_eq!(now, (vec!["live: 3".to_owned()], None, vec!["new by 2".to_owned()]));
}

/// The hook after traffic fails: the alias goes back, and Lambda leads its traffic back as what is provisioned comes.
#[tokio::test]
async fn an_alias_with_provisioned_concurrency_goes_back_once() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let place = &fleet.places[0];
    provision(place, LIVE).await;
    make_function(place, HOOK, failing()).await;
    let before = place.calls();
    let record =
        fleet.deliver("d-1", &fleet.order(json!({"functions": [{"name": ORDERS, "after": HOOK}]})), "new").await;
    assert_eq!(record.status, Status::RolledBack, "{:?}", record.reason);
    let moves = place.operations_since(before).into_iter().filter(|it| it == "lambda:UpdateAlias").count();
    assert_eq!(moves, 2, "there and back");
    while weight(place).await.is_some() {}
    assert_eq!(fleet.answers().await, ["old by 1"]);
}

/// Four tenths of the traffic every minute: the weights that the alias has one after the other.
#[tokio::test]
async fn traffic_moves_part_by_part() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let order = fleet.order(json!({"traffic": {"shift": "linear", "percent": 40, "minutes": 1}}));
    let (record, weights) = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &order, "new").await.unwrap();
        until_traffic(&driver, &mut it).await;
        let mut weights = Vec::new();
        while driver.advance(&mut it, &run_for(Duration::from_mins(1))).await.unwrap() != Pause::Over {
            weights.push(weight(&fleet.places[0]).await.unwrap().to_string());
            let_time_pass(Duration::from_mins(1));
        }
        (it.record, weights)
    })
    .await;
    assert_eq!(weights, ["0.4", "0.8"]);
    assert_eq!((record.status, fleet.answers().await), (Status::Succeeded, vec!["new by 2".to_owned()]));
}

/// A composite alarm judges as any other, and one that is not there refuses the deployment.
#[tokio::test]
async fn a_composite_alarm_judges_and_an_alarm_that_is_not_there_refuses() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let place = &fleet.places[0];
    set_alarm(place, "OK").await;
    let cloudwatch = CloudWatch::new(place.sessions.config().clone());
    let rule = json!({"AlarmName": "orders", "AlarmRule": "ALARM(orders-errors)"});
    drop(cloudwatch.ask::<Value>("PutCompositeAlarm", &rule).await);
    let alarmed =
        |alarm: &str| fleet.order(json!({"functions": [{"name": ORDERS, "alarms": [alarm]}], "bake-minutes": 5}));
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let found = fleet.begin(&driver, "d-1", &alarmed("another"), "new").await.unwrap_err();
        assert_eq!(found.iter().map(|it| it.rule.as_str()).collect::<Vec<_>>(), ["alarm"], "{found:?}");
        let mut it = fleet.begin(&driver, "d-1", &alarmed("orders"), "new").await.unwrap();
        until_traffic(&driver, &mut it).await;
        set_alarm(place, "ALARM").await;
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::RolledBack);
    assert!(record.reason.unwrap().contains("alarm orders went red"));
}
