//! A run that is broken off between any two calls is taken up by the next one, which knows its record alone.

use std::pin::pin;

use aws::in_name_of;
use delivery::{Delivery, Record, Status};
use futures_util::future::{Either, select};
use serde_json::{Value, json};

use super::{Fleet, HOOK, ORDERS, go_on, run};
use crate::world::lambda::make_function;

/// Takes a deployment up, as the next run does.
async fn take_up(fleet: &Fleet, id: &str) -> Option<Record> {
    in_name_of(&run(id), async {
        let driver: Delivery = fleet.driver().await;
        let mut it = driver.resume(id).await.unwrap()?;
        go_on(&driver, &mut it).await.unwrap();
        Some(it.record)
    })
    .await
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
            let whole = pin!(fleet.deliver("d-1", &order, "new"));
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
