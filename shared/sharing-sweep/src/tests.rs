//! The decisions, one case a test: facts in, plan out. What is never done without force is in `tests/interlocks.rs`.

mod entries;
mod exact;
mod interlocks;
mod moved;
mod obstacles;
mod outliers;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use expect_test::{Expect, expect};
use sharing::{Desired, Grant, Head, Kind, Manifest, Membership, Obstacle, Pending, Principal, Resource, State};

use reaction::interlock;

use crate::{Facts, Found, Limits, Unread, counts, decision, verdict};

const OURS: &str = "111122223333";
const MANIFEST: &str = r#"{"ami": {"base_": {"eu-west-1": ["123456789012", "987654321098"]}}}"#;

fn resource(kind: Kind, id: &str) -> Resource {
    Resource::new(kind, &OURS.parse().unwrap(), &"eu-west-1".parse().unwrap(), id)
}

fn principals(who: &[&str]) -> BTreeSet<Principal> {
    who.iter().map(|who| Principal::written(who)).collect()
}

fn found(kind: Kind, id: &str, name: &str, holders: &[&str]) -> Found {
    let name = (!name.is_empty()).then_some(name);
    Found { holders: principals(holders), ..Found::new(resource(kind, id), name) }
}

fn image(id: &str, name: &str, holders: &[&str], snapshots: &[&str]) -> Found {
    let snapshots = snapshots.iter().map(|id| resource(Kind::Snapshot, id)).collect();
    Found { snapshots, ..found(Kind::Image, id, name, holders) }
}

fn unread(kind: Kind, what: &str) -> Unread {
    Unread { account: OURS.parse().unwrap(), kind, what: what.into() }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
}

fn facts(manifest: &str, found: Vec<Found>) -> Facts {
    Facts {
        now: now(),
        home: OURS.parse().unwrap(),
        exact: OURS.parse().unwrap(),
        is_of_one_account: false,
        owners: [OURS.parse().unwrap()].into(),
        left_alone: BTreeMap::new(),
        limits: Limits { removed: interlock::Limits::default(), period: Duration::from_hours(24) },
        desired: Desired { manifest: Manifest::parse(manifest), allowed: None, membership: Membership::default() },
        is_whole: true,
        is_quick: false,
        not_ours: None,
        moved: None,
        found,
        unread: Vec::new(),
        refused: Vec::new(),
        grants: BTreeSet::new(),
        heads: BTreeMap::new(),
        forced: None,
    }
}

fn grant(kind: Kind, id: &str, who: &str) -> Grant {
    Grant { resource: resource(kind, id), principal: Principal::written(who) }
}

fn told(facts: &Facts) -> String {
    match verdict::plan(facts) {
        Err(error) if error.is_refused() => format!("refused: {error}\n"),
        Err(error) => format!("failed: {error}\n"),
        Ok(plan) => plan.to_string(),
    }
}

fn check(facts: &Facts, expected: &Expect) {
    expected.assert_eq(&told(facts));
}

#[test]
fn what_an_entry_matches_is_made_as_it_says_and_the_snapshots_with_it() {
    check(
        &facts(
            MANIFEST,
            vec![
                image("ami-1", "base_1", &["123456789012", "444455556666"], &["snap-1"]),
                image("ami-2", "base_2", &["123456789012", "987654321098"], &["snap-2"]),
                found(Kind::Snapshot, "snap-1", "", &["444455556666"]),
                found(Kind::Snapshot, "snap-2", "", &["123456789012", "987654321098"]),
            ],
        ),
        &expect![[r"
            share ami-1 in eu-west-1: +987654321098 -444455556666; snap-1: +123456789012 +987654321098 -444455556666
        "]],
    );
}

#[test]
fn two_images_on_one_snapshot_are_one_step_and_neither_loses_what_the_other_needs() {
    let manifest = r#"{"ami": {"a": {"eu-west-1": ["123456789012"]}, "b": {"eu-west-1": ["987654321098"]}}}"#;
    check(
        &facts(
            manifest,
            vec![
                image("ami-1", "a", &["444455556666"], &["snap-1"]),
                image("ami-2", "b", &[], &["snap-1"]),
                found(Kind::Snapshot, "snap-1", "", &["444455556666"]),
            ],
        ),
        &expect![[r"
            share ami-1 in eu-west-1: +123456789012 -444455556666; ami-2: +987654321098; snap-1: +123456789012 +987654321098 -444455556666
        "]],
    );
}

#[test]
fn a_snapshot_keeps_what_an_image_without_an_entry_needs() {
    check(
        &facts(
            MANIFEST,
            vec![
                image("ami-1", "base_1", &["123456789012", "987654321098"], &["snap-1"]),
                image("ami-2", "other", &["444455556666"], &["snap-1"]),
                found(Kind::Snapshot, "snap-1", "", &["123456789012", "444455556666", "555566667777", "987654321098"]),
            ],
        ),
        &expect![[r"
            share snap-1 in eu-west-1: -555566667777
        "]],
    );
}

#[test]
fn where_no_entry_matches_any_more_only_what_we_granted_goes() {
    let images = vec![
        image("ami-1", "old_1", &["123456789012", "444455556666"], &["snap-1"]),
        found(Kind::Snapshot, "snap-1", "", &["123456789012", "444455556666"]),
    ];
    let grants = [grant(Kind::Image, "ami-1", "123456789012"), grant(Kind::Snapshot, "snap-1", "123456789012")];
    let facts = Facts { grants: grants.into(), ..facts(MANIFEST, images) };
    check(
        &facts,
        &expect![[r"
            share ami-1 in eu-west-1: -123456789012; snap-1: -123456789012
        "]],
    );
    // A manifest that came as the payload speaks of what it matches, and of nothing else.
    check(&Facts { is_whole: false, ..facts }, &expect![""]);
}

#[test]
fn a_share_that_somebody_else_made_is_never_touched_where_no_entry_matches() {
    check(&facts(MANIFEST, vec![image("ami-1", "other", &["444455556666"], &[])]), &expect![""]);
}

#[test]
fn whoever_expired_loses_it_and_the_report_says_so() {
    let manifest = r#"{"rds": {"db": {"eu-west-1": [
        {"account": "123456789012", "expires": "2026-01-01T00:00:00Z"}, {"account": "987654321098", "expires": "2030-01-01T00:00:00Z"}]}}}"#;
    check(
        &facts(manifest, vec![found(Kind::DbSnapshot, "my-db-1", "my-db-1", &["123456789012"])]),
        &expect![[r"
            share my-db-1 in eu-west-1: +987654321098 -123456789012
            note: 123456789012 had my-db-1 in eu-west-1 for a time that is over
        "]],
    );
}

#[test]
fn an_account_that_left_a_unit_loses_what_it_had_through_the_unit() {
    let unit = "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56";
    let manifest = format!(r#"{{"rds": {{"db": {{"eu-west-1": ["{unit}"]}}}}}}"#);
    let snapshot = found(Kind::DbSnapshot, "db-1", "db-1", &["123456789012", "444455556666"]);
    let mut facts = facts(&manifest, vec![snapshot]);
    check(
        &facts,
        &expect![[r"
            failed: the accounts of arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-cd34ef56 are not known
        "]],
    );
    let members = ["123456789012", "987654321098"].map(|id| id.parse().unwrap());
    facts.desired.membership = Membership::default().with("ou-ab12-cd34ef56", members.into());
    check(
        &facts,
        &expect![[r"
            share db-1 in eu-west-1: +987654321098 -444455556666
        "]],
    );
}

fn many(number: usize, holders: &[&str]) -> Vec<Found> {
    (0..number).map(|index| image(&format!("ami-{index:03}"), "base_1", holders, &[])).collect()
}

#[test]
fn what_cannot_be_shared_is_refused_alone_and_its_snapshots_stay() {
    let flaw = Some(Obstacle::ManagedKey { kind: Kind::Image, snapshot: Some("snap-1".into()) });
    let blocked = Found { flaw, ..image("ami-1", "base_1", &[], &["snap-1"]) };
    let held = ["123456789012", "987654321098"];
    let images = vec![
        blocked,
        image("ami-2", "base_2", &["123456789012"], &[]),
        image("ami-3", "base_3", &held, &[]),
        found(Kind::Snapshot, "snap-1", "", &[]),
    ];
    check(
        &facts(MANIFEST, images),
        &expect![[r#"
            share ami-2 in eu-west-1: +987654321098
            cannot share ami-1 in eu-west-1: snap-1 is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy the image with a customer managed key (CopyImage --encrypted --kms-key-id)
        "#]],
    );
}

#[test]
fn a_scan_that_could_not_finish_is_incomplete_and_the_rest_is_done() {
    let mut facts = facts(MANIFEST, many(1, &[]));
    facts.unread.push(unread(Kind::Image, "images and snapshots in us-east-1: throttled"));
    check(
        &facts,
        &expect![[r"
            share ami-000 in eu-west-1: +123456789012 +987654321098
            incomplete: images and snapshots in us-east-1: throttled
        "]],
    );
}

#[test]
fn what_another_run_is_at_work_on_is_left_to_it_and_what_it_left_open_is_finished() {
    let pending = |until| Pending { add: principals(&["123456789012"]), remove: BTreeSet::new(), until };
    let head = |until| Head { seq: 3, hash: "h".into(), pending: Some(pending(until)) };
    let image = image("ami-1", "base_1", &["123456789012", "987654321098"], &[]);
    let mut facts = facts(MANIFEST, vec![image]);
    let milliseconds = 1_800_000_000_000;
    facts.heads = [(resource(Kind::Image, "ami-1"), head(milliseconds + 1))].into();
    check(
        &facts,
        &expect![[r#"
            incomplete: another run is at work on ami-1 in eu-west-1; it is tried again
        "#]],
    );
    facts.heads = [(resource(Kind::Image, "ami-1"), head(milliseconds))].into();
    check(
        &facts,
        &expect![[r"
        close the record of ami-1 in eu-west-1
    "]],
    );
}

#[test]
fn no_snapshot_loses_anybody_while_an_image_could_not_be_read() {
    let snapshot = found(Kind::Snapshot, "snap-1", "", &["123456789012", "444455556666", "987654321098"]);
    let held = ["123456789012", "987654321098", "444455556666"];
    let mut facts = facts(MANIFEST, vec![image("ami-1", "base_1", &held, &["snap-1"]), snapshot]);
    facts.unread.push(unread(Kind::Image, "ami-2 in eu-west-1: throttled"));
    check(
        &facts,
        &expect![[r"
            share ami-1 in eu-west-1: -444455556666
            incomplete: ami-2 in eu-west-1: throttled
        "]],
    );
}

#[test]
fn a_disabled_image_is_left_alone_and_its_snapshots_stay_for_whom_it_is_meant() {
    let disabled = Found { state: State::Disabled, ..image("ami-1", "base_1", &[], &["snap-1"]) };
    let other = image("ami-2", "base_2", &["123456789012", "987654321098"], &["snap-1"]);
    let snapshot = found(Kind::Snapshot, "snap-1", "", &["123456789012", "444455556666", "987654321098"]);
    check(
        &facts(MANIFEST, vec![disabled, other, snapshot]),
        &expect![[r"
            share snap-1 in eu-west-1: -444455556666
        "]],
    );
}

#[test]
fn what_was_left_open_on_a_thing_that_is_gone_is_closed_where_everything_could_be_read() {
    let pending = Pending { add: principals(&["123456789012"]), remove: BTreeSet::new(), until: 5 };
    let head = Head { seq: 1, hash: "h".into(), pending: Some(pending) };
    let mut facts = facts(MANIFEST, Vec::new());
    facts.heads = [(resource(Kind::Image, "ami-1"), head)].into();
    check(
        &facts,
        &expect![[r"
            forget ami-1 in eu-west-1, which is gone
        "]],
    );
    facts.heads.clear();
    facts.grants = [grant(Kind::Image, "ami-1", "123456789012")].into();
    check(
        &facts,
        &expect![[r"
            forget ami-1 in eu-west-1, which is gone
        "]],
    );
    facts.unread.push(unread(Kind::Image, "images and snapshots in eu-west-1: throttled"));
    check(
        &facts,
        &expect![[r"
            incomplete: images and snapshots in eu-west-1: throttled
        "]],
    );
}

#[test]
fn keys_that_gain_come_first_and_keys_that_only_lose_come_last() {
    let manifest = r#"{"kms": {"k1": {"eu-west-1": []}, "k2": {"eu-west-1": ["123456789012"]}},
        "s3": {"com-example-bucket": {"accounts": ["123456789012"], "organization": "o-exampleorgid"}}}"#;
    let bucket = Resource::bucket(place::Partition::Aws, &OURS.parse().unwrap(), "com-example-bucket");
    let found = vec![
        found(Kind::Key, "k1", "k1", &["444455556666"]),
        found(Kind::Key, "k2", "k2", &[]),
        Found::new(bucket, Some("com-example-bucket")),
    ];
    check(
        &facts(manifest, found),
        &expect![[r"
            share k2 in eu-west-1: +123456789012
            share com-example-bucket: +123456789012 +o-exampleorgid
            share k1 in eu-west-1: -444455556666
        "]],
    );
}

#[test]
fn a_deleted_principal_in_our_statement_goes_and_is_reported() {
    let manifest = r#"{"kms": {"k1": {"eu-west-1": ["123456789012"]}}}"#;
    let key = found(Kind::Key, "k1", "k1", &["123456789012", "AIDAEXAMPLE"]);
    check(
        &facts(manifest, vec![key]),
        &expect![[r"
            share k1 in eu-west-1: -AIDAEXAMPLE
            note: k1 in eu-west-1: AIDAEXAMPLE stands in a statement of Signalbox and is nothing that Signalbox shares with
        "]],
    );
    let manifest = r#"{"kms": {"other": {"eu-west-1": []}}}"#;
    let unnamed = found(Kind::Key, "k1", "", &["123456789012", "444455556666", "AIDAEXAMPLE"]);
    let grants = [grant(Kind::Key, "k1", "123456789012")].into();
    check(
        &Facts { grants, ..facts(manifest, vec![unnamed]) },
        &expect![[r"
            share k1 in eu-west-1: -123456789012 -AIDAEXAMPLE
            note: k1 in eu-west-1: AIDAEXAMPLE stands in a statement of Signalbox and is nothing that Signalbox shares with
        "]],
    );
}

#[test]
fn the_report_counts_by_section_and_tells_what_no_event_has_shared() {
    let recent = |minutes| Some(now() - Duration::from_mins(minutes));
    let images = vec![
        Found { created: recent(60), ..image("ami-1", "base_1", &[], &[]) },
        Found { created: recent(60 * 48), ..image("ami-2", "base_2", &["123456789012", "444455556666"], &[]) },
        image("ami-3", "other", &["444455556666"], &[]),
    ];
    let mut facts = facts(MANIFEST, images);
    facts.unread.push(unread(Kind::Bucket, "com-example-bucket: denied"));
    let counts = counts::counts(&facts, &decision::decide_all(&facts).unwrap());
    expect![[r#"{"ami":{"added":3,"expired":0,"foreign":1,"missed_events":1,"removed":1,"unchanged":1},"s3":{"incomplete":1}}"#]]
        .assert_eq(&serde_json::to_string(&counts).unwrap());
}
