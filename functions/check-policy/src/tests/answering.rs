//! What pipelines are told.

use reaction::{Error, Finding, Outcome, Report, Severity};

use crate::answer::wording;

fn report(outcome: Outcome, rules: &[&str]) -> Report {
    let finding = |rule: &&str| Finding {
        path: "policy.json:1:1:/Statement".into(),
        severity: Severity::Error,
        rule: (*rule).into(),
        message: "wrong".into(),
        remedy: "mend it".into(),
    };
    let findings = rules.iter().map(finding).collect();
    Report { findings, ..Report::new("check-policy", outcome, Some("why".into())) }
}

#[test]
fn the_two_messages_of_2017_stand_word_for_word_in_their_cases() {
    assert_eq!(
        wording(&report(Outcome::Refused, &["size", "all-on-all"])),
        "Policy creation request rejected: * permissions not allowed in both actions and resources"
    );
    assert_eq!(
        wording(&Report::of_error("check-policy", &Error::failed("IAM does not answer"))),
        "An error has occurred while validating policy. Please contact admin: IAM does not answer"
    );
}

#[test]
fn other_refusals_say_how_many_errors_there_are_or_why() {
    assert_eq!(wording(&report(Outcome::Refused, &["size"])), "Policy creation request rejected: 1 error was found");
    assert_eq!(
        wording(&report(Outcome::Refused, &["size", "form"])),
        "Policy creation request rejected: 2 errors were found"
    );
    assert_eq!(wording(&report(Outcome::Refused, &[])), "Policy creation request rejected: why");
}

#[test]
fn a_policy_that_was_made_and_one_that_was_there_are_told_alike() {
    let told = |outcome| {
        let notes = vec!["the policy is arn".to_owned(), "judged".to_owned()];
        wording(&Report { notes, ..report(outcome, &[]) })
    };
    assert_eq!(told(Outcome::Applied), "the policy is arn; judged");
    assert_eq!(told(Outcome::Applied), told(Outcome::Unchanged));
}
