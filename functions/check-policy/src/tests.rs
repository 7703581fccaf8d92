//! Decisions, case by case: what was sent and what is there go in, a verdict and a plan come out.

mod answering;
mod judging;
mod planning;
mod second;

use std::collections::BTreeSet;

use crate::judge::{Denies, Judged, Sent, judge};
use crate::settings::Settings;

const DENIES: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "OnlyT2", "Effect": "Deny", "Action": "ec2:RunInstances",
    "Resource": "arn:aws:ec2:*:*:instance/*", "Condition": {"StringNotLike": {"ec2:InstanceType": "t2.*"}}}]}"#;

const READING: &str = r#"{"Version": "2012-10-17", "Statement": {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::com-example-data/*"}}"#;

const METADATA: &str = r#"{"PolicyName": "data-readers", "PolicyDescription": "Reads data"}"#;

fn settings() -> Settings {
    let variable = |name: &str| (name == "SIGNALBOX_POLICY_TAGS").then(|| "team,cost-centre".to_owned());
    Settings::read(&variable).unwrap()
}

fn judged(policy: &str, metadata: &str) -> Judged {
    let denies = Denies { name: "central-deny-policy-sandbox v3".into(), text: DENIES.into() };
    judge(&Sent { policy: policy.into(), metadata: metadata.into() }, &denies, &settings())
}

/// The rules of what is found, with their places.
fn found(policy: &str, metadata: &str) -> BTreeSet<String> {
    judged(policy, metadata).verdict.findings.iter().map(|it| format!("{} {}", it.path, it.rule)).collect()
}

#[test]
fn settings_that_are_malformed_are_named() {
    for (name, value) in [
        ("SIGNALBOX_CENTRAL_DENY", "arn:aws:iam::111122223333:policy/denies"),
        ("SIGNALBOX_CENTRAL_DENY", "denies/"),
        ("SIGNALBOX_POLICY_PATH", "/"),
        ("SIGNALBOX_POLICY_PATH", "signalbox"),
        ("SIGNALBOX_POLICY_PATH", "/signal*/"),
        ("SIGNALBOX_POLICY_PATH", "//"),
        ("SIGNALBOX_POLICY_TAGS", "team,Signalbox:created-by"),
        ("SIGNALBOX_POLICY_TAGS", "team,,owner"),
        ("SIGNALBOX_SECOND_OPINION", "on"),
        ("SIGNALBOX_SECOND_OPINION", "Access-Analyzer"),
    ] {
        let variable = |asked: &str| (asked == name).then(|| value.to_owned());
        let error = Settings::read(&variable).unwrap_err().to_string();
        assert!(error.contains(name), "{name}={value}: {error}");
    }
}
