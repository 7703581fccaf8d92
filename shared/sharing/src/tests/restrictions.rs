//! What an entry asks of a resource beside its name.

use std::time::SystemTime;

use expect_test::{Expect, expect};

use crate::{Candidate, Kind, Manifest, Tags};

const OWNER: &str = "111122223333";

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Whether an entry means the resource of this name and owner with these tags; and whether one is withheld from it.
fn told(manifest: &str, kind: Kind, name: &str, owner: &str, pairs: &[(&str, &str)]) -> (bool, bool) {
    let manifest = Manifest::parse(manifest).unwrap();
    let (region, owner, tags) = ("eu-west-1".parse().unwrap(), owner.parse().unwrap(), tags(pairs));
    let candidate = Candidate { kind, name, region: Some(&region), owner: &owner, tags: &tags };
    (manifest.wanted(&candidate, SystemTime::UNIX_EPOCH).is_some(), manifest.is_withheld(&candidate))
}

const MEANT: (bool, bool) = (true, false);
const WITHHELD: (bool, bool) = (false, true);
const NOT_NAMED: (bool, bool) = (false, false);

#[test]
fn an_owner_that_is_named_has_to_own_it() {
    for kind in [Kind::Image, Kind::Snapshot, Kind::DbSnapshot, Kind::DbClusterSnapshot] {
        let manifest = format!(
            r#"{{"{kind}": {{"base": {{"eu-west-1": {{"accounts": ["123456789012"], "owner": ["{OWNER}", "444455556666"]}}}}}}}}"#
        );
        assert_eq!(told(&manifest, kind, "base-1", OWNER, &[]), MEANT, "{kind}");
        assert_eq!(told(&manifest, kind, "base-1", "555566667777", &[]), WITHHELD, "{kind}");
        assert_eq!(told(&manifest, kind, "other", OWNER, &[]), NOT_NAMED, "{kind}");
    }
}

#[test]
fn a_tag_that_is_named_has_to_be_on_it_beside_the_name() {
    for kind in [Kind::Image, Kind::Snapshot, Kind::DbSnapshot, Kind::DbClusterSnapshot] {
        let manifest = format!(
            r#"{{"{kind}": {{"base": {{"eu-west-1": {{"accounts": [], "tag": {{"key": "share", "value": "yes"}}}}}}}}}}"#
        );
        assert_eq!(told(&manifest, kind, "base-1", OWNER, &[("share", "yes"), ("a", "b")]), MEANT, "{kind}");
        for other in [&[("share", "no")] as &[_], &[("Share", "yes")], &[("share", "yes ")], &[]] {
            assert_eq!(told(&manifest, kind, "base-1", OWNER, other), WITHHELD, "{kind} {other:?}");
        }
        assert_eq!(told(&manifest, kind, "other", OWNER, &[("share", "yes")]), NOT_NAMED, "{kind}");
    }
}

#[test]
fn of_entries_with_one_name_each_is_asked_for_itself() {
    let manifest = r#"{"ami": {"base": {"eu-west-1": {"accounts": ["123456789012"], "owner": ["444455556666"]}},
        "bas": {"eu-west-1": ["222233334444"]}}}"#;
    assert_eq!(told(manifest, Kind::Image, "base-1", OWNER, &[]), MEANT);
    let manifest = Manifest::parse(manifest).unwrap();
    let (region, owner, tags) = ("eu-west-1".parse().unwrap(), OWNER.parse().unwrap(), Tags::new());
    let candidate = Candidate { kind: Kind::Image, name: "base-1", region: Some(&region), owner: &owner, tags: &tags };
    let wanted = manifest.wanted(&candidate, SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(wanted.principals.iter().map(ToString::to_string).collect::<Vec<_>>(), ["222233334444"]);
}

#[test]
fn a_snapshot_is_found_by_the_tag_that_its_entry_goes_by_and_by_no_other() {
    let manifest =
        r#"{"ebs": {"base": {"eu-west-1": {"accounts": [], "name_tag": "plan"}}, "vol": {"eu-west-1": []}}}"#;
    let by = |name: &str, pairs: &[(&str, &str)]| told(manifest, Kind::Snapshot, name, OWNER, pairs);
    assert_eq!(by("", &[("plan", "base-1")]), MEANT);
    assert_eq!(by("base-1", &[("Name", "base-1")]), NOT_NAMED);
    assert_eq!(by("vol-1", &[("Name", "vol-1")]), MEANT);
    assert_eq!(by("", &[("plan", "vol-1")]), NOT_NAMED);
    assert_eq!(by("", &[]), NOT_NAMED);
    let names = Manifest::parse(manifest).unwrap();
    let names = names.names_by_tag(&"eu-west-1".parse().unwrap()).into_iter();
    let names: Vec<_> = names.map(|(key, names)| (key, names.into_iter().collect::<Vec<_>>())).collect();
    assert_eq!(names, [("Name", vec!["vol"]), ("plan", vec!["base"])]);
}

/// The mistake's message, and the text that it marks.
fn check(manifest: &str, expected: &Expect) {
    let mistake = Manifest::parse(manifest).unwrap_err();
    expected.assert_eq(&format!("{mistake}\n>>{}<<\n", &manifest[mistake.span(manifest)]));
}

#[test]
fn a_restriction_in_the_wrong_place_is_explained() {
    check(
        r#"{"s3": {"a": {"accounts": [], "owner": ["111122223333"]}}}"#,
        &expect![[r#"
        line 1, column 37: `owner` is for images and snapshots, which many may name alike; this entry means one resource by its whole name
        >>"owner"<<
    "#]],
    );
    check(
        r#"{"kms": {"a": {"eu-west-1": {"tag": {"key": "a", "value": "b"}}}}}"#,
        &expect![[r#"
        line 1, column 34: `tag` is for images and snapshots, which many may name alike; this entry means one resource by its whole name
        >>"tag"<<
    "#]],
    );
    check(
        r#"{"ami": {"a": {"eu-west-1": {"accounts": [], "name_tag": "plan"}}}}"#,
        &expect![[r#"
        line 1, column 55: `name_tag` is for section `ebs`: only EBS snapshots have no name but a tag's
        >>"name_tag"<<
    "#]],
    );
    check(
        r#"{"ami": {"a": {"eu-west-1": {"accounts": [], "organization": "o-exampleorgid"}}}}"#,
        &expect![[r#"
        line 1, column 59: `organization` is for sections `s3`, `ecr` and `kms`; name the organization's ARN among the accounts
        >>"organization"<<
    "#]],
    );
}

#[test]
fn a_restriction_that_is_malformed_has_its_place() {
    check(
        r#"{"ami": {"a": {"eu-west-1": {"owner": ["111122223333"]}}}}"#,
        &expect![[r#"
        line 1, column 55: `accounts` is missing
        >>}<<
    "#]],
    );
    check(
        r#"{"ami": {"a": {"eu-west-1": {"accounts": [], "owner": []}}}}"#,
        &expect![[r#"
        line 1, column 56: `owner` is empty, so that nothing matches; name an account, or leave it out
        >>]<<
    "#]],
    );
    check(
        r#"{"ami": {"a": {"eu-west-1": {"accounts": [], "owner": "111122223333"}}}}"#,
        &expect![[r#"
        line 1, column 68: invalid type: string "111122223333", expected a list of the accounts that own the resource, such as ["111122223333"]
        >>"111122223333"<<
    "#]],
    );
    check(
        r#"{"ami": {"a": {"eu-west-1": {"accounts": [], "owner": ["1111"]}}}}"#,
        &expect![[r#"
        line 1, column 61: `1111` is not an account id of 12 digits, such as "111122223333"
        >>"1111"<<
    "#]],
    );
}

#[test]
fn a_tag_or_a_key_that_is_malformed_has_its_place() {
    check(
        r#"{"ebs": {"a": {"eu-west-1": {"accounts": [], "tag": {"key": "a"}}}}}"#,
        &expect![[r#"
        line 1, column 64: missing field `value`
        >>}<<
    "#]],
    );
    check(
        r#"{"ebs": {"a": {"eu-west-1": {"accounts": [], "tag": {"key": "", "value": "b"}}}}}"#,
        &expect![[r#"
        line 1, column 62: `` is not the key of a tag, 1 to 128 characters
        >>""<<
    "#]],
    );
    check(
        r#"{"ebs": {"a": {"eu-west-1": {"accounts": [], "name_tag": ""}}}}"#,
        &expect![[r#"
        line 1, column 59: `` is not the key of a tag, 1 to 128 characters
        >>""<<
    "#]],
    );
    check(
        r#"{"rds": {"a": {"eu-west-1": {"accounts": [], "owners": ["111122223333"]}}}}"#,
        &expect![[r#"
        line 1, column 53: `owners` is none of `accounts`, `owner` and `tag`
        >>"owners"<<
    "#]],
    );
    check(
        r#"{"rds": {"a": {"eu-west-1": {"accounts": [], "accounts": []}}}}"#,
        &expect![[r#"
        line 1, column 55: `accounts` stands twice; keep one
        >>"accounts"<<
    "#]],
    );
}
