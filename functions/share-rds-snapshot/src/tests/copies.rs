//! Copies of what RDS made for itself: only those that Signalbox made are taken for its own.

use std::collections::BTreeMap;

use expect_test::expect;

use super::{AUTOMATED, automated, check_of, copying, facts, held_by, snapshot, subject};
use crate::{Namesake, Snapshot};

#[test]
fn a_copy_that_is_there_is_not_made_again_and_a_stranger_is_left_alone() {
    let of = |copy_of: Option<&str>, database: &str| {
        let namesake = Namesake { copy_of: copy_of.map(String::from), database: database.into() };
        Snapshot { copy: Some(namesake), ..automated() }
    };
    let with = |copy_of| of(copy_of, "base-db-v1");
    check_of(
        &subject(AUTOMATED),
        &copying(with(Some(AUTOMATED))),
        &expect![[r#"
        note: base-db-v1-2026-11-02-05-30-shared is there already, our copy of rds:base-db-v1-2026-11-02-05-30
    "#]],
    );
    check_of(
        &subject(AUTOMATED),
        &copying(with(Some("rds:another"))),
        &expect![[r#"
            refused: rds:base-db-v1-2026-11-02-05-30 cannot be copied: there is a snapshot base-db-v1-2026-11-02-05-30-shared that is no copy of it (by its tag signalbox:copy-of); find out who made that one, and rename or delete it
        "#]],
    );
    check_of(
        &subject(AUTOMATED),
        &copying(with(None)),
        &expect![[r#"
            refused: rds:base-db-v1-2026-11-02-05-30 cannot be copied: there is a snapshot base-db-v1-2026-11-02-05-30-shared that is no copy of it (by its tag signalbox:copy-of); find out who made that one, and rename or delete it
        "#]],
    );
    check_of(&subject(AUTOMATED), &copying(of(Some(AUTOMATED), "another-db")), &expect![[r#"
        refused: rds:base-db-v1-2026-11-02-05-30 cannot be copied: there is a snapshot base-db-v1-2026-11-02-05-30-shared that is of the database another-db and not of base-db-v1; find out who made that one, and rename or delete it
    "#]]);
}

#[test]
fn a_copy_of_ours_never_starts_another() {
    let tags = BTreeMap::from([("signalbox:copy-of".to_owned(), AUTOMATED.to_owned())]);
    let copied = subject("base-db-v1-2026-11-02-05-30-shared");
    check_of(
        &copied,
        &copying(Snapshot { tags, ..snapshot() }),
        &expect![[r#"
        share base-db-v1-2026-11-02-05-30-shared in eu-west-1: +123456789012 +987654321098
    "#]],
    );
}

#[test]
fn what_has_the_name_of_a_copy_and_is_none_is_not_shared_and_others_lose_it() {
    let posing = subject("base-db-v1-2026-11-02-05-30-shared");
    check_of(&posing, &facts(snapshot()), &expect![[r#"
        refused: base-db-v1-2026-11-02-05-30-shared cannot be shared: it has the name of a copy that Signalbox makes, and no tag signalbox:copy-of that names the snapshot it would be a copy of; find out who made it, and delete it or copy it to another name
    "#]]);
    let tags = BTreeMap::from([("signalbox:copy-of".to_owned(), "rds:base-db-v1-2026-11-03-05-30".to_owned())]);
    let held = Snapshot { tags, holders: held_by(&["123456789012", "444455556666"]), ..snapshot() };
    check_of(&posing, &facts(held), &expect![[r#"
        share base-db-v1-2026-11-02-05-30-shared in eu-west-1: -444455556666
        cannot share base-db-v1-2026-11-02-05-30-shared in eu-west-1: it has the name of a copy that Signalbox makes, and no tag signalbox:copy-of that names the snapshot it would be a copy of; find out who made it, and delete it or copy it to another name
    "#]]);
}
