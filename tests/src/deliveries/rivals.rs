//! Other hands at the same functions: another deployment, an operator, and one who puts another zip.

use std::sync::Arc;
use std::time::Duration;

use aws::in_name_of;
use delivery::{Code, Order, Pause, Phase, Request, Status};
use reaction::{Claim, Key, Ledger, Repeat, Run};
use serde_json::json;

use super::{Fleet, LIVE, ORDERS, go_on, run};
use crate::world::lambda::{UPDATE, VERSION, active, code, lambda, publish, tag};
use crate::world::{REGION, let_time_pass, run_for};

#[tokio::test]
async fn of_two_deployments_of_one_function_the_second_is_refused_until_the_first_has_ended() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let order = fleet.order(json!({}));
    in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut first = fleet.begin(&driver, "d-1", &order, "new").await.unwrap();
        let other = fleet.driver().await;
        let mut second = second_of(&fleet, &other, &order).await;
        let refused = other.begin(&mut second).await.unwrap_err();
        assert!(
            refused.is_refused() && refused.to_string().contains("deployment d-1 of orders is under way"),
            "{refused}"
        );
        go_on(&driver, &mut first).await.unwrap();
        let mut second = second_of(&fleet, &other, &order).await;
        other.begin(&mut second).await.unwrap();
        go_on(&other, &mut second).await.unwrap();
        assert_eq!((first.record.status, second.record.status), (Status::Succeeded, Status::Succeeded));
    })
    .await;
    assert_eq!(fleet.answers().await, ["newer by 3"]);
}

/// The first was given up, and wakes up after the second has taken its function: the alias is where the second brought it.
#[tokio::test]
async fn a_deployment_that_was_given_up_undoes_nothing_of_the_next_one() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let order = fleet.order(json!({"bake-minutes": 60}));
    in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut first = fleet.begin(&driver, "d-1", &order, "new").await.unwrap();
        let_time_pass(Duration::from_mins(16));
        let other = fleet.driver().await;
        let mut second = second_of(&fleet, &other, &fleet.order(json!({}))).await;
        other.begin(&mut second).await.unwrap();
        go_on(&other, &mut second).await.unwrap();
        go_on(&driver, &mut first).await.unwrap();
        assert_eq!((first.record.status, second.record.status), (Status::RolledBack, Status::Succeeded));
    })
    .await;
    assert_eq!(fleet.answers().await, ["newer by 2"]);
}

/// The record is the deployment's, and the job is that run's.
#[tokio::test]
async fn a_round_whose_job_another_run_took_over_is_recorded_and_leaves_the_job_alone() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let (ledger, key) = (fleet.hub.ledger(), Key::new(["a-job"]));
    let claim = async || match ledger.claim(&key, Repeat::Again, Duration::from_mins(1)).await.unwrap() {
        Claim::Fresh(owner) | Claim::TakenOver(owner) => owner,
        other => panic!("expected the claim, got {other:?}"),
    };
    let first = claim().await;
    let_time_pass(Duration::from_mins(2));
    let second = claim().await;
    for (owner, is_made) in [(first, false), (second, true)] {
        in_name_of(&run("d-1"), async {
            let driver = fleet.driver().await;
            let mut it = match driver.resume("d-1").await.unwrap() {
                Some(it) => it,
                None => fleet.begin(&driver, "d-1", &fleet.order(json!({})), "new").await.unwrap(),
            };
            tag(&fleet.places[0], ORDERS, UPDATE, Some("InProgress")).await;
            let giving_back = ledger.return_of(&key, &owner).map(Arc::new);
            let round = Run { giving_back, ..run_for(Duration::from_mins(1)) };
            let before = it.record.round;
            let pause = driver.advance(&mut it, &round).await.unwrap();
            assert!(matches!(pause, Pause::Waiting(_)), "{pause:?}");
            assert_eq!((it.record.round, round.giving_back.unwrap().is_made()), (before + 1, is_made));
        })
        .await;
        let kept = ledger.record(&key).await.unwrap().unwrap();
        assert_eq!(kept.in_progress_expiration == Some(0), is_made, "{kept:?}");
    }
}

async fn second_of(fleet: &Fleet, driver: &delivery::Delivery, order: &str) -> delivery::Deployment {
    let order = delivery::Order::read(order, &fleet.settings).unwrap();
    let request = delivery::Request { deployment: "d-2".into(), who: "a test".into(), source: "newer".into() };
    let codes = vec![delivery::Code::new(code("newer"))];
    let mut it = driver.look(&order, codes, request).await.unwrap().unwrap();
    driver.put_code(&mut it).await.unwrap();
    it
}

/// An operator moves the alias while the new version is made: it stays where the operator put it, and the record says so.
#[tokio::test]
async fn an_alias_that_an_operator_moved_is_reported_and_left_alone() {
    let fleet = Fleet::of(2, &[REGION]).await;
    let place = &fleet.places[0];
    let theirs = publish(place, ORDERS, code("theirs")).await;
    tag(place, ORDERS, VERSION, Some("InProgress")).await;
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &fleet.order(json!({})), "new").await.unwrap();
        let round = run_for(Duration::from_mins(1));
        while it.record.targets[&fleet.target(0)].after.is_none() {
            driver.advance(&mut it, &round).await.unwrap();
        }
        let moved = lambda(place).update_alias().function_name(ORDERS).name(LIVE).function_version(&theirs);
        moved.send().await.unwrap();
        tag(place, ORDERS, VERSION, None).await;
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::RolledBack);
    let it = &record.targets[&fleet.target(0)];
    assert_eq!(it.phase, Phase::LeftAlone);
    assert!(it.reason.as_ref().unwrap().contains("another hand moved the alias to version 2"), "{it:?}");
    assert!(record.reason.unwrap().ends_with(&format!("left alone: {}", fleet.target(0))));
    assert_eq!(fleet.answers().await, ["theirs by 2", "old by 1"]);
}

/// The object is replaced after the code was put: its version is read, and not what lies there last.
#[tokio::test]
async fn a_zip_that_is_replaced_is_not_delivered() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &fleet.order(json!({})), "new").await.unwrap();
        let place = it.record.goods[ORDERS].places[REGION].clone();
        let put = fleet.hub.s3.put_object().bucket(place.bucket).key(place.key).body(code("evil").into());
        put.send().await.unwrap();
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::Succeeded);
    assert_eq!(fleet.answers().await, ["new by 2"]);
}

/// Another hand gives `$LATEST` other code between the update and the version: no version of that is made for the alias.
#[tokio::test]
async fn code_that_another_hand_puts_in_between_never_gets_traffic() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let place = &fleet.places[0];
    tag(place, ORDERS, UPDATE, Some("InProgress")).await;
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &fleet.order(json!({})), "new").await.unwrap();
        let round = run_for(Duration::from_mins(1));
        driver.advance(&mut it, &round).await.unwrap();
        assert_eq!(it.record.targets[&fleet.target(0)].phase, Phase::Updating);
        tag(place, ORDERS, UPDATE, None).await;
        active(place, ORDERS, None).await;
        publish(place, ORDERS, code("theirs")).await;
        // The first deployment gives its code again, since it has not seen it there; the alias gets that or nothing.
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::Succeeded);
    assert_eq!(fleet.answers().await, ["new by 3"]);
}

/// An identity that may write to the bucket puts other code under the name that ours will have: the rehearsal finds it out.
#[tokio::test]
async fn code_under_a_name_that_is_not_its_own_is_found_before_the_first_change() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let refused = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let order = Order::read(&fleet.order(json!({})), &fleet.settings).unwrap();
        let request = Request { deployment: "d-1".into(), who: "a test".into(), source: "a test".into() };
        let first = vec![Code::new(code("new"))];
        let mut it = driver.look(&order, first.clone(), request.clone()).await.unwrap().unwrap();
        driver.put_code(&mut it).await.unwrap();
        let place = it.record.goods[ORDERS].places[REGION].clone();
        fleet.hub.s3.put_object().bucket(&place.bucket).key(&place.key).body(code("evil").into()).send().await.unwrap();
        let mut it = driver.look(&order, first, request).await.unwrap().unwrap();
        driver.put_code(&mut it).await.unwrap();
        driver.rehearse(&it).await.unwrap_err()
    })
    .await;
    assert!(refused.is_refused() && refused.to_string().contains("is other code than its name says"), "{refused}");
    let changes = fleet.places[0].operations_since(0);
    assert_eq!(changes.iter().filter(|it| it.as_str() == "lambda:PublishVersion").count(), 1, "the one of the set-up");
    assert_eq!(fleet.answers().await, ["old by 1"]);
}

/// An update begins between the look and the rehearsal: nothing was changed yet, and the deployment is asked for again.
#[tokio::test]
async fn an_update_that_begins_before_the_rehearsal_is_waited_for() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let place = &fleet.places[0];
    let error = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let order = Order::read(&fleet.order(json!({})), &fleet.settings).unwrap();
        let request = Request { deployment: "d-1".into(), who: "a test".into(), source: "a test".into() };
        let mut it = driver.look(&order, vec![Code::new(code("new"))], request).await.unwrap().unwrap();
        driver.put_code(&mut it).await.unwrap();
        tag(place, ORDERS, UPDATE, Some("InProgress")).await;
        let update = lambda(place).update_function_code().function_name(ORDERS);
        update.zip_file(aws_sdk_lambda::primitives::Blob::new(code("theirs"))).send().await.unwrap();
        driver.rehearse(&it).await.unwrap_err()
    })
    .await;
    assert!(error.is_unfinished(), "{error}");
}

/// Lambda's update of a function does not end: the deployment waits for half an hour, and not for ever.
#[tokio::test]
async fn an_update_that_does_not_end_fails_its_target_after_half_an_hour() {
    let fleet = Fleet::of(1, &[REGION]).await;
    tag(&fleet.places[0], ORDERS, UPDATE, Some("InProgress")).await;
    let record = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = fleet.begin(&driver, "d-1", &fleet.order(json!({})), "new").await.unwrap();
        let round = run_for(Duration::from_mins(1));
        for _ in 0..3 {
            driver.advance(&mut it, &round).await.unwrap();
        }
        assert_eq!(it.record.status, Status::Running);
        let_time_pass(Duration::from_mins(31));
        go_on(&driver, &mut it).await.unwrap();
        it.record
    })
    .await;
    assert_eq!(record.status, Status::RolledBack);
    assert!(record.reason.as_ref().unwrap().contains("for more than 30 minutes"), "{record:?}");
    assert_eq!(fleet.answers().await, ["old by 1"]);
}

/// A record that one item of DynamoDB cannot hold is refused before the first change, and not in the middle.
#[tokio::test]
async fn a_record_that_the_table_could_not_hold_is_not_begun() {
    let fleet = Fleet::of(1, &[REGION]).await;
    let refused = in_name_of(&run("d-1"), async {
        let driver = fleet.driver().await;
        let mut it = second_of(&fleet, &driver, &fleet.order(json!({}))).await;
        it.record.source = "x".repeat(200_000);
        driver.begin(&mut it).await.unwrap_err()
    })
    .await;
    assert!(refused.is_refused() && refused.to_string().contains("deliver to fewer targets"), "{refused}");
    assert!(fleet.driver().await.resume("d-2").await.unwrap().is_none());
}
