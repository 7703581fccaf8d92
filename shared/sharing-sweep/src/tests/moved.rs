//! When an account has another place in the organization: what is looked at, and what it loses and gains.

use expect_test::expect;
use sharing::{Kind, Manifest, Membership};

use super::{check, facts, found, grant, image, told};
use crate::{Facts, Found, Moved};

const UNIT: &str = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56";

/// The account 222233334444 has moved; the unit now holds these.
fn moved(manifest: &str, members: &[&str], found: Vec<Found>) -> Facts {
    let mut facts = facts(&manifest.replace("UNIT", UNIT), found);
    let members = members.iter().map(|id| id.parse().unwrap()).collect();
    facts.desired.membership = Membership::default().with("ou-ab12-cd34ef56", members);
    facts.is_whole = false;
    facts.moved = Some(Moved(Some("222233334444".parse().unwrap())));
    facts
}

#[test]
fn only_what_a_unit_has_of_things_for_accounts_is_looked_at() {
    let manifest = r#"{"rds": {"db": {"eu-west-1": ["UNIT"]}, "other": {"eu-west-1": []}}, "ami": {"base": {"eu-west-1": ["UNIT"]}},
        "ecr": {"app": {"eu-west-1": {"accounts": [], "organization": "o-exampleorgid"}}}}"#;
    let held = ["222233334444"];
    let all = vec![
        found(Kind::DbSnapshot, "db-1", "db-1", &held),
        found(Kind::DbSnapshot, "other-1", "other-1", &held),
        found(Kind::Repository, "app", "app", &held),
        image("ami-1", "base_1", &held, &["snap-1"]),
        found(Kind::Snapshot, "snap-1", "", &held),
    ];
    let facts = moved(manifest, &[], all);
    check(
        &facts,
        &expect![[r"
            share db-1 in eu-west-1: -222233334444
        "]],
    );
    let sought = facts.sought();
    assert!(sought.has(Kind::DbSnapshot) && !sought.has(Kind::Image) && !sought.has(Kind::Repository));
}

#[test]
fn what_another_entry_or_an_image_gives_it_keeps() {
    let manifest = r#"{"rds": {"db": {"eu-west-1": ["UNIT"]}, "db-1": {"eu-west-1": ["222233334444"]}},
        "ebs": {"volume": {"eu-west-1": ["UNIT"]}}, "ami": {"base": {"eu-west-1": ["222233334444"]}}}"#;
    let held = ["222233334444"];
    let all = vec![
        found(Kind::DbSnapshot, "db-1", "db-1", &held),
        found(Kind::DbSnapshot, "db-2", "db-2", &held),
        image("ami-1", "base_1", &[], &["snap-1"]),
        found(Kind::Snapshot, "snap-1", "volume_1", &held),
        found(Kind::Snapshot, "snap-2", "volume_2", &held),
    ];
    check(
        &moved(manifest, &["444455556666"], all),
        &expect![[r"
            share snap-1 in eu-west-1: +444455556666
            share snap-2 in eu-west-1: +444455556666 -222233334444
            share db-1 in eu-west-1: +444455556666
            share db-2 in eu-west-1: +444455556666 -222233334444
        "]],
    );
}

#[test]
fn nothing_is_taken_back_for_want_of_an_entry_and_nothing_is_forgotten() {
    let grants = [grant(Kind::DbSnapshot, "old-1", "222233334444"), grant(Kind::DbSnapshot, "gone", "222233334444")];
    let old = found(Kind::DbSnapshot, "old-1", "old-1", &["222233334444"]);
    let facts = moved(r#"{"rds": {"db": {"eu-west-1": ["UNIT"]}}}"#, &[], vec![old]);
    check(&Facts { grants: grants.into(), ..facts }, &expect![""]);
}

#[test]
fn what_the_account_itself_loses_does_not_count_and_what_others_lose_does() {
    let manifest = r#"{"rds": {"db": {"eu-west-1": ["UNIT"]}}}"#;
    let all = |who: &[&str]| (0..30).map(|it| found(Kind::DbSnapshot, &format!("db-{it:02}"), "db", who)).collect();
    assert_eq!(told(&moved(manifest, &[], all(&["222233334444"]))).lines().count(), 30);
    let refusal = told(&moved(manifest, &[], all(&["222233334444", "444455556666"])));
    assert!(refusal.starts_with("refused: 30 shares would go, and 25 may (SIGNALBOX_MAX_REMOVALS)"), "{refusal}");
    assert!(!refusal.contains("222233334444"), "{refusal}");
    let mut unknown = moved(manifest, &[], all(&["222233334444"]));
    unknown.moved = Some(Moved(None));
    assert!(
        told(&unknown).starts_with("refused: 30 shares would go"),
        "an account that no event names has no privilege"
    );
}

#[test]
fn a_manifest_with_a_mistake_changes_nothing_and_one_that_organizations_was_not_asked_for_waits() {
    let snapshot = || vec![found(Kind::DbSnapshot, "db-1", "db-1", &["222233334444"])];
    let mut facts = moved(r#"{"rds": {"db": {"eu-west-1": ["UNIT"]}}}"#, &[], snapshot());
    facts.desired.membership = Membership::default();
    assert!(told(&facts).starts_with("failed: the accounts of "), "{}", told(&facts));
    facts.desired.manifest = Manifest::parse("{");
    assert!(told(&facts).starts_with("refused: the manifest, line 1"), "{}", told(&facts));
}
