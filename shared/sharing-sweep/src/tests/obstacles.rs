//! What cannot be shared: it gains no account, and loses those that the manifest does not name.

use expect_test::expect;
use sharing::Kind;

use super::{MANIFEST, check, facts, found, grant, image, resource};
use crate::{Found, counts};

fn blocked(found: Found) -> Found {
    Found { obstacle: Some("its key does not exist".into()), ..found }
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
    expect![[r#"{"ami":{"added":0,"expired":0,"foreign":0,"missed_events":0,"refused":1,"removed":1,"unchanged":1},"ebs":{"added":1,"expired":0,"foreign":0,"missed_events":0,"removed":2,"unchanged":1}}"#]].assert_eq(&serde_json::to_string(&counts::counts(&facts)).unwrap());
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
