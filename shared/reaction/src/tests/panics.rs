//! Code that panics, a library's or our own, is a failure as any other.

use super::{Lamps, MemoryLedger, check, expect, now, run, wanted};

#[test]
fn a_panic_is_a_failure_and_leaves_no_claim_behind() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    let report = run(&lamps, &ledger, wanted("evening", &["bursting"]));
    check(
        &report,
        &expect![
            "lamps: failed (the code panicked, which is a fault of Signalbox or of a library: see the log for where, and report it)"
        ],
    );
    // In the same moment: the claim has not lapsed.
    let report = run(&lamps, &ledger, wanted("evening", &["hall"]));
    check(
        &report,
        &expect![[r#"
        lamps: applied
          - light hall"#]],
    );
}
