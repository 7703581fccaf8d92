//! Reports that are larger than what keeps them.

use crate::{Finding, Key, Outcome, Report, Severity, StepReport};

fn finding(number: usize, severity: Severity) -> Finding {
    let rule = "unknown-action".to_owned();
    let path = format!("policy.json:1:{number}:/Statement/0/Action/{number}");
    Finding { path, severity, rule, message: "there is no such \"action\"".into(), remedy: "write another".into() }
}

/// A report with many of each, whose last finding is the worst.
fn large() -> Report {
    let mut findings: Vec<_> = (0..3_000).map(|it| finding(it, Severity::Warning)).collect();
    findings.push(finding(3_000, Severity::Error));
    let steps = (0..500).map(|it| StepReport { step: format!("step {it}"), error: None }).collect();
    let notes = (0..200).map(|it| format!("note {it}")).collect();
    let reason = Some("an error was found".into());
    Report { notes, steps, findings, ..Report::new("check-policy", Outcome::Refused, reason) }.about(Key::new(["a"]))
}

fn json(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

#[test]
fn what_fits_is_one_part_and_stays_as_it_is() {
    let report = Report { findings: vec![finding(1, Severity::Note), finding(2, Severity::Error)], ..large() };
    assert_eq!(report.parts(1_000_000, str::len).collect::<Vec<_>>(), std::slice::from_ref(&report));
    assert_eq!(*report.within(1_000_000), report);
}

#[test]
fn the_parts_have_everything_once_and_none_is_larger_than_it_may_be() {
    let (report, escaped) = (large(), |it: &str| it.len() + it.matches(['"', '\\']).count());
    let parts: Vec<_> = report.parts(20_000, escaped).collect();
    assert!(parts.len() > 20, "{}", parts.len());
    for part in &parts {
        assert!(escaped(&json(part)) <= 20_000);
        assert_eq!((&part.key, part.outcome), (&report.key, report.outcome));
    }
    assert_eq!(parts[0].reason, report.reason);
    assert_eq!(parts[0].findings[0], report.findings[3_000], "the worst comes first");
    let all = |of: fn(&Report) -> Vec<String>| parts.iter().flat_map(of).collect::<Vec<_>>();
    assert_eq!(all(|it| it.notes.clone()), report.notes);
    assert_eq!(all(|it| it.steps.iter().map(|it| it.step.clone()).collect()).len(), 500);
    let mut findings: Vec<_> = parts.iter().flat_map(|it| it.findings.clone()).collect();
    findings.sort();
    let mut expected = report.findings.clone();
    expected.sort();
    assert!(findings == expected);
}

#[test]
fn a_report_that_is_cut_says_what_it_left_out() {
    let report = large();
    let kept = report.within(20_000);
    assert!(json(&kept).len() <= 20_000);
    let left = |all: usize, kept: usize| all - kept;
    assert_eq!(
        *kept.notes.last().unwrap(),
        format!(
            "{} of 500 steps, {} of 200 notes, {} of 3001 findings are not kept here; of the findings, the worst are here; the log has them all",
            left(500, kept.steps.len()),
            left(200, kept.notes.len() - 1),
            left(3_001, kept.findings.len())
        )
    );
    assert_eq!(kept.findings[0].severity, Severity::Error);
}

/// Each character is written as six bytes of JSON, and a backslash counts twice in a line of the log.
#[test]
fn no_text_is_longer_than_a_part() {
    let text = "\u{1}".repeat(500_000);
    let long =
        Finding { path: text.clone(), message: text.clone(), remedy: text.clone(), ..finding(0, Severity::Error) };
    let steps = vec![StepReport { step: text.clone(), error: Some(text.clone()) }];
    let report = Report { findings: vec![long], steps, notes: vec![text.clone()], reason: Some(text), ..large() };
    let escaped = |it: &str| it.len() + it.matches(['"', '\\']).count();
    let parts: Vec<_> = report.parts(20_000, escaped).collect();
    assert!(parts.iter().all(|it| escaped(&json(it)) <= 20_000));
    assert_eq!(parts.iter().map(|it| it.findings.len()).sum::<usize>(), 1);
    assert!(json(&report.within(20_000)).len() <= 20_000);
}
