//! The outcome of a change takes the settlement of its occurrence with it, or neither is there.

use std::time::Duration;

use ledger::{DynamoLedger, Status};
use reaction::{Claim, Error, Key, Ledger, Outcome, Owner, Repeat, Report, Settlement};
use sharing::Effect;

use super::{Thing, accounts};
use crate::world::let_time_pass;

const MINUTE: Duration = Duration::from_mins(1);

fn key() -> Key {
    Key::new(["ami-0123456789abcdef0", "available"])
}

async fn claim(ledger: &DynamoLedger) -> Owner {
    match ledger.claim(&key(), Repeat::Skip, MINUTE).await.unwrap() {
        Claim::Fresh(owner) | Claim::TakenOver(owner) => owner,
        other => panic!("expected the claim, got {other:?}"),
    }
}

fn settlement(ledger: &DynamoLedger, owner: &Owner) -> Settlement {
    let report = Report::new("share-ami", Outcome::Applied, None).about(key());
    ledger.settlement(&key(), owner, &report).expect("it writes to DynamoDB")
}

/// Shares the thing with one account, by a step that may settle the occurrence; `refused` is what AWS does not take.
async fn share(thing: &Thing, settlement: &Settlement, refused: Option<Error>) -> Result<(), Error> {
    share_with(1, thing, settlement, refused).await
}

/// The same with so many accounts.
async fn share_with(many: usize, thing: &Thing, settlement: &Settlement, refused: Option<Error>) -> Result<(), Error> {
    let step = thing.step(&accounts(1, many), thing.head().await);
    let difference = step.changes[0].difference();
    let effect = async { Ok(Effect { refused, ..thing.give(&difference) }) };
    thing.grants.record("occurrence", &step, Some(settlement), effect).await
}

#[tokio::test]
async fn both_are_written_in_one_transaction() {
    let thing = Thing::new().await;
    let ledger = thing.world.ledger();
    let owner = claim(&ledger).await;
    let (settlement, before) = (settlement(&ledger, &owner), thing.world.calls());
    share(&thing, &settlement, None).await.unwrap();
    assert!(settlement.is_made());
    let mut writes = thing.world.operations_since(before);
    writes.retain(|it| !it.contains("Get"));
    assert_eq!(writes, ["dynamodb:TransactWriteItems", "dynamodb:TransactWriteItems"]);
    let record = ledger.record(&key()).await.unwrap().unwrap();
    assert_eq!((record.status, record.outcome.as_deref()), (Status::Completed, Some("applied")));
    thing.assert_owned().await;
}

#[tokio::test]
async fn where_another_run_has_the_occurrence_the_outcome_is_written_alone() {
    let thing = Thing::new().await;
    let ledger = thing.world.ledger();
    let settlement = settlement(&ledger, &claim(&ledger).await);
    let_time_pass(MINUTE + Duration::from_secs(1));
    let successor = claim(&ledger).await;
    share(&thing, &settlement, None).await.unwrap();
    assert!(!settlement.is_made());
    let record = ledger.record(&key()).await.unwrap().unwrap();
    assert_eq!((record.status, record.owner), (Status::InProgress, Some(successor.0)));
    thing.assert_owned().await;
}

/// A transaction takes 100 parts: an item of the audit, a head, and 98 grants are as many.
#[tokio::test]
async fn where_the_settlement_is_a_part_too_many_the_outcome_is_written_alone() {
    for (many, is_made) in [(97, true), (98, false)] {
        let thing = Thing::new().await;
        let ledger = thing.world.ledger();
        let settlement = settlement(&ledger, &claim(&ledger).await);
        share_with(many, &thing, &settlement, None).await.unwrap();
        assert_eq!(settlement.is_made(), is_made, "{many} accounts");
        thing.assert_owned().await;
    }
}

#[tokio::test]
async fn what_is_refused_does_not_settle_the_occurrence() {
    let thing = Thing::new().await;
    let ledger = thing.world.ledger();
    let settlement = settlement(&ledger, &claim(&ledger).await);
    let refused = Some(Error::refused("EC2 does not accept it"));
    assert!(share(&thing, &settlement, refused).await.unwrap_err().is_refused());
    assert!(!settlement.is_made());
    assert_eq!(ledger.record(&key()).await.unwrap().unwrap().status, Status::InProgress);
}
