//! Entries that are held back, that ask for more than a name, and that nothing bounds.

use expect_test::expect;
use sharing::{Kind, Membership};

use super::{MANIFEST, check, facts, found, grant, image};
use crate::{Facts, Found, counts, decision};

#[test]
fn what_names_a_removed_unit_stays_as_it_is_and_the_rest_is_done() {
    let unit = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56";
    let manifest = format!(
        r#"{{"ebs": {{"volume": {{"eu-west-1": ["{unit}"]}}}}, "rds": {{"other": {{"eu-west-1": ["{unit}"]}}}},
            "ami": {{"base": {{"eu-west-1": ["123456789012"]}}}}}}"#
    );
    let held = [grant(Kind::Snapshot, "snap-1", "444455556666")];
    let all = vec![
        image("ami-1", "base_1", &[], &["snap-1"]),
        found(Kind::Snapshot, "snap-1", "volume_1", &["444455556666"]),
        found(Kind::Snapshot, "snap-2", "volume_2", &["444455556666"]),
    ];
    let mut facts = Facts { grants: held.into(), ..facts(&manifest, all) };
    facts.desired.membership = Membership::default().without("ou-ab12-cd34ef56", "there is no such unit");
    check(
        &facts,
        &expect![[r"
            share ami-1 in eu-west-1: +123456789012; snap-1: +123456789012
            cannot share snap-1 in eu-west-1: an entry of section `ebs` names arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56, whose accounts cannot be told: there is no such unit; correct the manifest; until then no account gains or loses by this entry
            cannot share snap-2 in eu-west-1: an entry of section `ebs` names arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56, whose accounts cannot be told: there is no such unit; correct the manifest; until then no account gains or loses by this entry
            note: the entries that name arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56 are held back: there is no such unit
        "]],
    );
    let counted = counts::counts(&facts, &decision::decide_all(&facts).unwrap());
    assert_eq!((counted["ebs"]["refused"], counted["ebs"]["removed"], counted["ami"]["added"]), (2, 0, 1));
}

#[test]
fn what_has_the_name_of_an_entry_and_not_its_tag_is_as_if_no_entry_matched() {
    let manifest = r#"{"ami": {"base": {"eu-west-1": {"accounts": ["123456789012"], "tag": {"key": "share", "value": "yes"}}}},
        "ebs": {"nightly": {"eu-west-1": {"accounts": ["123456789012"], "name_tag": "plan"}}}}"#;
    let tagged = |found: Found, key: &str, value: &str| {
        let tags = [(key.to_owned(), value.to_owned())].into();
        Found { tags, ..found }
    };
    let all = vec![
        tagged(image("ami-1", "base_1", &[], &[]), "share", "yes"),
        tagged(image("ami-2", "base_2", &["444455556666"], &[]), "share", "no"),
        image("ami-3", "base_3", &["123456789012"], &[]),
        tagged(found(Kind::Snapshot, "snap-1", "", &[]), "plan", "nightly-1"),
        tagged(found(Kind::Snapshot, "snap-2", "nightly-2", &[]), "Name", "nightly-2"),
    ];
    let grants = [grant(Kind::Image, "ami-3", "123456789012")];
    check(
        &Facts { grants: grants.into(), ..facts(manifest, all) },
        &expect![[r"
            share snap-1 in eu-west-1: +123456789012
            share ami-1 in eu-west-1: +123456789012
            share ami-3 in eu-west-1: -123456789012
        "]],
    );
}

#[test]
fn a_bound_that_is_everybody_is_in_each_report() {
    let mut facts = facts(MANIFEST, vec![image("ami-1", "base_1", &["123456789012", "987654321098"], &[])]);
    facts.desired.allowed = Some("everybody".parse().unwrap());
    check(
        &facts,
        &expect![[r"
            note: the manifest may share with any account: SIGNALBOX_ALLOWED_ACCOUNTS (AllowedAccounts) is `everybody`
        "]],
    );
}
