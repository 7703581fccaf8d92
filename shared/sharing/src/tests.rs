//! What a manifest means, and what is said of its mistakes.

mod index;
mod matching;
mod mistakes;
mod restrictions;

use std::collections::BTreeSet;
use std::time::SystemTime;

use proptest::prelude::*;

use crate::{Allowed, Candidate, Difference, Kind, Manifest, Membership, Principal, Tags, schema};

/// Who has the share at this time, and whose has ended; `None` where no entry matches.
fn wanted(
    manifest: &str,
    kind: Kind,
    name: &str,
    region: Option<&str>,
    now: SystemTime,
) -> Option<(Vec<String>, Vec<String>)> {
    let region = region.map(|region| region.parse().unwrap());
    let (owner, tags) = ("111122223333".parse().unwrap(), Tags::from([("Name".to_owned(), name.to_owned())]));
    let candidate = Candidate { kind, name, region: region.as_ref(), owner: &owner, tags: &tags };
    let wanted = Manifest::parse(manifest).unwrap().wanted(&candidate, now);
    let told = |principals: &BTreeSet<Principal>| principals.iter().map(ToString::to_string).collect();
    wanted.map(|wanted| (told(&wanted.principals), told(&wanted.expired)))
}

fn principals(manifest: &str, name: &str, region: &str) -> Option<Vec<String>> {
    wanted(manifest, Kind::Image, name, Some(region), SystemTime::UNIX_EPOCH).map(|(principals, _)| principals)
}

#[test]
fn sections_are_counted_and_unknown_ones_are_named() {
    let manifest = r#"{"ami": {"a": {"eu-west-1": [], "us-east-1": []}, "b": {}}, "ebs": {}, "rds-cluster": {"c": {}},
        "s3": {"com-example-bucket": []}, "fsx": {"a": 1, "b": 2}, "note": "ours"}"#;
    let manifest = Manifest::parse(manifest).unwrap();
    let counts: Vec<_> = manifest.sections().into_iter().collect();
    assert_eq!(counts, [("ami", 2), ("rds-cluster", 1), ("s3", 1)]);
    assert_eq!(manifest.unknown_sections().collect::<Vec<_>>(), ["fsx", "note"]);
    assert!(manifest.has(Kind::Snapshot) && !manifest.has(Kind::Key));
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
fn everybody_is_a_word_and_sets_no_bound() {
    let manifest = Manifest::parse(r#"{"ami": {"a": {"eu-west-1": ["111122223333"]}}}"#).unwrap();
    let allowed: Allowed = "everybody".parse().unwrap();
    assert!(allowed.is_everybody() && manifest.outside(&allowed, &Membership::default()).is_empty());
    for text in ["", "Everybody", "everybody,111122223333", "*"] {
        assert!(text.parse::<Allowed>().is_err(), "{text}");
    }
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
}
