//! Transactions: how much fits into one, and what it means when DynamoDB cancels it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws::{Answer, is_contended, is_failed_condition};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use reaction::{Doing, Error};

use crate::Grants;
use crate::pause::pause;
use crate::write::{Move, Of, Write};

/// How many parts and how many bytes one transaction takes; the bytes stay well below, since ours are estimated.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
pub(crate) const PARTS: usize = 100;
const BYTES: usize = 3_000_000;

/// What a part takes beside the audit item that it carries, at most: keys, names, conditions.
const BYTES_OF_PART: usize = 8_000;

/// How often a transaction is tried that met another one at the same items, and the first pause, which doubles.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(25);

/// Why nothing was written.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// Somebody else moved the record of this change on.
    Moved(usize),
    /// The audit of these changes goes on beyond their records: the grants table was lost, or put back.
    Behind(BTreeSet<usize>),
    /// The occurrence is another run's meanwhile.
    TakenOver,
    /// It is not known whether it was written.
    Error(Error),
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The first moves whose records go into one transaction, and the others.
pub(crate) fn split(moves: &[Move]) -> (&[Move], &[Move]) {
    let mut size = Size::default();
    let fits = moves.iter().take_while(|it| size.add(it, 2)).count().max(1);
    moves.split_at(fits.min(moves.len()))
}

/// Whether these moves, with all their grants, go into one transaction.
pub(crate) fn is_one(moves: &[Move]) -> bool {
    is_one_beside(0, moves)
}

/// Whether they do beside so many parts of others.
pub(crate) fn is_one_beside(others: usize, moves: &[Move]) -> bool {
    let mut size = Size { parts: others, ..Size::default() };
    moves.iter().all(|it| size.add(it, 2 + it.grants.len()))
}

#[derive(Default)]
struct Size {
    parts: usize,
    bytes: usize,
}

impl Size {
    /// Adds so many parts of a move; whether they fit.
    fn add(&mut self, it: &Move, parts: usize) -> bool {
        self.parts += parts;
        // The item, and in the head not more than the item says of who gains and loses.
        self.bytes += 2 * it.json.len() + parts * BYTES_OF_PART;
        self.parts <= PARTS && self.bytes <= BYTES
    }
}

impl Grants {
    /// Writes all of it or nothing.
    pub(crate) async fn send(&self, writes: Vec<Write>) -> Result<(), Obstacle> {
        for attempt in 0.. {
            let parts = writes.iter().map(|write| write.part.clone()).collect();
            // The SDK gives each call a token, by which DynamoDB knows a second attempt of it.
            let answer = self.client.transact_write_items().set_transact_items(Some(parts)).send().await;
            let reasons = match answer.as_ref().err().and_then(|error| error.as_service_error()) {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancelled.cancellation_reasons()
                }
                _ => &[],
            };
            let unmet: Vec<_> =
                writes.iter().zip(reasons).filter(|(_, reason)| is_failed_condition(reason.code())).collect();
            let is_contended = reasons.iter().any(|reason| is_contended(reason.code()));
            if !unmet.is_empty() {
                return met(&unmet);
            } else if !is_contended || attempt + 1 == ATTEMPTS {
                let place = || format!("{} and {}", self.grants_place(), self.audit_place());
                return answer.or_error().map(drop).doing(place).map_err(Obstacle::Error);
            }
            pause(PAUSE * 2u32.pow(attempt)).await;
        }
        Ok(())
    }
}

/// What was there in place of what the conditions asked for.
fn met(unmet: &[(&Write, &CancellationReason)]) -> Result<(), Obstacle> {
    let is_ours = |write: &Write, reason: &CancellationReason| {
        let found = reason.item().and_then(|item| item.get("hash")?.as_s().ok());
        write.hash.is_some() && write.hash.as_ref() == found
    };
    let foreign: Vec<_> =
        unmet.iter().filter(|(write, reason)| !is_ours(write, reason)).map(|(write, _)| *write).collect();
    let moved = foreign.iter().find_map(|write| match write.of {
        Of::Head(index) => Some(Obstacle::Moved(index)),
        Of::Audit(_) | Of::Settlement => None,
    });
    let behind: BTreeSet<_> = foreign
        .iter()
        .filter_map(|write| match write.of {
            Of::Audit(index) => Some(index),
            Of::Head(_) | Of::Settlement => None,
        })
        .collect();
    match moved {
        Some(moved) => Err(moved),
        None if !behind.is_empty() => Err(Obstacle::Behind(behind)),
        // Our own transaction had arrived, and only its answer was lost.
        None if foreign.is_empty() => Ok(()),
        None => Err(Obstacle::TakenOver),
    }
}
