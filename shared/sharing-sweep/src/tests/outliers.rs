//! One resource that would lose what no record knows is held back, and stops nothing else.

use std::collections::BTreeSet;

use expect_test::expect;
use place::Partition;
use sharing::{Grant, Kind, Principal, Resource};

use super::{OURS, check, facts, found, image, principals, resource, told};
use crate::{Facts, Forced, Found, counts, decision, groups, interlocks};

const BOTH: &str = r#"{"ami": {"base_": {"eu-west-1": ["123456789012", "987654321098"]}}, "s3": {"b1": ["123456789012"],
    "b2": ["123456789012"], "b3": ["123456789012"], "b4": ["123456789012"]}}"#;

/// So many accounts that no manifest names.
fn imitated(number: u64) -> BTreeSet<Principal> {
    (0..number).map(|index| Principal::written(&format!("{}", 100_000_000_000 + index))).collect()
}

fn bucket_of(id: &str) -> Resource {
    Resource::bucket(Partition::Aws, &OURS.parse().unwrap(), id)
}

/// A bucket of which the statements that look like Signalbox's let in so many more.
fn bucket(id: &str, number: u64) -> Found {
    let holders = &principals(&["123456789012"]) | &imitated(number);
    Found { holders, ..Found::new(bucket_of(id), Some(id)) }
}

fn with_images(buckets: impl IntoIterator<Item = Found>) -> Facts {
    let mut all = vec![image("ami-1", "base_1", &["123456789012", "444455556666"], &[])];
    all.extend(buckets);
    facts(BOTH, all)
}

#[test]
fn a_policy_with_many_imitated_accounts_is_held_back_and_stops_nothing_else() {
    let facts = with_images([bucket("b1", 26)]);
    let told = told(&facts);
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines[0], "share ami-1 in eu-west-1: +987654321098 -444455556666");
    let refusal = lines[1];
    assert!(
        refusal.starts_with(
            "cannot share b1: 27 shares would go, and 25 may (SIGNALBOX_MAX_REMOVALS); 26 that would lose it are in \
             no record of Signalbox, and nothing was done about this resource; find out who let them in"
        ),
        "{refusal}"
    );
    assert!(refusal.contains("it is about 100000000000, 100000000001"), "{refusal}");
    assert_eq!(lines.len(), 2, "{told}");
    let mut decisions = decision::decide_all(&facts).unwrap();
    let held_back = interlocks::check(&facts, &decisions).unwrap();
    groups::hold_back(&mut decisions, &held_back);
    expect![[r#"{"ami":{"added":1,"expired":0,"foreign":0,"missed_events":0,"removed":1,"unchanged":1},"s3":{"added":0,"expired":0,"foreign":0,"missed_events":0,"refused":1,"removed":0,"unchanged":27}}"#]]
        .assert_eq(&serde_json::to_string(&counts::counts(&facts, &decisions)).unwrap());
}

#[test]
fn a_percentage_that_one_policy_exceeds_is_of_that_policy_alone() {
    // 9 of 12 shares would go.
    let facts = with_images([bucket("b1", 8)]);
    let told = told(&facts);
    assert!(told.starts_with("share ami-1 in eu-west-1: +987654321098 -444455556666\n"), "{told}");
    assert!(told.contains("cannot share b1: 9 of 11 shares would go, and 30 % may"), "{told}");
}

#[test]
fn more_resources_than_a_few_are_the_manifests_doing() {
    let three = with_images(["b1", "b2", "b3"].map(|id| bucket(id, 20)));
    assert_eq!(told(&three).lines().filter(|line| line.starts_with("cannot share b")).count(), 3, "{}", told(&three));
    let four = with_images(["b1", "b2", "b3", "b4"].map(|id| bucket(id, 20)));
    assert!(told(&four).starts_with("refused: 81 shares would go, and 25 may"), "{}", told(&four));
}

#[test]
fn what_little_is_taken_from_each_of_many_refuses_the_plan_with_and_without_an_outlier() {
    let images =
        (0..26).map(|index| image(&format!("ami-1{index:02}"), "base_2", &["123456789012", "444455556666"], &[]));
    let broken = with_images(images.clone());
    assert!(told(&broken).starts_with("refused: 27 shares would go, and 25 may"), "{}", told(&broken));
    let hidden = with_images(images.chain([bucket("b1", 200)]));
    assert!(told(&hidden).starts_with("refused: 227 shares would go, and 25 may"), "{}", told(&hidden));
    // So many holders that no entry names do not make the others few of a hundred.
    let held = ["123456789012", "987654321098", "444455556666"];
    let images = (0..10).map(|index| image(&format!("ami-1{index:02}"), "base_2", &held, &[]));
    let mut diluted = with_images(images.chain([bucket("b1", 200)]));
    diluted.limits.removed.removals = 100;
    assert!(told(&diluted).starts_with("refused: 211 shares would go, and 100 may"), "{}", told(&diluted));
}

#[test]
fn what_signalbox_recorded_is_counted_for_the_plan_whichever_resource_it_is_on() {
    let mut facts = with_images([bucket("b1", 26)]);
    let recorded = imitated(26).into_iter().map(|principal| Grant { resource: bucket_of("b1"), principal });
    facts.grants = recorded.collect();
    assert!(told(&facts).starts_with("refused: 27 shares would go, and 25 may"), "{}", told(&facts));
}

#[test]
fn an_image_is_held_back_with_its_snapshots() {
    let holders = &principals(&["123456789012", "444455556666"]) | &imitated(26);
    let shared = Found { holders: holders.clone(), ..image("ami-1", "base_1", &[], &["snap-1"]) };
    let snapshot = Found { holders, ..found(Kind::Snapshot, "snap-1", "", &[]) };
    let told = told(&facts(BOTH, vec![shared, snapshot, image("ami-2", "base_2", &["123456789012"], &[])]));
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines[0], "share ami-2 in eu-west-1: +987654321098");
    assert!(lines[1].starts_with("cannot share ami-1 in eu-west-1: 27 shares would go"), "{told}");
    assert!(lines[1].ends_with("; until then nothing is done about snap-1 in eu-west-1"), "{told}");
    assert_eq!(lines.len(), 2, "{told}");
}

#[test]
fn a_forced_sweep_is_not_stopped_by_accounts_that_came_into_one_policy_later() {
    let taken = [(resource(Kind::Image, "ami-1"), Principal::written("444455556666"))].into();
    let forced = Some(Forced { name: "s3://b/k (SHA-256 0a)".into(), removals: taken });
    let facts = Facts { forced, ..with_images([bucket("b1", 1)]) };
    check(
        &facts,
        &expect![[r#"
            share ami-1 in eu-west-1: +987654321098 -444455556666
            cannot share b1: the stored plan s3://b/k (SHA-256 0a) does not take these away; 1 that would lose it is in no record of Signalbox, and nothing was done about this resource; find out who let them in, and take them out of it or name them in the manifest; or look at the plan (`signalbox plan --manifest .. --out plan.json`), store it in S3, and invoke with {"signalbox": "sweep", "force": "s3://bucket/plan.json"}; it is about 100000000000
            note: removals are admitted by the stored plan s3://b/k (SHA-256 0a)
        "#]],
    );
}
