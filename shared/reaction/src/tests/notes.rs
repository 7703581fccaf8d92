//! What a function has to say in each report, whatever became of the event.

use std::collections::BTreeSet;

use futures_util::FutureExt;

use super::{Lamps, for_a_minute, now, run, wanted};
use crate::{Key, MemoryLedger, Mode, drive, drive_json};

/// Whatever becomes of an event, and in the ledger's record too.
#[test]
fn every_report_repeats_the_notes_of_the_function_once() {
    let note = "there is no bound".to_owned();
    let lamps = Lamps::<false> { notes: vec![note.clone()], forbidden: ["dark"].into(), ..Lamps::default() };
    let ledger = MemoryLedger::new(now);
    let events = [("", &["north"] as &[_]), ("foreign", &[]), ("a", &["north"]), ("a", &["north"]), ("b", &["north"])];
    let events = events.into_iter().chain([("c", &["dark"] as &[_]), ("d", &[]), ("e", &["bursting"])]);
    let mut reports: Vec<_> = events.map(|(id, names)| run(&lamps, &ledger, wanted(id, names))).collect();
    let for_a_minute = for_a_minute();
    let dry = drive(&lamps, &ledger, Mode::Plan, &for_a_minute, wanted("f", &["south"]));
    reports.push(dry.now_or_never().unwrap());
    reports.push(drive_json(&lamps, &ledger, Mode::Apply, &for_a_minute, "{}").now_or_never().unwrap());
    let outcomes: BTreeSet<_> = reports.iter().map(|report| report.outcome.to_string()).collect();
    assert_eq!(outcomes.len(), 7, "one of each outcome: {outcomes:?}");
    for report in &reports {
        assert_eq!(report.notes, ["there is no bound"], "{report}");
    }
    assert_eq!(ledger.report(&Key::new(["a"])).unwrap().notes, ["there is no bound"]);
    assert_eq!(reports.remove(0).with_notes([note]).notes, ["there is no bound"]);
}
