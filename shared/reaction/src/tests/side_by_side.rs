//! The claim and the first reads, which go side by side.

use std::time::Duration;

use futures_util::FutureExt;

use super::{Lamps, MemoryLedger, NOW, Ordering, check, expect, for_a_minute, now, wanted};
use crate::{Claim, Error, Key, Ledger, Mode, Outcome, Owner, Repeat, Report, drive};

/// A ledger whose claim takes until the lamps have been looked at. Meanwhile the former holder of the claim lights one.
struct Distant<'a> {
    ledger: &'a MemoryLedger,
    lamps: &'a Lamps,
    former_lights: Option<&'static str>,
}

impl Ledger for Distant<'_> {
    async fn claim(&self, key: &Key, repeat: Repeat, lease: Duration) -> Result<Claim, Error> {
        futures_util::pending!();
        self.lamps.lit.lock().unwrap().extend(self.former_lights.map(String::from));
        self.ledger.claim(key, repeat, lease).await
    }

    async fn settle(&self, key: &Key, owner: &Owner, report: &Report) -> Result<bool, Error> {
        self.ledger.settle(key, owner, report).await
    }

    async fn release(&self, key: &Key, owner: &Owner) -> Result<(), Error> {
        self.ledger.release(key, owner).await
    }
}

fn run(lamps: &Lamps, ledger: &MemoryLedger, former_lights: Option<&'static str>, id: &str) -> Report {
    let (distant, run) = (Distant { ledger, lamps, former_lights }, for_a_minute());
    let mut driven = Box::pin(drive(lamps, &distant, Mode::Apply, &run, wanted(id, &["north"])));
    loop {
        if let Some(report) = driven.as_mut().now_or_never() {
            return report;
        }
    }
}

#[test]
fn what_is_read_beside_a_fresh_claim_is_read_once() {
    let (lamps, ledger) = (Lamps::default(), MemoryLedger::new(now));
    assert_eq!(run(&lamps, &ledger, None, "a").outcome, Outcome::Applied);
    assert_eq!(*lamps.log.lock().unwrap(), ["observe", "light north"]);
}

#[test]
fn what_is_read_before_a_claim_is_taken_over_does_not_count() {
    let (lamps, ledger) = (Lamps::default(), MemoryLedger::new(now));
    let lease = Duration::from_secs(30);
    ledger.claim(&Key::new(["a"]), Repeat::Skip, lease).now_or_never().unwrap().unwrap();
    NOW.with(|now| now.fetch_add(31, Ordering::Relaxed));
    check(&run(&lamps, &ledger, Some("north"), "a"), &expect!["lamps: unchanged"]);
    assert_eq!(*lamps.log.lock().unwrap(), ["observe", "observe"]);
}

#[test]
fn nor_does_what_is_read_before_its_holder_gave_it_back() {
    let (lamps, ledger) = (Lamps::default(), MemoryLedger::new(now));
    lamps.broken.lock().unwrap().insert("north");
    assert_eq!(run(&lamps, &ledger, None, "a").outcome, Outcome::Failed);
    lamps.log.lock().unwrap().clear();
    check(&run(&lamps, &ledger, Some("north"), "a"), &expect!["lamps: unchanged"]);
    assert_eq!(*lamps.log.lock().unwrap(), ["observe", "observe"]);
}

#[test]
fn a_second_delivery_costs_the_first_reads_and_nothing_else() {
    let (lamps, ledger) = (Lamps::default(), MemoryLedger::new(now));
    run(&lamps, &ledger, None, "a");
    lamps.lit.lock().unwrap().clear();
    assert_eq!(run(&lamps, &ledger, None, "a").outcome, Outcome::Repeated);
    assert_eq!(*lamps.log.lock().unwrap(), ["observe", "light north", "observe"]);
}

#[test]
fn a_panic_beside_the_claim_leaves_no_claim_behind() {
    let (lamps, ledger) = (Lamps::default(), MemoryLedger::new(now));
    let report = run(&lamps, &ledger, None, "blinding");
    assert!(report.reason.unwrap().starts_with("the code panicked"));
    let key = Key::new(["blinding"]);
    let again = ledger.claim(&key, Repeat::Skip, Duration::from_secs(30));
    assert!(matches!(again.now_or_never().unwrap(), Ok(Claim::TakenOver(_))), "in the same moment");
}
