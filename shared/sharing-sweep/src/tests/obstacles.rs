//! What cannot be shared: it gains no account, and loses those that the manifest does not name.

use std::collections::BTreeSet;

use expect_test::expect;
use sharing::{Head, Kind, Obstacle, Pending, State};

use super::{MANIFEST, check, facts, found, grant, image, principals, resource};
use crate::{Found, counts, decision};

fn blocked(found: Found) -> Found {
    Found { flaw: Some(Obstacle::UnusableKey { snapshot: None, why: "its key does not exist".into() }), ..found }
}

#[test]
fn what_cannot_be_shared_is_taken_back_all_the_same_with_its_snapshots() {
    let held = ["123456789012", "444455556666"];
    let images = vec![
        blocked(image("ami-1", "base_1", &held, &["snap-1", "snap-2"])),
        blocked(found(Kind::Snapshot, "snap-1", "", &held)),
        found(Kind::Snapshot, "snap-2", "", &["444455556666"]),
    ];
    let facts = facts(MANIFEST, images);
    check(
        &facts,
        &expect![[r#"
        share ami-1 in eu-west-1: -444455556666; snap-1: -444455556666; snap-2: +123456789012 -444455556666
        cannot share ami-1 in eu-west-1: its key does not exist
    "#]],
    );
    expect![[r#"{"ami":{"added":0,"expired":0,"foreign":0,"missed_events":0,"refused":1,"removed":1,"unchanged":1},"ebs":{"added":1,"expired":0,"foreign":0,"missed_events":0,"removed":2,"unchanged":1}}"#]].assert_eq(&serde_json::to_string(&counts::counts(&facts, &decision::decide_all(&facts).unwrap())).unwrap());
}

#[test]
fn an_image_that_can_never_be_read_keeps_its_snapshots_and_its_record() {
    let mut facts = facts(MANIFEST, vec![found(Kind::Snapshot, "snap-1", "", &["123456789012"])]);
    facts.grants =
        [(Kind::Image, "ami-1"), (Kind::Snapshot, "snap-1")].map(|(kind, id)| grant(kind, id, "123456789012")).into();
    facts.refused = vec![(resource(Kind::Image, "ami-1"), "EC2 says so".into())];
    check(
        &facts,
        &expect![[r#"
        cannot share ami-1 in eu-west-1: EC2 says so
    "#]],
    );
}

#[test]
fn an_account_that_has_the_snapshot_and_is_to_have_the_image_keeps_the_snapshot() {
    let all = vec![
        blocked(image("ami-1", "base_1", &[], &["snap-1"])),
        found(Kind::Snapshot, "snap-1", "", &["444455556666", "987654321098"]),
    ];
    check(
        &facts(MANIFEST, all),
        &expect![[r#"
        share snap-1 in eu-west-1: -444455556666
        cannot share ami-1 in eu-west-1: its key does not exist
    "#]],
    );
}

#[test]
fn an_image_waits_with_its_snapshots_while_another_run_is_at_work_on_one_of_them() {
    let all = vec![
        image("ami-1", "base_1", &["444455556666"], &["snap-1", "snap-2"]),
        found(Kind::Snapshot, "snap-1", "", &["444455556666"]),
        found(Kind::Snapshot, "snap-2", "", &[]),
        image("ami-2", "base_2", &["123456789012"], &[]),
    ];
    let mut facts = facts(MANIFEST, all);
    let pending = Pending { add: principals(&["123456789012"]), remove: BTreeSet::new(), until: u64::MAX };
    let head = Head { seq: 3, hash: "h".into(), pending: Some(pending) };
    facts.heads = [(resource(Kind::Snapshot, "snap-2"), head)].into();
    check(
        &facts,
        &expect![[r#"
        share ami-2 in eu-west-1: +987654321098
        incomplete: another run is at work on snap-2 in eu-west-1; it is tried again; until then nothing is done about snap-1 in eu-west-1, ami-1 in eu-west-1
    "#]],
    );
}

#[test]
fn what_is_not_complete_waits_for_its_event_and_an_image_in_the_making_keeps_its_snapshots() {
    let pending = |found| Found { state: State::Pending("pending".into()), ..found };
    let all = vec![
        image("ami-1", "base_1", &["123456789012", "987654321098"], &["snap-1"]),
        pending(image("ami-2", "base_2", &[], &["snap-1"])),
        pending(found(Kind::Snapshot, "snap-2", "data-1", &[])),
        found(Kind::Snapshot, "snap-1", "volume_1", &["123456789012", "444455556666", "555566667777"]),
    ];
    let manifest = r#"{"ami": {"base_1": {"eu-west-1": ["123456789012", "987654321098"]}, "base_2": {"eu-west-1": ["444455556666"]}},
        "ebs": {"data": {"eu-west-1": ["123456789012"]}}}"#;
    check(
        &facts(manifest, all),
        &expect![[r#"
        share snap-1 in eu-west-1: +987654321098 -555566667777
    "#]],
    );
}
