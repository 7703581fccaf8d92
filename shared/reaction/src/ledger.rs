//! The shared memory: who is working on which occurrence, and what was done.

use std::time::Duration;

use crate::{Error, Key, Repeat, Report, Settlement};

/// Proof of a claim: only who holds it may settle or release the occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(pub String);

/// What asking for an occurrence gave.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is ours until the lease lapses, and no run had it before, or one that had ended long before this one began.
    Fresh(Owner),
    /// It is ours until the lease lapses. A run had it before, and may have changed something just now: what was read before the claim
    /// does not count.
    TakenOver(Owner),
    /// Another run is at work on it, and its lease still stands.
    Busy,
    /// It was done before.
    Settled,
}

/// The shared memory of a function. Losing it costs repeated work and nothing else.
pub trait Ledger: Send + Sync {
    /// Asks for the occurrence: one atomic write, so that of several askers one wins.
    ///
    /// An occurrence that is settled is given out again unless it is [`Repeat::Skip`], and so is one whose holder's lease
    /// has lapsed.
    fn claim(&self, key: &Key, repeat: Repeat, lease: Duration) -> impl Future<Output = Result<Claim, Error>> + Send;

    /// Keeps the report. A refusal is kept so that a later delivery may claim the occurrence again, anything else as
    /// done. `false` where the occurrence is no longer ours; the record is then left as it is.
    fn settle(&self, key: &Key, owner: &Owner, report: &Report) -> impl Future<Output = Result<bool, Error>> + Send;

    /// What [`Ledger::settle`] would write, for a step that writes to the same database; `None` where there is no such thing.
    fn settlement(&self, _key: &Key, _owner: &Owner, _report: &Report) -> Option<Settlement> {
        None
    }

    /// What [`Ledger::release`] would write, for a step that writes to the same database; `None` where there is no such thing.
    fn return_of(&self, _key: &Key, _owner: &Owner) -> Option<Settlement> {
        None
    }

    /// Gives the occurrence back, so that the next asker takes it over; does nothing where it is no longer ours.
    fn release(&self, key: &Key, owner: &Owner) -> impl Future<Output = Result<(), Error>> + Send;
}
