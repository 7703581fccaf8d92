//! Texts that are not policies, and where they stop being one.

use expect_test::expect;

use super::{judged, told};
use crate::Kind::{Identity, Scp};

/// Each finding as a line with its place.
fn lines(text: &str) -> String {
    judged(Identity, text).findings.iter().fold(String::new(), |told, it| told + &it.to_string() + "\n")
}

#[test]
fn a_text_that_is_not_json_is_refused_with_its_place() {
    let told = [
        "",
        "\u{feff}{}",
        "{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Allow\", \"Effect\": \"Deny\"}]}",
        "{\n  // all\n}",
        "{\"Statement\": [],}",
        "[1, 2",
    ]
    .map(lines);
    expect![[r#"
        policy.json:1:1: error: the text is empty; write a policy (json)
        policy.json:1:1: error: the file begins with a byte order mark; save it as UTF-8 without one (byte-order-mark)
        policy.json:2:36: error: the key `Effect` stands here for the second time, and readers differ in which one counts; keep one of the two (doubled-key)
        policy.json:2:3: error: this is not JSON: Comments are not allowed; correct the JSON (json)
        policy.json:1:17: error: this is not JSON: Trailing commas are not allowed; correct the JSON (json)
        policy.json:1:1: error: this is not JSON: Unterminated array; correct the JSON (json)
    "#]]
    .assert_eq(&told.concat());
}

/// AWS takes keys and operators in any case of their letters: two that differ in it only are one that is doubled.
#[test]
fn a_key_is_doubled_in_any_case_of_its_letters() {
    let of = |condition: &str| {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {condition}}}}}"#
        );
        told(&judged(Identity, &text))
    };
    assert_eq!(of(r#"{"StringEquals": {"iam:PassedToService": "a", "IAM:passedtoservice": "b"}}"#), ["doubled-key"]);
    assert_eq!(
        of(r#"{"StringEquals": {"iam:PassedToService": "a"}, "stringequals": {"iam:PassedToService": "b"}}"#),
        ["doubled-key"]
    );
    let many = (0..40).map(|it| format!(r#""aws:PrincipalTag/{it}": "a""#)).collect::<Vec<_>>().join(", ");
    assert_eq!(of(&format!(r#"{{"StringEquals": {{{many}}}}}"#)), [""; 0]);
    assert_eq!(of(&format!(r#"{{"StringEquals": {{{many}, "AWS:principaltag/7": "b"}}}}"#)), ["doubled-key"]);
}

/// Whatever AWS makes of them, they are not passed on with a warning about an unknown name.
#[test]
fn an_action_is_of_letters_digits_and_hyphens() {
    for action in [
        "iam:PassRole ",
        " iam:PassRole",
        "iam:Pa\\u017f\\u017fRole",
        "iam:PassRole:x",
        "iam:${aws:username}",
        "*:",
        "?:*",
    ] {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Deny", "Action": "{action}", "Resource": "*"}}}}"#
        );
        assert_eq!(told(&judged(Identity, &text)), ["action-form /Statement/Action"], "{action}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = "[".repeat(100_000);
    assert_eq!(told(&judged(Identity, &deep)), ["depth"]);
    let long = format!("{{\"Statement\": \"{}\"}}", "a".repeat(10_000_000));
    assert_eq!(told(&judged(Identity, &long)), ["text-size"]);
}

#[test]
fn the_form_is_judged_as_a_whole() {
    let text = r#"{
  "Version": "2012-10-18",
  "Statment": [],
  "Statement": [
    {"Sid": "not valid", "Effect": "allow", "Action": [], "NotAction": "s3:GetObject", "Resource": 1, "condition": {}},
    {"Sid": "A", "Effect": "Deny", "Action": "s3:GetObject"},
    {"Sid": "A", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": "x"}},
    "Allow"
  ]
}"#;
    expect![[r#"
        policy.json:2:14: error: there is no such version of the policy language; write "Version": "2012-10-17" (form) at /Version
        policy.json:3:3: error: `Statment` is not an element of a policy; write `Statement` (form) at /Statment
        policy.json:5:13: error: the Sid `not valid` has other characters than letters and digits; use letters and digits only (form) at /Statement/0/Sid
        policy.json:5:36: error: Effect is neither Allow nor Deny; write "Allow" or "Deny", in these letters (form) at /Statement/0/Effect
        policy.json:5:55: error: the list of Action is empty; name something, or take the statement out (form) at /Statement/0/Action
        policy.json:5:59: error: Action and NotAction stand in one statement; keep one of them: with NotAction the statement is about everything else (form) at /Statement/0/NotAction
        policy.json:5:100: error: Resource is a text or a list of texts; write a text (form) at /Statement/0/Resource
        policy.json:5:100: error: `1` is neither * nor an ARN of six parts; write arn:partition:service:region:account:resource (resource-form) at /Statement/0/Resource
        policy.json:5:103: error: `condition` is not an element of a statement; write `Condition` (form) at /Statement/0/condition
        policy.json:6:5: error: the statement has no Resource; add Resource (form) at /Statement/1
        policy.json:7:13: error: another statement has the Sid `A` too; give each statement a Sid of its own (form) at /Statement/2/Sid
        policy.json:7:109: error: StringEquals is an object of keys and values; write {"key": "value"} (form) at /Statement/2/Condition/StringEquals
        policy.json:8:5: error: a statement is a JSON object; write {"Effect": .., "Action": ..} (form) at /Statement/3
    "#]]
    .assert_eq(&lines(text));
}

#[test]
fn an_old_version_takes_variables_as_text() {
    let text = r#"{"Version": "2008-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/${aws:username}"}}"#;
    assert_eq!(told(&judged(Identity, text)), ["version /Statement/Resource"]);
}

#[test]
fn the_size_counts_what_aws_counts() {
    let of = |bytes: usize, space: &str| {
        let resource = "a".repeat(bytes);
        format!(
            r#"{{"Version":"2012-10-17",{space}"Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::{resource}/*"}}}}"#
        )
    };
    let rest = of(0, "").len();
    assert_eq!(told(&judged(Identity, &of(6_144 - rest, "\n    "))), [""; 0]);
    assert_eq!(told(&judged(Identity, &of(6_145 - rest, ""))), ["size"]);
    assert_eq!(told(&judged(Scp, &of(10_240 - rest, ""))), [""; 0]);
    assert_eq!(told(&judged(Scp, &of(10_240 - rest, " "))), ["size"]);
}

#[test]
fn characters_that_iam_refuses_are_found() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Sid": "Grün", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/\u2603☃"}}"#;
    let told = told(&judged(Identity, text));
    assert_eq!(told, ["form /Statement/Sid", "characters /Statement/Resource"]);
}
