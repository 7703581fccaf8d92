//! The manifest's schema and its parser say the same.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use sharing::Manifest;

const GOOD: &[&str] = &[
    "{}",
    r#"{"ami": {}}"#,
    r#"{"ami": {"base_linux_v": {"eu-west-1": ["123456789012", "987654321098"]}},
        "s3": {"com-example-bucket": ["123456789012"]}, "rds": {"base-db-v": {"eu-west-1": ["123456789012"]}}}"#,
    r#"{"ami": {"*": {"cn-north-1": []}}}"#,
    r#"{"ami": {"a": {"us-east-1": ["arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56"]}}}"#,
    r#"{"rds": {"base": {"eu-west-1": ["arn:aws:organizations::111122223333:organization/o-abcde12345"]}}}"#,
    r#"{"rds-cluster": {"a": {"us-east-1": [{"account": "123456789012", "expires": "2027-01-01T00:00:00Z"}]}}}"#,
    r#"{"ebs": {"a": {"us-east-1": [{"account": "123456789012"}]}}}"#,
    r#"{"ecr": {"base/linux": {"us-east-1": {"accounts": ["123456789012"], "organization": "o-exampleorgid"}}}}"#,
    r#"{"kms": {"alias/base": {"us-east-1": {"organization": "o-exampleorgid"}}}}"#,
    r#"{"s3": {"com-example-bucket": {"accounts": [{"account": "123456789012"}]}}}"#,
    r#"{"a-section-of-tomorrow": [1, 2, 3]}"#,
    r#"{"ami": {"base": {"eu-west-1": {"accounts": []}}}}"#,
    r#"{"rds": {"base": {"eu-west-1": {"accounts": ["123456789012"], "owner": ["111122223333"], "tag": {"key": "a", "value": ""}}}}}"#,
    r#"{"ebs": {"base": {"eu-west-1": {"accounts": [], "name_tag": "plan"}}}}"#,
];

const BAD: &[&str] = &[
    "[]",
    r#"{"ami": []}"#,
    r#"{"ami": {"": {}}}"#,
    r#"{"ami": {"base": {"eu-wset-1": []}}}"#,
    r#"{"ami": {"base": {"eu-west-1": ["1234567890123"]}}}"#,
    r#"{"ami": {"base": {"eu-west-1": [123456789012]}}}"#,
    r#"{"ami": {"base": {"eu-west-1": "123456789012"}}}"#,
    r#"{"ami": {"base": {"eu-west-1": {"owner": ["111122223333"]}}}}"#,
    r#"{"ami": {"base": {"eu-west-1": {"accounts": [], "name_tag": "plan"}}}}"#,
    r#"{"ami": {"base": {"eu-west-1": {"accounts": [], "owner": []}}}}"#,
    r#"{"ami": {"base": {"eu-west-1": {"accounts": [], "organization": "o-exampleorgid"}}}}"#,
    r#"{"ebs": {"base": {"eu-west-1": {"accounts": [], "tag": {"key": "a"}}}}}"#,
    r#"{"s3": {"com-example-bucket": {"accounts": [], "owner": ["111122223333"]}}}"#,
    r#"{"s3": {"com-example-bucket": {"eu-west-1": []}}}"#,
    r#"{"s3": {"com-example-bucket": {"organization": "exampleorgid"}}}"#,
    r#"{"ecr": {"base/linux": []}}"#,
    r#"{"ami": {"a": {"us-east-1": ["arn:aws:organizations::1:ou/o-abcde12345/ou-ab12-cd34ef56"]}}}"#,
    r#"{"ebs": {"a": {"us-east-1": [{"account": "123456789012", "until": "2027-01-01T00:00:00Z"}]}}}"#,
    r#"{"ebs": {"a": {"us-east-1": [{"account": "123456789012", "expires": "2027-01-01"}]}}}"#,
    r#"{"ebs": {"a": {"us-east-1": [{"expires": "2027-01-01T00:00:00Z"}]}}}"#,
];

static SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&serde_json::to_value(sharing::schema()).unwrap()).unwrap());

#[test]
fn the_schema_admits_what_the_parser_admits() {
    let is_valid = |text: &str| SCHEMA.is_valid(&serde_json::from_str::<Value>(text).unwrap());
    for text in GOOD {
        assert!(Manifest::parse(text).is_ok() && is_valid(text), "{text}");
    }
    for text in BAD {
        assert!(Manifest::parse(text).is_err() && !is_valid(text), "{text}");
    }
}

/// A value that is what it should be, or, more seldom, one that is not.
fn mostly(good: impl Strategy<Value = Value> + 'static, bad: &[Value]) -> BoxedStrategy<Value> {
    prop_oneof![9 => good, 1 => select(bad.to_vec())].boxed()
}

fn principal() -> BoxedStrategy<Value> {
    let good = select(vec![
        json!("111122223333"),
        json!("arn:aws:organizations::111122223333:organization/o-abcde12345"),
        json!("arn:aws-us-gov:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56"),
    ]);
    let bad = ["1111222233334", "", "o-abcde12345", "arn:aws:iam::111122223333:root", "*", "１１１１２２２２３３３３"];
    let bad: Vec<_> = bad.iter().map(|text| json!(text)).chain([json!(1), Value::Null, json!([])]).collect();
    mostly(good, &bad)
}

fn moment() -> BoxedStrategy<Value> {
    // Only the parser knows how many days a month has.
    let good = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[Tt ](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]{1,12})?([Zz]|[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9])";
    let near = "[0-9]{4}-[01][0-9]-[0-2][0-9][TtX_ ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.,][0-9]{0,2})?([Zz]|[+−-][0-2][0-9]:?[0-6][0-9]|)";
    prop_oneof![4 => good.prop_map(Value::from), 4 => near.prop_map(Value::from), 1 => "\\PC{0,25}".prop_map(Value::from), 1 => Just(json!(1))]
        .boxed()
}

/// An object in which each key may be missing, and one may be too much.
fn object(keys: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let entry = |(key, value): (&'static str, BoxedStrategy<Value>)| {
        proptest::option::weighted(0.8, value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
    };
    let entries: Vec<_> = keys.into_iter().chain([("until", Just(json!(1)).boxed())]).map(entry).collect();
    let last = entries.len() - 1;
    (entries, proptest::bool::weighted(0.9))
        .prop_map(move |(mut entries, is_exact)| {
            if is_exact {
                entries.truncate(last);
            }
            Value::Object(entries.into_iter().flatten().collect())
        })
        .boxed()
}

fn list() -> BoxedStrategy<Value> {
    let party = prop_oneof![principal(), object(vec![("account", principal()), ("expires", moment())])];
    mostly(
        proptest::collection::vec(party, 0..3).prop_map(Value::from),
        &[json!("111122223333"), Value::Null, json!({"a": []})],
    )
}

fn admission() -> BoxedStrategy<Value> {
    let id = mostly(Just(json!("o-abcde12345")), &[json!("o-"), json!("O-A"), json!("ou-ab12"), Value::Null]);
    prop_oneof![list(), object(vec![("accounts", list()), ("organization", id)])].boxed()
}

/// A list, or an object that also says which of the resources are meant; `until` is a key that no object knows.
fn selection(has_name_tag: bool) -> BoxedStrategy<Value> {
    let owners = mostly(
        proptest::collection::vec(Just("111122223333"), 1..3).prop_map(|ids| json!(ids)),
        &[json!([]), json!("111122223333"), json!(["1111"]), Value::Null],
    );
    let key = mostly(Just(json!("share")), &[json!(""), json!(1), json!("k".repeat(129))]);
    let value = mostly("[a-z]{0,3}".prop_map(Value::from), &[json!("v".repeat(257)), Value::Null]);
    let tag = mostly(object(vec![("key", key.clone()), ("value", value)]), &[json!([]), json!("share")]);
    let mut keys = vec![("accounts", list()), ("owner", owners), ("tag", tag)];
    if has_name_tag {
        keys.push(("name_tag", key));
    }
    prop_oneof![list(), object(keys)].boxed()
}

/// An object with keys of one kind.
fn by(keys: &'static [&'static str], value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let keys = select(keys).prop_map(String::from);
    let entries = proptest::collection::btree_map(keys, value, 0..3);
    mostly(entries.prop_map(|entries| Value::Object(entries.into_iter().collect())), &[json!([]), json!(1)])
}

fn section() -> impl Strategy<Value = (&'static str, Value)> {
    const NAMES: &[&str] = &["base", "alias/base", "*", "a b", "base-1", "x", "y", "z", ""];
    const REGIONS: &[&str] = &["eu-west-1", "us-gov-west-1", "cn-north-1", "eu-central-2", "us-east-1", "eu-wset-1"];
    let by_region = |list: BoxedStrategy<Value>| by(NAMES, by(REGIONS, list));
    let selected = select(vec!["ami", "rds", "rds-cluster"]);
    prop_oneof![
        3 => (selected, by_region(selection(false))),
        2 => (Just("ebs"), by_region(selection(true))),
        3 => (select(vec!["ecr", "kms"]), by_region(admission())),
        2 => (Just("s3"), by(NAMES, admission())),
        1 => (Just("note"), principal()),
    ]
}

proptest! {
    #[test]
    fn parser_and_schema_agree_on_any_manifest(sections in proptest::collection::vec(section(), 0..3)) {
        let manifest: Map<_, _> = sections.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let manifest = Value::Object(manifest);
        let parsed = Manifest::parse(&manifest.to_string());
        prop_assert_eq!(parsed.is_ok(), SCHEMA.is_valid(&manifest), "{} {:?}", manifest, parsed.err());
    }
}
