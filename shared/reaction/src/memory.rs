//! A ledger in memory: for tests, and for runs from the command line that share their memory with no other run.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::{Claim, Error, Key, Ledger, Outcome, Owner, Repeat, Report};

/// A [`Ledger`] that lives as long as the value.
#[derive(Debug)]
pub struct MemoryLedger {
    now: fn() -> SystemTime,
    records: Mutex<Records>,
}

#[derive(Debug, Default)]
struct Records {
    claims: u64,
    by_key: HashMap<Key, Record>,
}

#[derive(Debug)]
struct Record {
    owner: Owner,
    lapses: SystemTime,
    settled: Option<Report>,
}

impl MemoryLedger {
    /// An empty ledger that reads the time from `now`.
    #[must_use]
    pub fn new(now: fn() -> SystemTime) -> Self {
        Self { now, records: Mutex::default() }
    }

    /// The report that was kept of an occurrence.
    #[must_use]
    pub fn report(&self, key: &Key) -> Option<Report> {
        self.records().by_key.get(key).and_then(|record| record.settled.clone())
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for MemoryLedger {
    async fn claim(&self, key: &Key, repeat: Repeat, lease: Duration) -> Result<Claim, Error> {
        let now = (self.now)();
        let mut records = self.records();
        if let Some(record) = records.by_key.get(key) {
            match &record.settled {
                Some(report) if report.outcome != Outcome::Refused && repeat == Repeat::Skip => {
                    return Ok(Claim::Settled);
                }
                None if record.lapses > now => return Ok(Claim::Busy),
                _ => {}
            }
        }
        records.claims += 1;
        let owner = Owner(records.claims.to_string());
        let record = Record { owner: owner.clone(), lapses: now + lease, settled: None };
        let former = records.by_key.insert(key.clone(), record);
        Ok(if former.is_none() { Claim::Fresh(owner) } else { Claim::TakenOver(owner) })
    }

    async fn settle(&self, key: &Key, owner: &Owner, report: &Report) -> Result<bool, Error> {
        let mut records = self.records();
        let ours = records.by_key.get_mut(key).filter(|record| record.owner == *owner);
        Ok(ours.map(|record| record.settled = Some(report.clone())).is_some())
    }

    async fn release(&self, key: &Key, owner: &Owner) -> Result<(), Error> {
        let mut records = self.records();
        if let Some(record) = records.by_key.get_mut(key).filter(|record| record.owner == *owner) {
            record.lapses = SystemTime::UNIX_EPOCH;
        }
        Ok(())
    }
}
