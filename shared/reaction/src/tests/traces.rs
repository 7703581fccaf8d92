//! Every report has the run's id, and where a run is traced, each part of its way is a phase of its trace.

use futures_util::FutureExt;
use trace::{Finish, Origin, Recorder, documents};

use super::{Lamps, MemoryLedger, for_a_minute, now, wanted};
use crate::{Mode, Report, Run, drive, drive_json};

/// What became of an event, and its phases: `?` is an error and `!` a fault.
fn traced(lamps: &Lamps, ledger: &MemoryLedger, mode: Mode, names: &[&str]) -> (Report, String) {
    let recorder = Recorder::start("lamps", Origin::default(), now);
    let run = for_a_minute().traced(Some(recorder.clone()));
    let report = drive(lamps, ledger, mode, &run, wanted("evening", names)).now_or_never().unwrap();
    let root = documents(&recorder.finish(Finish::default()).join("\n")).unwrap().remove(0);
    let ending = |(error, fault)| {
        if error {
            "?"
        } else if fault {
            "!"
        } else {
            ""
        }
    };
    let phases = root.subsegments.iter().map(|it| format!("{}{}", it.name, ending((it.error, it.fault))));
    (report, phases.collect::<Vec<_>>().join(", "))
}

#[test]
fn each_part_of_the_way_is_a_phase_and_tells_what_was_refused_from_what_failed() {
    let ledger = MemoryLedger::new(now);
    let lamps = Lamps { forbidden: ["cellar"].into(), ..Lamps::default() };
    let told = |mode, names: &[&str]| traced(&lamps, &ledger, mode, names).1;
    assert_eq!(told(Mode::Plan, &["hall"]), "observe, plan");
    assert_eq!(
        told(Mode::Apply, &["hall", "cellar"]),
        "claim, observe, plan, apply light hall, apply light cellar?, settle"
    );
    lamps.broken.lock().unwrap().insert("attic");
    assert_eq!(told(Mode::Apply, &["attic"]), "claim, observe, plan, apply light attic!, release");
    assert_eq!(told(Mode::Apply, &["bursting"]), "claim, observe, plan, apply light bursting!, release");
    let unreadable = Lamps { is_unreadable: true, ..Lamps::default() };
    assert_eq!(traced(&unreadable, &ledger, Mode::Apply, &["hall"]).1, "claim, observe!, release");
    assert_eq!(told(Mode::Apply, &["hall"]), "claim, observe, plan, settle");
    assert_eq!(told(Mode::Apply, &["hall"]), "claim");
}

#[test]
fn every_report_has_the_runs_id_whatever_became_of_the_event() {
    let (lamps, ledger) = (Lamps::<false>::default(), MemoryLedger::new(now));
    let run: Run = for_a_minute();
    let heard = |text: &str| drive_json(&lamps, &ledger, Mode::Apply, &run, text).now_or_never().unwrap();
    for text in [
        "{",
        r#"{"id": "", "lamps": []}"#,
        r#"{"id": "foreign", "lamps": []}"#,
        r#"{"id": "unreadable", "lamps": []}"#,
        r#"{"id": "a", "lamps": []}"#,
        r#"{"id": "b", "lamps": ["bursting"]}"#,
        r#"{"id": "c", "lamps": ["hall"]}"#,
        r#"{"id": "c", "lamps": ["hall"]}"#,
    ] {
        assert_eq!(heard(text).correlation_id.as_deref(), Some("an-event"), "{text}");
    }
    // A part of a report has it too.
    let report = heard(r#"{"id": "d", "lamps": ["hall"]}"#).with_notes((0..500).map(|it| format!("note {it}")));
    let parts: Vec<_> = report.parts(2_000, str::len).collect();
    assert!(parts.len() > 2 && parts.iter().all(|it| it.correlation_id == report.correlation_id));
}
