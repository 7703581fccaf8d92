//! The ledger on DynamoDB: one winner, honest owners, and records that Powertools can read.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use expect_test::expect;
use futures_util::future::join_all;
use ledger::{DynamoLedger, RETENTION};
use reaction::{Claim, Key, Ledger, Outcome, Owner, Repeat, Report, StepReport};

use crate::world::{LEDGER, World, let_time_pass, now};

const LEASE: Duration = Duration::from_mins(1);

fn key() -> Key {
    Key::new(["ami-0123456789abcdef0", "available"])
}

fn report(outcome: Outcome) -> Report {
    Report::new("share-ami", outcome, None).about(key())
}

async fn claim(ledger: &DynamoLedger, repeat: Repeat) -> Claim {
    ledger.claim(&key(), repeat, LEASE).await.expect("the table is there")
}

async fn owner(ledger: &DynamoLedger) -> Owner {
    match claim(ledger, Repeat::Skip).await {
        Claim::Fresh(owner) | Claim::TakenOver(owner) => owner,
        other => panic!("expected the claim, got {other:?}"),
    }
}

async fn item(world: &World) -> HashMap<String, AttributeValue> {
    let items = world.dynamodb.scan().table_name(LEDGER).send().await.unwrap().items.unwrap_or_default();
    assert_eq!(items.len(), 1);
    items.into_iter().next().unwrap()
}

#[tokio::test]
async fn of_fifty_claims_at_once_one_wins() {
    let world = World::new().await;
    for round in 0..20 {
        let key = Key::new([format!("round-{round}").as_str()]);
        let ledgers: Vec<_> = (0..50).map(|_| world.ledger()).collect();
        let claims = join_all(ledgers.iter().map(|ledger| ledger.claim(&key, Repeat::Skip, LEASE))).await;
        let claims: Vec<_> = claims.into_iter().map(|claim| claim.expect("the table is there")).collect();
        assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Fresh(_))).count(), 1, "round {round}");
        assert_eq!(claims.iter().filter(|claim| matches!(claim, Claim::Busy)).count(), 49, "round {round}");
    }
}

#[tokio::test]
async fn a_record_has_the_attributes_of_powertools() {
    let world = World::new().await;
    let ledger = world.ledger();
    let owner = owner(&ledger).await;
    let claimed = item(&world).await;
    assert_eq!(claimed["id"], AttributeValue::S("share-ami#ami-0123456789abcdef0/available".into()));
    assert_eq!(claimed["status"], AttributeValue::S("INPROGRESS".into()));
    assert_eq!(claimed["owner"], AttributeValue::S(owner.0.clone()));
    let number =
        |item: &HashMap<String, AttributeValue>, name: &str| item[name].as_n().unwrap().parse::<u64>().unwrap();
    let seconds = now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(number(&claimed, "expiration").abs_diff(seconds + RETENTION.as_secs()) < 60, "seconds, in 15 days");
    assert!(
        number(&claimed, "in_progress_expiration").abs_diff((seconds + 60) * 1000) < 60_000,
        "milliseconds, in a minute"
    );
    assert!(ledger.settle(&key(), &owner, &report(Outcome::Applied)).await.unwrap());
    let settled = item(&world).await;
    assert_eq!(settled["status"], AttributeValue::S("COMPLETED".into()));
    expect![[r#"{"function":"share-ami","key":"ami-0123456789abcdef0/available","outcome":"applied","reason":null,"notes":[],"steps":[]}"#]]
        .assert_eq(settled["data"].as_s().unwrap());
}

#[tokio::test]
async fn a_record_that_powertools_wrote_is_honoured() {
    let world = World::new().await;
    let text = |value: &str| AttributeValue::S(value.into());
    let later = now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 60;
    let request = world.dynamodb.put_item().table_name(LEDGER).item("id", text(&format!("share-ami#{}", key())));
    let request = request.item("status", text("COMPLETED")).item("data", text("{}")).item("validation", text("5e2f"));
    request.item("expiration", AttributeValue::N(later.to_string())).send().await.unwrap();
    assert!(matches!(claim(&world.ledger(), Repeat::Skip).await, Claim::Settled));
}

#[tokio::test]
async fn what_is_settled_is_given_out_again_only_to_those_who_ask_again() {
    let world = World::new().await;
    let ledger = world.ledger();
    let owner = owner(&ledger).await;
    assert!(matches!(claim(&ledger, Repeat::Again).await, Claim::Busy));
    assert!(ledger.settle(&key(), &owner, &report(Outcome::Applied)).await.unwrap());
    assert!(matches!(claim(&ledger, Repeat::Skip).await, Claim::Settled));
    let Claim::TakenOver(owner) = claim(&ledger, Repeat::Again).await else { panic!("its holder ended just now") };
    assert!(ledger.settle(&key(), &owner, &report(Outcome::Applied)).await.unwrap());
    let_time_pass(Duration::from_secs(62));
    assert!(matches!(claim(&ledger, Repeat::Again).await, Claim::Fresh(_)), "its holder ended long ago");
}

#[tokio::test]
async fn a_refusal_is_kept_and_may_be_claimed_again() {
    let world = World::new().await;
    let ledger = world.ledger();
    let owner = owner(&ledger).await;
    assert!(ledger.settle(&key(), &owner, &report(Outcome::Refused)).await.unwrap());
    let record = ledger.record(&key()).await.unwrap().unwrap();
    assert_eq!((record.status, record.outcome.as_deref()), (ledger::Status::InProgress, Some("refused")));
    assert!(record.data.unwrap().contains("\"outcome\":\"refused\""));
    assert!(matches!(claim(&ledger, Repeat::Skip).await, Claim::TakenOver(_)));
}

#[tokio::test]
async fn an_owner_whose_lease_lapsed_neither_settles_nor_releases() {
    let world = World::new().await;
    let ledger = world.ledger();
    let late = owner(&ledger).await;
    assert!(matches!(claim(&ledger, Repeat::Skip).await, Claim::Busy));
    let_time_pass(LEASE + Duration::from_secs(1));
    let successor = owner(&ledger).await;
    assert!(!ledger.settle(&key(), &late, &report(Outcome::Applied)).await.unwrap());
    ledger.release(&key(), &late).await.unwrap();
    assert_eq!(ledger.record(&key()).await.unwrap().unwrap().owner, Some(successor.0.clone()));
    ledger.release(&key(), &successor).await.unwrap();
    let given_back = ledger.record(&key()).await.unwrap().unwrap();
    assert_eq!((given_back.status, given_back.in_progress_expiration), (ledger::Status::InProgress, Some(0)));
    assert!(matches!(claim(&ledger, Repeat::Skip).await, Claim::TakenOver(_)), "it is known that it had a holder");
}

#[tokio::test]
async fn a_record_that_has_expired_counts_as_absent_though_ttl_deletes_late() {
    let world = World::new().await;
    let ledger = world.ledger();
    let owner_before = owner(&ledger).await;
    assert!(ledger.settle(&key(), &owner_before, &report(Outcome::Applied)).await.unwrap());
    let_time_pass(RETENTION + Duration::from_secs(1));
    owner(&ledger).await;
}

#[tokio::test]
async fn a_report_larger_than_an_item_is_kept_in_part() {
    let world = World::new().await;
    let ledger = world.ledger();
    let owner = owner(&ledger).await;
    let step = StepReport { step: "x".repeat(1_000), error: None };
    let large = Report { steps: vec![step; 1_000], ..report(Outcome::Applied) };
    assert!(ledger.settle(&key(), &owner, &large).await.unwrap());
    assert!(ledger.record(&key()).await.unwrap().unwrap().data.unwrap().contains("not kept here"));
}

#[tokio::test]
async fn without_its_table_the_ledger_fails_and_names_it() {
    let world = World::new().await;
    world.dynamodb.delete_table().table_name(LEDGER).send().await.unwrap();
    let error = world.ledger().claim(&key(), Repeat::Skip, LEASE).await.unwrap_err();
    assert!(!error.is_refused());
    assert!(error.to_string().contains("signalbox-ledger"), "{error}");
}
