//! A run that is broken off between any two calls is taken up by the next one, which knows its record alone.

use std::pin::pin;
use std::time::Duration;

use aws::in_name_of;
use delivery::{Delivery, Deployment, Pause, Record, Status};
use futures_util::future::{Either, select};
use serde_json::{Value, json};

use super::{Fleet, HOOK, ORDERS, run};
use crate::world::lambda::make_function;
use crate::world::{let_time_pass, run_for};

/// Takes a deployment up, as the next run does.
async fn take_up(fleet: &Fleet, id: &str) -> Option<Record> {
    in_name_of(&run(id), async {
        let driver: Delivery = fleet.driver().await;
        let mut it = driver.resume(id).await.unwrap()?;
        go_on_in_time(&driver, &mut it).await;
        Some(it.record)
    })
    .await
}

/// Goes on until the end; while traffic is watched, time passes.
async fn go_on_in_time(driver: &Delivery, it: &mut Deployment) {
    while let Pause::Waiting(why) = driver.advance(it, &run_for(Duration::from_mins(1))).await.unwrap() {
        if why.contains("of the traffic") || why.contains("it is watched for another") {
            let_time_pass(Duration::from_secs(30));
        }
    }
}

async fn deliver(fleet: &Fleet, order: &str) {
    in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", order, "new").await.unwrap();
        go_on_in_time(&driver, &mut it).await;
    })
    .await;
}

/// A deployment that is broken off after each number of calls, and taken up: how it ends, and what the alias answers then.
async fn break_off(order: Value, hook: Option<Vec<u8>>, (ends, answers): (Status, &str)) {
    let (mut broken, mut taken_up) = (0, 0);
    for calls in 1.. {
        let fleet = Fleet::here().await;
        if let Some(hook) = &hook {
            make_function(&fleet.hub, HOOK, hook.clone()).await;
        }
        let order = fleet.order(order.clone());
        let before = fleet.hub.calls();
        let ended = {
            let whole = pin!(deliver(&fleet, &order));
            let until = pin!(fleet.hub.reach(before + calls));
            matches!(select(until, whole).await, Either::Right(_))
        };
        if ended {
            break;
        }
        broken += 1;
        match take_up(&fleet, "d-1").await {
            Some(record) => {
                taken_up += 1;
                assert_eq!(record.status, ends, "after {calls} calls: {:?}", record.reason);
                assert_eq!(fleet.answers().await, [answers], "after {calls} calls");
            }
            // Before there is a record, nothing was changed.
            None => assert_eq!(fleet.answers().await, ["old by 1"], "after {calls} calls"),
        }
    }
    assert!(broken > 10 && taken_up > 5, "{broken}, of which {taken_up} were taken up");
}

#[tokio::test]
async fn broken_off_after_any_call_it_goes_on_where_it_was() {
    break_off(json!({"traffic": {"shift": "all-at-once"}}), None, (Status::Succeeded, "new by 2")).await;
}

/// The hook after traffic fails, so that the alias moves and moves back: between any two of these calls, too.
#[tokio::test]
async fn broken_off_after_any_call_on_the_way_back_it_ends_where_it_was_before() {
    let order = json!({"functions": [{"name": ORDERS, "before": HOOK, "after": HOOK}]});
    let hook = "def handler(event, context):\n    assert event['stage'] == 'before'\n";
    let hook = local_aws::deploy::archive(&[("index.py", hook.as_bytes())]).unwrap();
    break_off(order, Some(hook), (Status::RolledBack, "old by 1")).await;
}

/// With a canary that is watched, and a version that is watched with all traffic.
#[tokio::test]
async fn broken_off_after_any_call_while_traffic_shifts_it_goes_on_where_it_was() {
    let order = json!({"traffic": {"shift": "canary", "percent": 10, "minutes": 1}, "bake-minutes": 1});
    break_off(order, None, (Status::Succeeded, "new by 2")).await;
}
