//! Entries that go by a tag of their own or ask for one, and one whose unit was removed.

use expect_test::{Expect, expect};
use sharing::Membership;

use super::{SNAPSHOT, by, check, held_by, snapshot};
use crate::Snapshot;

#[test]
fn an_entry_may_go_by_a_tag_of_its_own_and_ask_for_another() {
    let manifest = r#"{"ebs": {"nightly": {"eu-west-1": {"accounts": ["123456789012"], "name_tag": "plan",
        "tag": {"key": "share", "value": "yes"}}}}}"#;
    let told = |name: Option<&str>, tags: &[(&str, &str)], expected: &Expect| {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let snapshot = Snapshot { name: name.map(String::from), tags, ..snapshot() };
        check(&by(manifest, &[(SNAPSHOT, snapshot)]), expected);
    };
    told(
        None,
        &[("plan", "nightly-1"), ("share", "yes")],
        &expect![[r#"
        share snap-0123456789abcdef0 in eu-west-1: +123456789012
    "#]],
    );
    told(
        None,
        &[("plan", "nightly-1")],
        &expect![[r#"
        ignored: no entry of the manifest's section `ebs` means snap-0123456789abcdef0 in eu-west-1, whose owner or tags are not those that entries with its name ask for
    "#]],
    );
    told(
        None,
        &[("share", "yes")],
        &expect![[r#"
        ignored: snap-0123456789abcdef0 has no tag `Name` by which the manifest could name it
    "#]],
    );
    told(
        Some("nightly-1"),
        &[("Name", "nightly-1"), ("share", "yes")],
        &expect![[r#"
        ignored: no entry of the manifest's section `ebs` matches `nightly-1` in eu-west-1, the name of snap-0123456789abcdef0
    "#]],
    );
}

#[test]
fn an_entry_whose_unit_was_removed_shares_nothing_and_takes_nothing() {
    let manifest = r#"{"ebs": {"data": {"eu-west-1": ["arn:aws:organizations::123456789012:ou/o-exampleorgid/ou-ab12-cd34ef56"]}}}"#;
    let held = Snapshot { volumes: held_by(&["444455556666"]), ..snapshot() };
    let mut facts = by(manifest, &[(SNAPSHOT, held)]);
    facts.desired.membership = Membership::default().without("ou-ab12-cd34ef56", "there is no such unit");
    check(
        &facts,
        &expect![[r#"
        refused: an entry of section `ebs` names arn:aws:organizations::123456789012:ou/o-exampleorgid/ou-ab12-cd34ef56, whose accounts cannot be told: there is no such unit; correct the manifest; until then no account gains or loses by this entry
    "#]],
    );
}
