//! Ledgers that fail, and claims that another run takes over.

use std::time::Duration;

use super::{Lamps, MemoryLedger, NOW, Ordering, check, expect, now, run, wanted};
use crate::{Claim, Error, Key, Ledger, Outcome, Owner, Repeat, Report};

/// A ledger that fails at one of its three calls, or whose occurrence another run takes over.
struct Unsteady {
    ledger: MemoryLedger,
    fails_at: &'static str,
}

impl Unsteady {
    fn new(fails_at: &'static str) -> Self {
        Self { ledger: MemoryLedger::new(now), fails_at }
    }

    fn check(&self, call: &'static str) -> Result<(), Error> {
        if self.fails_at == call { Err(Error::failed("the table is gone")) } else { Ok(()) }
    }
}

impl Ledger for Unsteady {
    async fn claim(&self, key: &Key, repeat: Repeat, lease: Duration) -> Result<Claim, Error> {
        self.check("claim")?;
        self.ledger.claim(key, repeat, lease).await
    }

    async fn settle(&self, key: &Key, owner: &Owner, report: &Report) -> Result<bool, Error> {
        self.check("settle")?;
        if self.fails_at == "late" {
            NOW.with(|now| now.fetch_add(61, Ordering::Relaxed));
            self.ledger.claim(key, Repeat::Skip, Duration::from_mins(1)).await?;
        }
        self.ledger.settle(key, owner, report).await
    }

    async fn release(&self, key: &Key, owner: &Owner) -> Result<(), Error> {
        self.check("release")?;
        self.ledger.release(key, owner).await
    }
}

#[test]
fn without_a_claim_nothing_is_done() {
    let lamps = Lamps::<false>::default();
    check(
        &run(&lamps, &Unsteady::new("claim"), wanted("a", &["north"])),
        &expect!["lamps: failed (claiming the occurrence in the ledger; nothing was done: the table is gone)"],
    );
    assert!(lamps.log.lock().unwrap().is_empty());
}

#[test]
fn what_was_done_and_not_recorded_is_tried_again_and_found_done() {
    let lamps = Lamps::<false>::default();
    check(
        &run(&lamps, &Unsteady::new("settle"), wanted("a", &["north"])),
        &expect![[r"
        lamps: failed (applied, but recording it in the ledger failed: the table is gone)
          - light north"]],
    );
    assert_eq!(run(&lamps, &MemoryLedger::new(now), wanted("a", &["north"])).outcome, Outcome::Unchanged);
}

#[test]
fn a_claim_that_cannot_be_given_back_is_told_and_lapses() {
    let ledger = Unsteady::new("release");
    let report = run(&Lamps::<false>::default(), &ledger, wanted("a", &[]));
    check(
        &report,
        &expect![[r"
        lamps: ignored (no lamp is wanted)
          note: the claim could not be given back and stands until it lapses: the table is gone"]],
    );
    NOW.with(|now| now.fetch_add(61, Ordering::Relaxed));
    assert_eq!(run(&Lamps::<false>::default(), &ledger.ledger, wanted("a", &["north"])).outcome, Outcome::Applied);
}

#[test]
fn a_late_owner_does_not_settle_what_another_run_took_over() {
    let ledger = Unsteady::new("late");
    let report = run(&Lamps::<false>::default(), &ledger, wanted("a", &["north"]));
    check(
        &report,
        &expect![[r"
        lamps: applied
          - light north
          note: another run took this occurrence over meanwhile; the record is its own"]],
    );
    assert_eq!(ledger.ledger.report(&Key::new(["a"])), None);
}
