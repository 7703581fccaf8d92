//! The manifest's schema and its parser say the same.

use serde_json::Value;
use sharing::Manifest;

const GOOD: &[&str] = &[
    "{}",
    r#"{"ami": {}}"#,
    r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012", "987654321098"]}},
        "s3": {"com-example-bucket": ["123456789012"]}, "rds": {"base-db-v": {"eu-west-1": ["123456789012"]}}}"#,
    r#"{"ami": {"*": {"cn-north-1": []}}}"#,
    r#"{"ami": {"a": {"us-east-1": ["arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56"]}}}"#,
    r#"{"a-section-of-tomorrow": [1, 2, 3]}"#,
];

const BAD: &[&str] = &[
    "[]",
    r#"{"ami": []}"#,
    r#"{"ami": {"": {}}}"#,
    r#"{"ami": {"base": {"eu-wset-1": []}}}"#,
    r#"{"ami": {"base": {"eu-west-1": ["1234567890123"]}}}"#,
    r#"{"ami": {"base": {"eu-west-1": [123456789012]}}}"#,
    r#"{"ami": {"base": {"eu-west-1": "123456789012"}}}"#,
    r#"{"rds": {"base": {"eu-west-1": ["arn:aws:organizations::111122223333:organization/o-abcde12345"]}}}"#,
    r#"{"s3": {"com-example-bucket": {"eu-west-1": []}}}"#,
    r#"{"ami": {"a": {"us-east-1": ["arn:aws:organizations::1:ou/o-abcde12345/ou-ab12-cd34ef56"]}}}"#,
];

#[test]
fn the_schema_admits_what_the_parser_admits() {
    let schema = jsonschema::validator_for(&serde_json::to_value(sharing::schema()).unwrap()).unwrap();
    let is_valid = |text: &str| schema.is_valid(&serde_json::from_str::<Value>(text).unwrap());
    for text in GOOD {
        assert!(Manifest::parse(text).is_ok() && is_valid(text), "{text}");
    }
    for text in BAD {
        assert!(Manifest::parse(text).is_err() && !is_valid(text), "{text}");
    }
}
