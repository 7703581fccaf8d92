//! Who may do what, case by case.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use serde_json::json;

use crate::{Attempts, Open, Request, Turn, VersionId, Versions, What, turn};

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf";
const NEW: &str = "11111111-1111-4111-8111-111111111111";
const OLD: &str = "00000000-0000-4000-8000-000000000000";

fn request(step: &str) -> Request {
    serde_json::from_value(json!({
        "Step": step, "SecretId": SECRET, "ClientRequestToken": NEW, "RotationToken": "the rotation token",
    }))
    .unwrap()
}

fn id(version: &str) -> VersionId {
    version.parse().unwrap()
}

fn versions(stages: &[(&str, &[&str])]) -> Versions {
    let stages = stages
        .iter()
        .map(|(version, stages)| (id(version), stages.iter().map(ToString::to_string).collect::<BTreeSet<_>>()));
    Versions { is_rotated: true, stages: stages.collect(), ..Versions::default() }
}

fn pending() -> Versions {
    versions(&[(OLD, &["AWSCURRENT"]), (NEW, &["AWSPENDING"])])
}

#[test]
fn each_step_has_its_turn_while_the_version_is_pending() {
    let of = |step| turn(&request(step), &pending()).unwrap();
    assert_eq!(of("createSecret"), Turn::Create);
    assert_eq!(of("setSecret"), Turn::Set);
    assert_eq!(of("testSecret"), Turn::Test);
    assert_eq!(of("finishSecret"), Turn::Finish { from: Some(id(OLD)) });
    let first = versions(&[(NEW, &["AWSPENDING"])]);
    assert_eq!(turn(&request("finishSecret"), &first).unwrap(), Turn::Finish { from: None });
}

#[test]
fn a_version_that_is_current_is_done_whatever_the_step() {
    let done = versions(&[(OLD, &["AWSPREVIOUS"]), (NEW, &["AWSCURRENT", "AWSPENDING"])]);
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret", "somethingElse"] {
        assert_eq!(turn(&request(step), &done).unwrap(), Turn::Done, "{step}");
    }
}

fn refused(step: &str, versions: &Versions, expected: &Expect) {
    let error = turn(&request(step), versions).unwrap_err();
    assert!(error.is_refused());
    expected.assert_eq(&error.to_string());
}

#[test]
fn what_cannot_be_rotated_is_refused_as_everybody_knows_it() {
    refused(
        "createSecret",
        &Versions { is_rotated: false, ..pending() },
        &expect![
            "Secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf is not enabled for rotation"
        ],
    );
    refused(
        "createSecret",
        &versions(&[(OLD, &["AWSCURRENT"])]),
        &expect![
            "Secret version 11111111-1111-4111-8111-111111111111 has no stage for rotation of secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf."
        ],
    );
    refused(
        "createSecret",
        &versions(&[(OLD, &["AWSCURRENT"]), (NEW, &["AWSPREVIOUS"])]),
        &expect![
            "Secret version 11111111-1111-4111-8111-111111111111 not set as AWSPENDING for rotation of secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf."
        ],
    );
    refused(
        "dropSecret",
        &pending(),
        &expect![
            "Invalid step parameter dropSecret for secret arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/db-AbCdEf"
        ],
    );
}

#[test]
fn a_request_shows_neither_its_rotation_token_nor_takes_what_is_no_secret() {
    let request = request("createSecret");
    assert!(!format!("{request:?}").contains("the rotation token"));
    expect!["111122223333/eu-west-1/app/db-AbCdEf/11111111-1111-4111-8111-111111111111/createSecret"]
        .assert_eq(&request.key().to_string());
    let malformed = |pointer: &str, text: &str| {
        let mut value = json!({"Step": "createSecret", "SecretId": SECRET, "ClientRequestToken": NEW});
        value[pointer] = json!(text);
        serde_json::from_value::<Request>(value).unwrap_err().to_string()
    };
    expect![[r#"
        `app/db` is not the ARN of a secret, such as "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf"
        `arn:aws:ssm:eu-west-1:111122223333:secret:app` is not the ARN of a secret, such as "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf"
        `arn:aws-cn:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf` is not the ARN of a secret, such as "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf"
        `arn:aws:secretsmanager:eu-west-1:111122223333:secret:a b` is not the ARN of a secret, such as "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf"
        `1` is not the id of a version, 32 to 64 letters, digits and hyphens"#]].assert_eq(
        &[
            malformed("SecretId", "app/db"),
            malformed("SecretId", "arn:aws:ssm:eu-west-1:111122223333:secret:app"),
            malformed("SecretId", "arn:aws-cn:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf"),
            malformed("SecretId", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a b"),
            malformed("ClientRequestToken", "1"),
        ]
        .join("\n"),
    );
}

#[test]
fn what_is_open_is_read_as_it_was_written_and_told() {
    let version = id(NEW);
    let told = [What::Made, What::Held, What::Gone].map(|what| {
        let open = Open { since: 40, what, version: version.clone(), run: "a@b".into() };
        assert_eq!(open.to_string().parse::<Open>().unwrap(), open);
        open.told(&SECRET.parse().unwrap(), 100)
    });
    for (said, what) in told.iter().zip(["may have been made", "may have the password", "was gone before"]) {
        assert!(
            said.contains(what) && said.contains("60 s ago") && said.contains(NEW) && said.contains(SECRET),
            "{said}"
        );
    }
    for malformed in ["", "made", "made@1@40@", &format!("lost@{NEW}@40@"), &format!("made@{NEW}@then@")] {
        assert!(malformed.parse::<Open>().is_err(), "{malformed}");
    }
}

#[test]
fn no_error_shows_what_stands_for_a_rotation_token() {
    for wrong in [json!(4711), json!([4711]), json!({"4711": 4711})] {
        let value =
            json!({"Step": "createSecret", "SecretId": SECRET, "ClientRequestToken": NEW, "RotationToken": wrong});
        let error = serde_json::from_value::<Request>(value).unwrap_err().to_string();
        assert_eq!(error, "`RotationToken` is no text");
    }
}

#[test]
fn a_credential_is_not_tried_for_ever() {
    assert!(!Attempts(Attempts::MOST - 1).are_spent());
    assert!(Attempts(Attempts::MOST).are_spent());
}
