//! What the function hears, and what it refuses to read.

use expect_test::expect;
use reaction::Reaction;
use serde_json::value::RawValue;
use sharing::Kind;

use crate::{ReconcileShares, Subject};

const MANIFEST: &str = r#"{"ami": {"base_": {"eu-west-1": ["123456789012"]}}}"#;

fn parse(event: &str) -> Result<Option<Subject>, String> {
    let event: Box<RawValue> = serde_json::from_str(event).map_err(|error| error.to_string())?;
    ReconcileShares::parse(event).map_err(|error| error.to_string())
}

#[test]
fn a_schedule_a_changed_manifest_and_a_manifest_itself_are_heard() {
    assert!(matches!(parse(r#"{"signalbox": "sweep", "force": null}"#), Ok(Some(Subject::Sweep { force: None }))));
    assert!(matches!(
        parse(r#"{"signalbox": "sweep", "force": "s3://b/k"}"#),
        Ok(Some(Subject::Sweep { force: Some(_) }))
    ));
    let Ok(Some(Subject::Payload(manifest))) = parse(MANIFEST) else { panic!("a manifest") };
    assert!(manifest.has(Kind::Image));
    let object = r#"{"id": "e", "detail-type": "Object Created", "source": "aws.s3", "account": "111122223333", "region": "eu-west-1",
        "time": "2026-11-01T12:00:00Z", "resources": [], "detail": {"version": "0", "bucket": {"name": "b"},
        "object": {"key": "a/share.json", "size": 5, "etag": "e", "sequencer": "00A"}}}"#;
    let Ok(Some(Subject::Changed { location, key })) = parse(object) else { panic!("an object") };
    assert_eq!(
        (location.as_str(), key.to_string().as_str()),
        ("s3://b/a/share.json", "111122223333/eu-west-1/s3://b/a/share.json/00A")
    );
    assert!(matches!(parse(&object.replace("Object Created", "Object Deleted")), Ok(None)));
}

#[test]
fn what_is_neither_is_refused_with_what_was_expected() {
    expect![[r#"neither an event, nor {"signalbox": "sweep", "force": null}, nor a share manifest with a section that is known"#]]
        .assert_eq(&parse("{}").unwrap_err());
    expect![[r#"the payload is not like {"signalbox": "sweep", "force": null}"#]]
        .assert_eq(&parse(r#"{"signalbox": "sweeep"}"#).unwrap_err());
    expect!["the payload, read as a share manifest: line 1, column 26: `ami` stands twice; merge the two"]
        .assert_eq(&parse(r#"{"ami": {}, "rds":{},"ami": {}}"#).unwrap_err());
    assert!(parse("[]").is_err() && parse("5").is_err());
}
