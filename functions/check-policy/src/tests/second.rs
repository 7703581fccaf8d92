//! What IAM Access Analyzer finds, as findings of ours.

use aws_sdk_accessanalyzer::types::{
    Location, PathElement, Position, Span, ValidatePolicyFinding, ValidatePolicyFindingType,
};
use policy::Kind;
use reaction::Severity;

use super::{DENIES, READING};
use crate::facts::Opinion;
use crate::judge::{Denies, Sent};
use crate::second::{Asked, findings};

fn found(kind: ValidatePolicyFindingType, path: Vec<PathElement>) -> ValidatePolicyFinding {
    let at = || Position::builder().line(1).column(0).offset(0).build().unwrap();
    let span = Span::builder().start(at()).end(at()).build();
    let location = Location::builder().set_path(Some(path)).span(span).build().unwrap();
    ValidatePolicyFinding::builder()
        .finding_details("The action does not exist.")
        .finding_type(kind)
        .issue_code("INVALID_ACTION")
        .learn_more_link("https://docs.aws.amazon.com/IAM/latest/UserGuide/")
        .locations(location)
        .build()
        .unwrap()
}

fn told(policy: &str, kind: Kind, path: Vec<PathElement>) -> String {
    let denies = Denies { name: "central-deny-policy-sandbox v3".into(), text: DENIES.into() };
    let sent = Sent { policy: policy.into(), metadata: String::new() };
    let asked = Asked { kind, sent: &sent, denies: &denies, document: "" };
    findings(&[found(ValidatePolicyFindingType::Error, path)], asked).remove(0).path
}

fn action_of(statement: i32) -> Vec<PathElement> {
    let value = |name: &str| PathElement::Value(name.into());
    vec![value("Statement"), PathElement::Index(statement), value("Action")]
}

/// AWS was sent both in one document.
#[test]
fn a_place_is_in_the_file_that_was_sent_or_among_the_denies() {
    let reading = "policy.json:1:85:/Statement/0/Action";
    assert_eq!(told(READING, Kind::Identity, action_of(0)), reading, "one statement without a list");
    let list = "{\"Statement\": [{},\n {\"Action\": 1}]}";
    assert_eq!(told(list, Kind::Identity, action_of(1)), "policy.json:2:13:/Statement/1/Action");
    let of_denies = "central-deny-policy-sandbox v3:1:87:/Statement/0/Action";
    assert_eq!(told(READING, Kind::Identity, action_of(1)), of_denies);
    assert_eq!(told(list, Kind::Scp, action_of(2)), of_denies);
    assert_eq!(told(READING, Kind::Trust, action_of(1)), "policy.json:1:40:/Statement/1/Action", "nothing is appended");
    assert_eq!(told(READING, Kind::Identity, Vec::new()), "policy.json:1:1:");
}

#[test]
fn what_aws_calls_an_error_and_what_is_unknown_refuses() {
    let denies = Denies { name: String::new(), text: String::new() };
    let sent = Sent { policy: READING.into(), metadata: String::new() };
    let asked = Asked { kind: Kind::Identity, sent: &sent, denies: &denies, document: "" };
    let severity = |kind: &str| findings(&[found(kind.into(), Vec::new())], asked)[0].severity;
    let said = ["ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION", "DISASTER"].map(severity);
    assert_eq!(said, [Severity::Error, Severity::Warning, Severity::Warning, Severity::Note, Severity::Error]);
    let whole = findings(&[found("ERROR".into(), Vec::new())], asked).remove(0);
    assert_eq!(whole.rule, "access-analyzer:INVALID_ACTION");
    assert_eq!(whole.remedy, "read https://docs.aws.amazon.com/IAM/latest/UserGuide/");
}

#[test]
fn what_was_not_asked_has_not_passed() {
    let said = [Opinion::Off, Opinion::NotNeeded, Opinion::Found(0), Opinion::Found(1), Opinion::Found(2)];
    expect_test::expect![[r#"
        second opinion: not run (SIGNALBOX_SECOND_OPINION is none)
        second opinion: not run (the policy is refused without it)
        second opinion: IAM Access Analyzer found nothing
        second opinion: IAM Access Analyzer found 1 thing
        second opinion: IAM Access Analyzer found 2 things"#]]
    .assert_eq(&said.map(|it| it.to_string()).join("\n"));
}
