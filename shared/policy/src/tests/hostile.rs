//! Texts that are made to cost much: what is found in them is bounded, and so is what is said of each.

use std::fmt::Write;

use super::judged;
use crate::{Kind, Places, Severity};

/// A policy with this list of actions.
fn with_actions(actions: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":[{actions}],"Resource":"arn:aws:s3:::com-example-data/*"}}}}"#
    )
}

#[test]
fn of_very_many_findings_the_worst_are_told_and_how_many_there_are_more() {
    // A warning each; and an error at the end.
    let mut actions = r#""s3:x","#.repeat(25_000);
    actions.push_str(r#""nosuchservice:Read""#);
    let verdict = judged(Kind::Resource, &with_actions(&actions));
    assert_eq!(verdict.findings.len(), 20_001);
    let (first, last) = (&verdict.findings[0], &verdict.findings[20_000]);
    assert_eq!((first.rule, first.path.as_str(), first.severity), ("findings", "", Severity::Error));
    assert!(first.message.ends_with(" more findings, none of them worse than these"), "{}", first.message);
    assert_eq!((last.rule, last.path.as_str()), ("unknown-service", "/Statement/Action/25000"));
}

#[test]
fn a_name_as_long_as_the_policy_is_not_told_in_each_finding() {
    let operator = "x".repeat(100_000);
    let keys = (0..5_000).fold(String::new(), |mut all, it| {
        let _ = write!(all, r#""k{it}":"a","#);
        all
    });
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{operator}","Resource":"*","Condition":{{"{operator}":{{{}}}}}}}}}"#,
        keys.trim_end_matches(',')
    );
    let verdict = judged(Kind::Identity, &text);
    assert!(verdict.findings.len() >= 3, "{}", verdict.findings.len());
    assert!(verdict.findings.iter().all(|it| it.to_string().len() < 4_000));
}

/// The place of each is as it would be if it were asked for alone.
#[test]
fn places_in_one_long_line_are_counted_from_its_beginning() {
    let text = with_actions(
        r#""s3:é","s3:y",
"s3:z","s3:w""#,
    );
    let verdict = judged(Kind::Resource, &text);
    let places: Vec<_> = verdict.findings.iter().filter(|it| it.path.contains("Action")).collect();
    let told: Vec<_> = places.iter().map(|it| (it.path.as_str(), it.line, it.column)).collect();
    let column = |of: &str| text.lines().find_map(|line| Some(line[..line.find(of)?].chars().count() + 1)).unwrap();
    let expected = [(r#""s3:é""#, 1), (r#""s3:y""#, 1), (r#""s3:z""#, 2), (r#""s3:w""#, 2)];
    let expected: Vec<_> = expected.iter().map(|(of, line)| (*line, column(of))).collect();
    assert_eq!(told.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), expected);
    let places = Places::of(&text);
    let path = |index: &str| ["Statement", "Action", index].map(String::from);
    assert_eq!(places.line_and_column(&path("3")), expected[3]);
    assert_eq!(places.line_and_column(&path("1")), expected[1], "the second that is asked for stands before the first");
    assert_eq!(places.statements(), 1);
}
