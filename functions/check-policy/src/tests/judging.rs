//! What is wrong with what was sent.

use super::{METADATA, READING, found, judged};

#[test]
fn the_denies_stand_behind_the_statements_of_the_policy() {
    let (_, document) = judged(READING, METADATA).right.unwrap();
    assert!(
        document.contains(r#""Sid":"Read""#) && document.ends_with(r#""ec2:InstanceType":"t2.*"}}}]}"#),
        "{document}"
    );
}

#[test]
fn everything_on_everything_is_found_in_every_notation() {
    for statement in [
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#,
        r#"{"Effect": "Allow", "Action": ["s3:GetObject", "*"], "Resource": ["*"]}"#,
        r#"{"Effect": "Allow", "Action": "*:*", "Resource": ["arn:aws:s3:::x", "*"]}"#,
        r#"{"Effect": "Allow", "NotAction": "none:None", "Resource": "*"}"#,
    ] {
        let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        let found = found(&policy, METADATA);
        assert!(found.iter().any(|it| it.ends_with("all-on-all")), "{statement}: {found:?}");
    }
}

#[test]
fn each_mistake_of_the_metadata_has_its_place() {
    let at = |metadata: &str| found(READING, metadata).into_iter().collect::<Vec<_>>().join("; ");
    let with = |more: &str| at(&format!(r#"{{"PolicyName": "a", "PolicyDescription": "b", {more}}}"#));
    assert_eq!(at(METADATA), "");
    assert_eq!(
        at(r#"{"PolicyName": "a b", "PolicyDescription": "\u0100"}"#),
        "metadata.json:/PolicyDescription metadata; metadata.json:/PolicyName metadata"
    );
    assert_eq!(at(r#"{"PolicyName": "a"}"#), "metadata.json:1:19 metadata");
    assert_eq!(at("{\n  \"PolicyName\": \"a\",\n"), "metadata.json:3:1 metadata");
    assert_eq!(at("\u{feff}{}"), "metadata.json:1:1 byte-order-mark");
    assert_eq!(with(r#""Team": "data""#), "metadata.json:1:52 metadata");
    assert_eq!(with(r#""PolicyName": "c""#), "metadata.json:1:58 metadata");
    assert_eq!(with(r#""Path": "/other/""#), "metadata.json:/Path path");
    assert_eq!(with(r#""Path": "/signalbox/*/""#), "metadata.json:/Path metadata");
    assert_eq!(with(r#""Path": "/signalbox/data""#), "metadata.json:/Path metadata");
    assert_eq!(with(r#""Path": "/signalbox/data/""#), "");
    assert_eq!(with(r#""Type": "group""#), "metadata.json:/Type metadata");
    assert_eq!(with(r#""Tags": {"team": "data"}"#), "");
    assert_eq!(
        with(r#""Tags": {"AWS:x": "1", "Signalbox:y": "2", "a/b": "3"}"#),
        "metadata.json:/Tags/AWS:x tag; metadata.json:/Tags/Signalbox:y tag; metadata.json:/Tags/a~1b tag"
    );
    assert_eq!(with(r#""Tags": {"team": "<data>"}"#), "metadata.json:/Tags/team metadata");
    assert!(with(r#""Tags": {"team": "a", "team": "b"}"#).starts_with("metadata.json:1:"), "a doubled key");
}

#[test]
fn a_policy_whose_size_is_right_only_without_the_denies_is_too_long() {
    let of_length = |length: usize| {
        let padding = "x".repeat(length);
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::{padding}/*"}}]}}"#
        )
    };
    let longest = 6_144 - of_length(0).len();
    assert!(found(&of_length(longest), METADATA).iter().any(|it| it.ends_with(" size")));
    assert!(!found(&of_length(longest - 200), METADATA).iter().any(|it| it.ends_with(" size")));
}

#[test]
fn other_types_are_judged_and_not_made() {
    let scp = r#"{"PolicyName": "a", "PolicyDescription": "b", "Type": "scp"}"#;
    let trust = scp.replace("scp", "trust");
    let judged_scp = judged(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}}"#,
        scp,
    );
    assert!(judged_scp.right.is_some() && judged_scp.verdict.findings.is_empty(), "{:?}", judged_scp.verdict);
    assert!(judged_scp.verdict.told.contains("central-deny-policy-sandbox v3 appended"), "{:?}", judged_scp.verdict);
    let trusting = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#;
    let judged_trust = judged(trusting, &trust);
    assert!(judged_trust.right.is_some() && judged_trust.verdict.findings.is_empty(), "{:?}", judged_trust.verdict);
    assert!(judged_trust.verdict.told.contains("with nothing appended"), "{:?}", judged_trust.verdict);
}

#[test]
fn a_service_control_policy_over_its_size_is_refused_once_the_denies_are_appended() {
    let scp = r#"{"PolicyName": "a", "PolicyDescription": "b", "Type": "scp"}"#;
    let padding = "x".repeat(10_240 - 130);
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::{padding}/*"}}]}}"#
    );
    assert!(policy.len() < 10_240 && found(&policy, scp).iter().any(|it| it.ends_with(" size")));
}
