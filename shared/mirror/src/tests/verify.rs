//! Which difference between head and bucket shows.

use super::*;
use crate::{Object, verify, verify_copy};

fn objects(of: &[(&str, &str, u64)]) -> BTreeMap<String, Object> {
    let object = |etag: &str, size| Object { etag: etag.into(), size };
    of.iter().map(|(path, etag, size)| ((*path).to_owned(), object(etag, *size))).collect()
}

fn drift(head: &Head, manifest: Option<&Manifest>, of: &[(&str, &str, u64)]) -> Vec<String> {
    verify(&name(), head, &rules(), manifest, &objects(of)).iter().map(ToString::to_string).collect()
}

#[test]
fn each_kind_of_drift_is_told_by_path() {
    let head = head(2, &[("behind", 4), ("missing", 5), ("overwritten", 6), ("right", 1), ("unrecorded", 1)]);
    let written = manifest(1, &[("behind", 3), ("missing", 5), ("overwritten", 6), ("right", 1), ("stale", 2)]);
    let found = drift(
        &head,
        Some(&written.it),
        &[
            ("behind", "etag-3", 3),
            ("foreign", "x", 1),
            ("overwritten", "another", 6),
            ("right", "etag-1", 1),
            ("stale", "etag-2", 2),
            ("unrecorded", "etag-1", 1),
        ],
    );
    assert_eq!(
        found,
        [
            format!("behind: behind (head {}, bucket {})", blob(4), blob(3)),
            "missing: missing".into(),
            "overwritten: overwritten".into(),
            "foreign: unrecorded".into(),
            "foreign: foreign".into(),
            "stale: stale".into(),
        ]
    );
}

#[test]
fn an_object_of_the_same_etag_and_another_size_was_overwritten() {
    assert_eq!(
        drift(&head(1, &[("a", 1)]), Some(&manifest(1, &[("a", 1)]).it), &[("a", "etag-1", 2)]),
        ["overwritten: a"]
    );
}

#[test]
fn without_a_manifest_nothing_is_known_to_be_ours() {
    assert_eq!(drift(&head(1, &[("a", 1), ("b", 2)]), None, &[("a", "etag-1", 1)]), ["foreign: a", "missing: b"]);
}

#[test]
fn what_is_equal_is_not_told() {
    assert!(drift(&head(1, &[("a", 1)]), Some(&manifest(1, &[("a", 1)]).it), &[("a", "etag-1", 1)]).is_empty());
}

#[test]
fn a_copy_lacks_nothing_has_nothing_else_and_each_object_is_whole() {
    let head = head(1, &[("cut", 3), ("gone", 1), ("right", 2)]);
    let found = verify_copy("x/", &head, &rules(), &objects(&[("cut", "e", 1), ("more", "e", 1), ("right", "e", 2)]));
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["overwritten: cut", "missing: gone", "foreign: more"]);
}
