//! Which entries stand for a thing, and who shares by them.

use std::time::SystemTime;

use chrono::DateTime;
use proptest::prelude::*;

use super::{principals, wanted};
use crate::{Kind, Manifest};

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

/// Those who have the share at this time, and those whose share has ended.
fn at(manifest: &str, kind: Kind, name: &str, time: &str) -> (Vec<String>, Vec<String>) {
    let time: SystemTime = DateTime::parse_from_rfc3339(time).unwrap().into();
    wanted(manifest, kind, name, (kind != Kind::Bucket).then_some("eu-west-1"), time).unwrap()
}

#[test]
fn an_account_shares_until_its_end() {
    let manifest = r#"{"rds": {"db": {"eu-west-1": [
        {"account": "111122223333", "expires": "2027-01-01T00:00:00Z"}, {"account": "222233334444"}, "333344445555"]}}}"#;
    let ever = ["222233334444", "333344445555"].map(String::from);
    let (now, gone) = at(manifest, Kind::DbSnapshot, "my-db-1", "2026-12-31T23:59:59Z");
    assert_eq!((now.len(), gone.len()), (3, 0));
    let (now, gone) = at(manifest, Kind::DbSnapshot, "my-db-1", "2027-01-01T00:00:00Z");
    assert_eq!((now, gone), (ever.into(), vec!["111122223333".to_owned()]));
}

#[test]
fn of_two_ends_the_later_counts_and_none_is_for_ever() {
    let first = r#"{"account": "111122223333", "expires": "2027-01-01T00:00:00Z"}"#;
    for (second, is_shared) in [
        (r#"{"account": "111122223333", "expires": "2028-01-01T00:00:00+02:00"}"#, true),
        (r#"{"account": "111122223333", "expires": "2026-01-01T00:00:00Z"}"#, false),
        (r#""111122223333""#, true),
    ] {
        for (one, other) in [(first, second), (second, first)] {
            let listed = format!(r#"{{"ebs": {{"base": {{"eu-west-1": [{one}, {other}]}}}}}}"#);
            let united =
                format!(r#"{{"ebs": {{"base": {{"eu-west-1": [{one}]}}, "bas": {{"eu-west-1": [{other}]}}}}}}"#);
            for manifest in [listed, united] {
                let (now, gone) = at(&manifest, Kind::Snapshot, "base-1", "2027-06-01T00:00:00Z");
                assert_eq!((now.len(), gone.len()), if is_shared { (1, 0) } else { (0, 1) }, "{manifest}");
            }
        }
    }
}

/// Whether the section's entry `base` stands for the thing of this name.
fn stands_for(kind: Kind, name: &str) -> bool {
    let list = if kind == Kind::Bucket { "[]" } else { r#"{"eu-west-1": []}"# };
    let manifest = format!(r#"{{"{kind}": {{"base": {list}}}}}"#);
    wanted(&manifest, kind, name, (kind != Kind::Bucket).then_some("eu-west-1"), SystemTime::UNIX_EPOCH).is_some()
}

#[test]
fn an_entry_begins_the_name_or_is_in_it_or_is_it() {
    for (kind, begins, contains) in [
        (Kind::Image, true, false),
        (Kind::Snapshot, true, false),
        (Kind::DbSnapshot, true, true),
        (Kind::DbClusterSnapshot, true, true),
        (Kind::Repository, false, false),
        (Kind::Key, false, false),
        (Kind::Bucket, false, false),
    ] {
        assert!(stands_for(kind, "base"), "{kind}");
        assert_eq!(stands_for(kind, "base-1"), begins, "{kind}");
        assert_eq!(stands_for(kind, "my-base-1"), contains, "{kind}");
        // RDS compares identifiers without regard to case.
        let is_of_rds = matches!(kind, Kind::DbSnapshot | Kind::DbClusterSnapshot);
        assert_eq!(stands_for(kind, "Base"), is_of_rds, "{kind}");
    }
}

#[test]
fn an_entry_in_capitals_means_what_rds_would_mean_by_it() {
    let manifest =
        r#"{"rds": {"Base-DB-v": {"eu-west-1": ["111111111111"]}}, "rds-cluster": {"Base-*-V?": {"eu-west-1": []}}}"#;
    for (kind, name) in [(Kind::DbSnapshot, "my-base-db-v1"), (Kind::DbClusterSnapshot, "my-base-db-v1")] {
        assert!(wanted(manifest, kind, name, Some("eu-west-1"), SystemTime::UNIX_EPOCH).is_some(), "{kind}");
    }
}

#[test]
fn a_wildcard_is_none_in_the_name_of_a_bucket_repository_or_key() {
    let manifest = r#"{"s3": {"base*": []}, "ecr": {"base*": {"eu-west-1": []}}, "kms": {"*": {"eu-west-1": []}}}"#;
    for (kind, region) in [(Kind::Bucket, None), (Kind::Repository, Some("eu-west-1")), (Kind::Key, Some("eu-west-1"))]
    {
        assert!(wanted(manifest, kind, "base-1", region, SystemTime::UNIX_EPOCH).is_none(), "{kind}");
    }
}

#[test]
fn an_organization_shares_beside_the_accounts() {
    let manifest = r#"{
        "s3": {"b": {"accounts": ["111122223333"], "organization": "o-exampleorgid"}, "none": {}},
        "ecr": {"b": {"eu-west-1": {"organization": "o-exampleorgid"}}},
        "kms": {"b": {"eu-west-1": {"accounts": [{"account": "111122223333", "expires": "2027-01-01T00:00:00Z"}]}}}}"#;
    let shared = |kind, name| at(manifest, kind, name, "2026-06-01T00:00:00Z").0.join(" ");
    assert_eq!(shared(Kind::Bucket, "b"), "111122223333 o-exampleorgid");
    assert_eq!(shared(Kind::Bucket, "none"), "");
    assert_eq!(shared(Kind::Repository, "b"), "o-exampleorgid");
    assert_eq!(shared(Kind::Key, "b"), "111122223333");
}

#[test]
fn organizations_and_units_may_stand_in_every_list() {
    let unit = "arn:aws:organizations::111122223333:ou/o-abcde12345/ou-ab12-cd34ef56";
    for kind in Kind::ALL {
        let list = format!(r#"["{unit}"]"#);
        let list = if kind == Kind::Bucket { list } else { format!(r#"{{"eu-west-1": {list}}}"#) };
        let manifest = format!(r#"{{"{kind}": {{"base": {list}}}}}"#);
        assert_eq!(at(&manifest, kind, "base", "2026-06-01T00:00:00Z").0, [unit], "{kind}");
    }
}

#[test]
fn the_version_is_of_the_text() {
    let [one, same, other] = ["{}", "{}", "{ }"].map(|text| Manifest::parse(text).unwrap().version().to_owned());
    assert_eq!(one, "44136fa355b3678a", "the first digits of its SHA-256");
    assert!(one == same && one != other);
}

proptest! {
    #[test]
    fn whoever_matches_a_plain_entry_begins_with_it(entry in "[a-z_-]{1,4}", name in "[a-z_-]{0,6}") {
        let manifest = format!(r#"{{"ami": {{"{entry}": {{"eu-west-1": []}}}}}}"#);
        prop_assert_eq!(principals(&manifest, &name, "eu-west-1").is_some(), name.starts_with(&entry));
    }
}
