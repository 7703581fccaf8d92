//! The denies of an organization behind a policy.

use super::told;
use crate::{Kind, Source, append, check};

const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": {"Sid": "Read", "Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "*"}
}"#;
const DENIES: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "NoKeys", "Effect": "Deny", "Action": "iam:*AccessKey", "Resource": "*"}]}"#;

fn together(policy: &str, denies: &str) -> Vec<String> {
    let denies = Source { name: "denies.json", text: denies };
    let verdict = check(&Source { name: "policy.json", text: policy }, Some(&denies), Some(Kind::Identity));
    verdict.findings.iter().map(|it| format!("{} {} {}", it.file, it.rule, it.path)).collect()
}

#[test]
fn the_denies_follow_the_statements() {
    let whole = append(POLICY, DENIES).unwrap();
    assert_eq!(
        whole,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"},{"Sid":"NoKeys","Effect":"Deny","Action":"iam:*AccessKey","Resource":"*"}]}"#
    );
    assert!(append("[]", DENIES).unwrap_err().contains("object with statements"));
    assert!(append(POLICY, "{").unwrap_err().starts_with("the denies cannot be read"));
}

#[test]
fn what_they_take_back_is_not_found() {
    assert_eq!(told(&super::judged(Kind::Identity, POLICY)), ["escalation /Statement/Action"]);
    assert_eq!(together(POLICY, DENIES), [""; 0]);
}

#[test]
fn they_deny_and_their_ids_are_their_own() {
    let allows = DENIES.replace("Deny", "Allow").replace("NoKeys", "Read");
    assert_eq!(
        together(POLICY, &allows),
        [
            "policy.json escalation /Statement/Action",
            "denies.json deny /Statement/0",
            "denies.json form /Statement/0/Sid"
        ]
    );
}

#[test]
fn the_size_is_that_of_both() {
    let filled = |bytes: usize| POLICY.replace("\"Read\"", &format!("\"{}\"", "A".repeat(bytes)));
    let whole = append(&filled(0), DENIES).unwrap().len();
    assert_eq!(together(&filled(6_144 - whole), DENIES), [""; 0]);
    assert_eq!(together(&filled(6_145 - whole), DENIES), ["policy.json size "]);
}
