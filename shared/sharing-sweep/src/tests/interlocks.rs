//! What no sweep does unless it is forced.

use std::collections::BTreeSet;

use expect_test::expect;
use sharing::{Kind, Manifest, Membership, Principal};

use super::{MANIFEST, check, facts, found, grant, image, many, resource, told};
use crate::{Facts, Forced};

#[test]
fn more_removals_than_the_limit_are_refused_as_a_whole() {
    let held = ["123456789012", "987654321098", "444455556666"];
    let mut facts = facts(MANIFEST, many(26, &held));
    facts.limits.removed.percent = 100;
    let refusal = told(&facts);
    assert!(
        refusal.starts_with("refused: 26 shares would go, and 25 may (SIGNALBOX_MAX_REMOVALS); nothing was changed")
    );
    assert!(refusal.contains("444455556666 from ami-025 in eu-west-1"), "{refusal}");
    facts.limits.removed.removals = 26;
    assert_eq!(told(&facts).lines().count(), 26);
}

#[test]
fn a_larger_part_than_the_limit_is_refused_where_there_are_at_least_ten() {
    let all =
        facts(r#"{"ami": {"base_": {"eu-west-1": ["123456789012"]}}}"#, many(5, &["123456789012", "444455556666"]));
    expect![[r#"
        refused: 5 of 10 shares would go, and 30 % may (SIGNALBOX_MAX_REMOVED_PERCENT); nothing was changed; correct the manifest; or look at the plan (`signalbox plan --manifest .. --out plan.json`), store it in S3, and invoke with {"signalbox": "sweep", "force": "s3://bucket/plan.json"}; it is about 444455556666 from ami-000 in eu-west-1, 444455556666 from ami-001 in eu-west-1, 444455556666 from ami-002 in eu-west-1, 444455556666 from ami-003 in eu-west-1, 444455556666 from ami-004 in eu-west-1
    "#]]
    .assert_eq(&told(&all));
    let few = Facts { found: many(4, &["123456789012", "444455556666"]), ..all };
    assert_eq!(told(&few).lines().count(), 4);
}

#[test]
fn a_snapshot_that_goes_with_its_image_is_not_counted_twice() {
    let mut found = Vec::new();
    for index in 0..25 {
        let (image_id, snapshot) = (format!("ami-{index:03}"), format!("snap-{index:03}"));
        found.push(image(&image_id, "base_1", &["123456789012", "444455556666", "987654321098"], &[&snapshot]));
        found.push(self::found(Kind::Snapshot, &snapshot, "", &["123456789012", "444455556666", "987654321098"]));
    }
    let mut facts = facts(MANIFEST, found);
    facts.limits.removed.percent = 34;
    assert_eq!(told(&facts).lines().count(), 25, "{}", told(&facts));
}

#[test]
fn a_manifest_that_lost_a_section_is_refused_and_a_stored_plan_admits_any_part_of_itself() {
    let images = vec![image("ami-1", "base_1", &["123456789012"], &[])];
    let grants = [grant(Kind::Image, "ami-1", "123456789012")];
    for lost in ["{}", r#"{"ami": {}}"#, r#"{"rds": {"x": {"eu-west-1": []}}}"#] {
        let facts = Facts { grants: grants.clone().into(), ..facts(lost, images.clone()) };
        let refusal = told(&facts);
        assert!(refusal.starts_with("refused: the manifest has lost its section `ami`"), "{lost}: {refusal}");
        let taken = [("ami-1", "123456789012"), ("ami-2", "123456789012")];
        let taken = taken.map(|(id, who)| (resource(Kind::Image, id), Principal::written(who))).into();
        let forced = |removals| Some(Forced { name: "s3://b/k (SHA-256 0a)".into(), removals });
        let admitted = Facts { forced: forced(taken), ..facts.clone() };
        let note = "note: removals are admitted by the stored plan s3://b/k (SHA-256 0a)\n";
        assert_eq!(told(&admitted), format!("share ami-1 in eu-west-1: -123456789012\n{note}"), "{lost}");
        let beyond = Facts { forced: forced(BTreeSet::new()), ..facts };
        let refusal = "refused: the stored plan s3://b/k (SHA-256 0a) does not take these away";
        assert!(told(&beyond).starts_with(refusal), "{lost}");
    }
}

#[test]
fn an_unreadable_manifest_or_one_that_names_whom_it_may_not_changes_nothing() {
    let mut facts = facts("{", vec![image("ami-1", "base_1", &["444455556666"], &[])]);
    assert!(told(&facts).starts_with("refused: the manifest, line 1"));
    facts.desired.manifest = Manifest::parse(MANIFEST);
    facts.desired.allowed = Some("123456789012,o-exampleorgid".parse().unwrap());
    check(
        &facts,
        &expect![[r"
            refused: the manifest names 987654321098, which SIGNALBOX_ALLOWED_ACCOUNTS does not; nothing was changed
        "]],
    );
    let members = ["987654321098".parse().unwrap()];
    facts.desired.membership = Membership::default().with("o-exampleorgid", members.into());
    assert!(told(&facts).starts_with("share ami-1"));
}
