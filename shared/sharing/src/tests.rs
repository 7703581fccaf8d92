//! What a manifest means, and what is said of its mistakes.

use std::collections::BTreeSet;
use std::time::SystemTime;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use reaction::Region;

use crate::{Allowed, Difference, Kind, Manifest, Membership, Principal, schema};

fn principals(manifest: &str, name: &str, region: &str) -> Option<Vec<String>> {
    let manifest = Manifest::parse(manifest).unwrap();
    let region: Region = region.parse().unwrap();
    let wanted = manifest.wanted(Kind::Image, name, Some(&region), SystemTime::UNIX_EPOCH);
    wanted.map(|wanted| wanted.principals.iter().map(ToString::to_string).collect())
}

const TWO_ENTRIES: &str = r#"{"ami": {
    "base_linux_v": {"eu-west-1": ["123456789012", "987654321098"]},
    "base_": {"eu-west-1": ["111122223333", "123456789012"], "us-east-1": []}
}}"#;

#[test]
fn entries_that_match_are_united() {
    let both = ["111122223333", "123456789012", "987654321098"].map(String::from);
    assert_eq!(principals(TWO_ENTRIES, "base_linux_v7", "eu-west-1"), Some(both.into()));
}

#[test]
fn an_entry_matches_names_that_begin_with_it() {
    assert_eq!(principals(TWO_ENTRIES, "base_windows", "eu-west-1").unwrap().len(), 2);
    assert_eq!(principals(TWO_ENTRIES, "my_base_linux_v7", "eu-west-1"), None);
    assert_eq!(principals(TWO_ENTRIES, "Base_linux_v7", "eu-west-1"), None);
}

#[test]
fn an_empty_list_is_a_decision_and_an_absent_region_is_none() {
    assert_eq!(principals(TWO_ENTRIES, "base_linux_v7", "us-east-1"), Some(vec![]));
    assert_eq!(principals(TWO_ENTRIES, "base_linux_v7", "eu-central-1"), None);
}

#[test]
fn star_and_question_mark_are_wildcards() {
    let manifest = r#"{"ami": {"base-*-v?.": {"eu-west-1": ["111122223333"]}}}"#;
    assert!(principals(manifest, "base-linux-v7.1", "eu-west-1").is_some());
    assert!(principals(manifest, "base-linux-v17.1", "eu-west-1").is_none());
    assert!(principals(r#"{"ami": {"*": {"eu-west-1": []}}}"#, "anything", "eu-west-1").is_some());
}

#[test]
fn sections_may_be_missing_and_unknown_ones_are_kept() {
    let manifest = Manifest::parse(r#"{"ebs": {"a": 1}, "s3": {"com-example-bucket": []}}"#).unwrap();
    assert_eq!(manifest.sections().into_iter().collect::<Vec<_>>(), [("ebs", 1), ("s3", 1)]);
    assert!(Manifest::parse("{}").unwrap().sections().is_empty());
}

#[test]
fn whoever_is_not_allowed_is_named_whatever_the_section() {
    let manifest = Manifest::parse(
        r#"{"ami": {"a": {"eu-west-1": ["111122223333", "arn:aws:organizations::111122223333:organization/o-abcde12345"]}},
            "rds": {"b": {"eu-west-1": ["222233334444"]}}, "s3": {"c": ["333344445555"]}}"#,
    );
    let allowed: Allowed = "111122223333".parse().unwrap();
    let outside: Vec<_> =
        manifest.unwrap().outside(&allowed, &Membership::default()).iter().map(ToString::to_string).collect();
    assert_eq!(
        outside,
        ["222233334444", "333344445555", "arn:aws:organizations::111122223333:organization/o-abcde12345"]
    );
}

#[test]
fn organizations_and_their_units_are_principals() {
    for arn in [
        "arn:aws:organizations::111122223333:organization/o-abcde12345",
        "arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56",
        "arn:aws-us-gov:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56",
    ] {
        assert_eq!(arn.parse::<Principal>().unwrap().to_string(), arn);
    }
    for text in [
        "arn:aws:organizations::1111:organization/o-abcde12345",
        "arn:aws:organizations::111122223333:organization/",
        "arn:aws:organizations::111122223333:root/o-abcde12345/r-ab12",
        "arn:aws:iam::111122223333:root",
        "o-abcde12345",
    ] {
        assert!(text.parse::<Principal>().is_err(), "{text}");
    }
}

/// The mistake's message, and the text that it marks.
fn check(manifest: &str, expected: &Expect) {
    let mistake = Manifest::parse(manifest).unwrap_err();
    expected.assert_eq(&format!("{mistake}\n>>{}<<\n", &manifest[mistake.span(manifest)]));
}

#[test]
fn an_account_of_thirteen_digits() {
    check(
        "{\"ami\": {\"base\": {\n  \"eu-west-1\": [\"1234567890123\"]}}}",
        &expect![[r#"
            line 2, column 31: `1234567890123` is not an account id of 12 digits, such as "111122223333", or the ARN of an organization or organizational unit, such as "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56"
            >>"1234567890123"<<
        "#]],
    );
}

#[test]
fn an_account_that_is_a_number() {
    check(
        r#"{"rds": {"base": {"eu-west-1": [123456789012]}}}"#,
        &expect![[r#"
            line 1, column 44: invalid type: integer `123456789012`, expected an account id of 12 digits, such as "111122223333"
            >>123456789012<<
        "#]],
    );
}

#[test]
fn a_region_that_does_not_exist() {
    check(
        r#"{"ami": {"base": {"eu-wset-1": []}}}"#,
        &expect![[r#"
            line 1, column 29: `eu-wset-1` is not an AWS region, such as "eu-west-1"
            >>"eu-wset-1"<<
        "#]],
    );
}

#[test]
fn keys_that_stand_twice() {
    check(
        "{\"ami\": {\"base\": {}, \"base\": {}}}",
        &expect![[r#"
            line 1, column 27: `base` stands twice; merge the two
            >>"base"<<
        "#]],
    );
    check(
        "{\"ami\": {}, \"ami\": {}}",
        &expect![[r#"
            line 1, column 17: `ami` stands twice; merge the two
            >>"ami"<<
        "#]],
    );
}

#[test]
fn text_after_the_end() {
    check(
        "{} x",
        &expect![[r"
            line 1, column 4: trailing characters
            >>x<<
        "]],
    );
}

#[test]
fn a_manifest_that_was_cut() {
    check(
        "{\"ami\": {\"base\": {\"eu-west-1\": [\"1111",
        &expect![[r#"
            line 1, column 37: EOF while parsing a string
            >>1111<<
        "#]],
    );
}

#[test]
fn no_manifest_at_all() {
    check(
        "",
        &expect![[r"
        line 1, column 1: EOF while parsing a value
        >><<
    "]],
    );
    check(
        "<html>",
        &expect![[r"
        line 1, column 1: expected value
        >><<<
    "]],
    );
    check(
        "[]",
        &expect![[r#"
            line 1, column 1: invalid type: sequence, expected a share manifest, an object such as {"ami": {"base_linux_v": {"eu-west-1": ["111122223333"]}}}
            >>[<<
        "#]],
    );
}

#[test]
fn an_entry_without_a_name_or_a_list() {
    check(
        r#"{"ami": {"": {}}}"#,
        &expect![[r#"
            line 1, column 11: `` is not a name that is not empty (`*` matches every name)
            >>""<<
        "#]],
    );
    check(
        r#"{"s3": {"com-example-bucket": "111122223333"}}"#,
        &expect![[r#"
            line 1, column 44: invalid type: string "111122223333", expected a list, of which each item is an account id of 12 digits, such as "111122223333"
            >>"111122223333"<<
        "#]],
    );
}

#[test]
fn the_committed_schema_is_current() {
    let committed = include_str!("../../../docs/share-manifest.schema.json");
    let committed: serde_json::Value = serde_json::from_str(committed).unwrap();
    let current = serde_json::to_value(schema()).unwrap();
    assert_eq!(committed, current, "write it anew: signalbox manifest schema > docs/share-manifest.schema.json");
}

proptest! {
    #[test]
    fn a_difference_makes_the_current_into_the_desired(desired: BTreeSet<u8>, current: BTreeSet<u8>) {
        let Difference { add, remove } = Difference::between(&desired, &current);
        prop_assert!(add.is_disjoint(&current) && remove.is_disjoint(&desired));
        prop_assert_eq!(&(&current - &remove) | &add, desired);
    }

    #[test]
    fn a_mistake_has_a_place_in_any_text(text in "\\PC{0,60}") {
        if let Err(mistake) = Manifest::parse(&text) {
            let span = mistake.span(&text);
            prop_assert!(text.get(span).is_some());
        }
    }

    #[test]
    fn whoever_matches_a_plain_entry_begins_with_it(entry in "[a-z_-]{1,4}", name in "[a-z_-]{0,6}") {
        let manifest = format!(r#"{{"ami": {{"{entry}": {{"eu-west-1": []}}}}}}"#);
        prop_assert_eq!(principals(&manifest, &name, "eu-west-1").is_some(), name.starts_with(&entry));
    }
}
