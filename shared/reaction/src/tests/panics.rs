//! Code that panics, a library's or our own, is a failure as any other.

use futures_util::FutureExt;

use super::{Lamps, MemoryLedger, check, expect, for_a_minute, now, run, wanted};
use crate::{Mode, Outcome, drive_json};

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

#[test]
fn a_panic_before_the_claim_is_a_failure_without_a_key() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    for mode in [Mode::Plan, Mode::Apply] {
        let text = r#"{"id": "unreadable", "lamps": []}"#;
        let report = drive_json(&lamps, &ledger, mode, &for_a_minute(), text).now_or_never().unwrap();
        assert_eq!((report.outcome, report.key), (Outcome::Failed, None));
        assert!(report.reason.unwrap().starts_with("the code panicked"));
    }
}
