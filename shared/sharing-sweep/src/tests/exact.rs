//! Entries that name buckets, keys and repositories exactly mean those of one account.

use sharing::Kind;

use super::{facts, told};
use crate::Facts;

const MANIFEST: &str = r#"{"ecr": {"app": {"eu-west-1": ["123456789012"]}}, "s3": {"b": ["123456789012"]}, "kms": {},
    "ami": {"base_": {"eu-west-1": ["123456789012"]}}}"#;

/// The facts of a sweep of these accounts, where exact names are those of `exact`.
fn swept(exact: &str, owners: &[&str]) -> Facts {
    let owners = owners.iter().map(|id| id.parse().unwrap()).collect();
    Facts { exact: exact.parse().unwrap(), owners, ..facts(MANIFEST, Vec::new()) }
}

#[test]
fn where_sections_are_skipped_it_is_said_and_why() {
    let both = ["111122223333", "222233334444"];
    let note = |of: &str, skipped: &str| {
        format!("note: ecr, s3 name resources of account {of} exactly, and are skipped in {skipped}\n")
    };
    assert_eq!(told(&swept(both[0], &both)), note(both[0], both[1]));
    assert_eq!(told(&swept(both[1], &both)), note(both[1], both[0]));
    assert_eq!(told(&swept(both[1], &both[..1])), note(both[1], both[0]), "a fleet's account");
    assert_eq!(told(&swept(both[0], &both[..1])), "", "nothing is skipped");
    let mut images = swept(both[1], &both);
    let manifest = sharing::Manifest::parse(r#"{"ami": {"base_": {"eu-west-1": []}}, "s3": {}}"#);
    images.desired.manifest = manifest;
    assert!(!images.desired.manifest.as_ref().unwrap().sections().contains_key(Kind::Bucket.section()));
    assert_eq!(told(&images), "", "there is nothing to skip");
}

/// Each account of a fleet has a sweep of its own, so that records of others are not worth a line each.
#[test]
fn the_sweep_of_one_account_says_once_that_records_of_others_are_not_its_own() {
    let ours = ["111122223333"];
    let beside = |ids: &[&str]| {
        let left_alone = ids.iter().map(|id| (id.parse().unwrap(), "account .. is not ours".to_owned())).collect();
        Facts { is_of_one_account: true, left_alone, ..swept(ours[0], &ours) }
    };
    assert_eq!(told(&beside(&[])), "");
    let one = "note: this sweep is of account 111122223333 alone; the records also have resources of";
    assert_eq!(told(&beside(&["444455556666", "222233334444"])), format!("{one} 222233334444, 444455556666\n"));
    let many = ["222233334444", "333344445555", "444455556666", "555566667777"];
    assert_eq!(told(&beside(&many)), format!("{one} 4 other accounts\n"));
}
