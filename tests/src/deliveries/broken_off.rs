//! A run that is broken off between any two calls is taken up by the next one, which knows its record alone.

use std::pin::pin;

use aws::in_name_of;
use delivery::{Delivery, Record, Status};
use futures_util::future::{Either, select};
use serde_json::json;

use super::{Fleet, go_on, run};

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

#[tokio::test]
async fn broken_off_after_any_call_it_goes_on_where_it_was() {
    let (mut broken, mut taken_up) = (0, 0);
    for calls in 1.. {
        let fleet = Fleet::here().await;
        let order = fleet.order(json!({"traffic": {"shift": "all-at-once"}}));
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
                assert_eq!(record.status, Status::Succeeded, "after {calls} calls: {:?}", record.reason);
                assert_eq!(fleet.answers().await, ["new by 2"], "after {calls} calls");
            }
            // Before there is a record, nothing was changed.
            None => assert_eq!(fleet.answers().await, ["old by 1"], "after {calls} calls"),
        }
    }
    assert!(broken > 10 && taken_up > 5, "{broken}, of which {taken_up} were taken up");
}
