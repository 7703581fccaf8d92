//! How much of a report an answer tells.

use reaction::{Error, Finding, Outcome, Report, Severity, StepReport};

use crate::answer::{fitted, message, wording};

#[test]
fn a_failure_tells_the_reason_and_as_many_findings_as_fit() {
    let mut report = Report::of_error("check-policy", &Error::refused("Policy check failed"));
    let finding = |number: usize| Finding {
        path: format!("/Statement/{number}"),
        severity: Severity::Error,
        rule: "all-actions".into(),
        message: "allows every action on every resource".into(),
        remedy: "name the actions".into(),
    };
    report.findings = (0..3).map(finding).collect();
    let few = message("Policy check failed", &report);
    assert!(few.starts_with("Policy check failed\n") && few.ends_with("name the actions (all-actions)"), "{few}");
    report.findings = (0..1_000).map(finding).collect();
    let many = message("Policy check failed", &report);
    let told = many.matches("all-actions").count();
    assert!(many.chars().count() <= 5_000 && told > 10, "{}", many.chars().count());
    assert!(many.ends_with(&format!(".. and {} more; the log has all", 1_000 - told)), "{many}");
}

/// `CodePipeline` refuses a longer text, and then the job has no answer.
#[test]
fn a_text_fits_whatever_is_in_it() {
    for text in ["x".repeat(3_000), "\n".repeat(3_000), "\u{200b}".repeat(3_000)] {
        assert_eq!(fitted(&text, 2_048).chars().count(), 2_048, "{text:?}");
    }
    assert_eq!(fitted("as it is", 2_048), "as it is");
}

/// A line break would stand as `\n` in the text that the pipeline shows.
#[test]
fn a_report_of_several_lines_is_told_in_one() {
    let step = |step: &str| StepReport { step: step.into(), error: None };
    let mut report = Report::new("a-test", Outcome::Applied, None);
    report.steps = vec![step("make one"), step("make another")];
    report.notes = vec!["two were made".into()];
    assert_eq!(fitted(&wording(&report), 2_048), "a-test: applied; - make one; - make another; note: two were made");
}
