//! The decision, one case a test: facts in, plan out.

mod copies;
mod entries;
mod hearing;
mod obstacles;

use std::collections::BTreeSet;
use std::time::Duration;

use expect_test::{Expect, expect};
use reaction::{Plan, Reaction};
use sharing::{Desired, Encryption, Head, KeyGaps, Kind, Manifest, Membership, OptionGroup, Tags};
use sharing_aws::Holders;

use crate::{Facts, ShareRdsSnapshot, Snapshot, Subject};

const OURS: &str = "111122223333";
const MANIFEST: &str = r#"{"rds": {"base-db-v": {"eu-west-1": ["123456789012", "987654321098"]}}}"#;
const AUTOMATED: &str = "rds:base-db-v1-2026-11-02-05-30";

/// An event about a snapshot of an instance; a text of the detail, or of what is around it, is replaced in it.
fn event(snapshot: &str, id: &str) -> String {
    format!(
        r#"{{"version": "0", "id": "e", "detail-type": "RDS DB Snapshot Event", "source": "aws.rds", "account": "{OURS}",
            "time": "2026-11-01T12:00:00Z", "region": "eu-west-1", "resources": [], "detail": {{
            "EventCategories": ["creation"], "SourceType": "SNAPSHOT", "Date": "2026-11-01T12:00:00.123Z",
            "SourceArn": "arn:aws:rds:eu-west-1:{OURS}:snapshot:{snapshot}", "SourceIdentifier": "{snapshot}",
            "Message": "Manual snapshot created", "EventID": "{id}"}}}}"#
    )
}

fn parse(event: &str) -> Result<Option<Subject>, String> {
    let event = serde_json::from_str(event).map_err(|error| error.to_string())?;
    ShareRdsSnapshot::parse(event).map_err(|error| error.to_string())
}

fn subject(snapshot: &str) -> Subject {
    parse(&event(snapshot, "RDS-EVENT-0042")).unwrap().unwrap()
}

fn held_by(ids: &[&str]) -> Holders {
    Holders { is_public: false, principals: ids.iter().map(|id| id.parse().unwrap()).collect() }
}

fn snapshot() -> Snapshot {
    Snapshot {
        database: "base-db-v1".into(),
        engine: "postgres".into(),
        status: "available".into(),
        is_manual: true,
        tags: Tags::new(),
        holders: Holders::default(),
        encryption: Encryption::None,
        options: OptionGroup::Shareable,
        gaps: KeyGaps::Known(BTreeSet::new()),
        copy: None,
        head: Head::default(),
    }
}

fn automated() -> Snapshot {
    Snapshot { is_manual: false, ..snapshot() }
}

fn facts(snapshot: Snapshot) -> Facts {
    by(MANIFEST, snapshot)
}

fn by(manifest: &str, snapshot: Snapshot) -> Facts {
    let now = subject("base-db-v1").time.unwrap() + Duration::from_mins(5);
    let desired = Desired { manifest: Manifest::parse(manifest), allowed: None, membership: Membership::default() };
    Facts { now, desired, copies_automated: false, snapshot: Some(snapshot) }
}

fn copying(snapshot: Snapshot) -> Facts {
    Facts { copies_automated: true, ..facts(snapshot) }
}

fn check(facts: &Facts, expected: &Expect) {
    check_of(&subject("base-db-v1"), facts, expected);
}

fn check_of(subject: &Subject, facts: &Facts, expected: &Expect) {
    let plan = match ShareRdsSnapshot::plan(subject, facts) {
        Err(error) if error.is_refused() => format!("refused: {error}\n"),
        Err(error) => format!("failed: {error}\n"),
        Ok(plan) => plan.to_string(),
    };
    expected.assert_eq(&plan);
}

#[test]
fn who_is_named_gains_and_who_is_not_loses() {
    check(
        &facts(Snapshot { holders: held_by(&["123456789012", "444455556666"]), ..snapshot() }),
        &expect![[r#"
        share base-db-v1 in eu-west-1: +987654321098 -444455556666
    "#]],
    );
    check(&facts(Snapshot { holders: held_by(&["123456789012", "987654321098"]), ..snapshot() }), &expect![[""]]);
}

#[test]
fn an_entry_names_what_contains_it_and_sections_are_apart() {
    check_of(
        &subject("prod-base-db-v1-final"),
        &facts(snapshot()),
        &expect![[r#"
        share prod-base-db-v1-final in eu-west-1: +123456789012 +987654321098
    "#]],
    );
    check_of(
        &subject("other"),
        &facts(snapshot()),
        &expect![[r#"
        ignored: no entry of the manifest's section `rds` matches `other` in eu-west-1
    "#]],
    );
    let of_cluster = Subject { kind: Kind::DbClusterSnapshot, ..subject("base-db-v1") };
    check_of(
        &of_cluster,
        &facts(snapshot()),
        &expect![[r#"
        ignored: no entry of the manifest's section `rds-cluster` matches `base-db-v1` in eu-west-1
    "#]],
    );
    let cluster = MANIFEST.replace("rds", "rds-cluster");
    check_of(
        &of_cluster,
        &by(&cluster, snapshot()),
        &expect![[r#"
        share base-db-v1 in eu-west-1: +123456789012 +987654321098
    "#]],
    );
}

#[test]
fn an_empty_list_is_a_decision_and_the_public_stays() {
    let nobody = r#"{"rds": {"base-db-v": {"eu-west-1": []}}}"#;
    let public = Holders { is_public: true, ..held_by(&["123456789012"]) };
    check(
        &by(nobody, Snapshot { holders: public, ..snapshot() }),
        &expect![[r#"
            share base-db-v1 in eu-west-1: -123456789012
            note: base-db-v1 in eu-west-1 is public and stays so: everybody may use it
        "#]],
    );
}

#[test]
fn more_accounts_than_the_quota_are_refused_before_anything_is_changed() {
    let accounts: Vec<_> = (0..21).map(|number| format!("\"1000000000{number:02}\"")).collect();
    let many = format!(r#"{{"rds": {{"base-db-v": {{"eu-west-1": [{}]}}}}}}"#, accounts.join(","));
    check(
        &by(&many, snapshot()),
        &expect![[r#"
        refused: base-db-v1 cannot be shared: the manifest names 21 accounts, and RDS shares a snapshot with 20 at most; name fewer, or copy the snapshot and share the copy with the others; none of them gained it
    "#]],
    );
    check_of(
        &subject(AUTOMATED),
        &Facts { copies_automated: true, ..by(&many, automated()) },
        &expect![[r#"
        refused: rds:base-db-v1-2026-11-02-05-30 cannot be shared: the manifest names 21 accounts, and RDS shares a snapshot with 20 at most; name fewer, or copy the snapshot and share the copy with the others; none of them gained it
    "#]],
    );
    let twenty = format!(r#"{{"rds": {{"base-db-v": {{"eu-west-1": [{}]}}}}}}"#, accounts[1..].join(","));
    assert!(ShareRdsSnapshot::plan(&subject("base-db-v1"), &by(&twenty, snapshot())).is_ok());
}

#[test]
fn a_note_names_those_whom_the_customer_key_does_not_admit() {
    let key = Encryption::Customer("arn:aws:kms:eu-west-1:111122223333:key/k".into());
    let encrypted = |gaps| Snapshot { encryption: key.clone(), gaps, ..snapshot() };
    check(
        &facts(encrypted(KeyGaps::Known(BTreeSet::new()))),
        &expect![[r#"
        share base-db-v1 in eu-west-1: +123456789012 +987654321098
    "#]],
    );
    let shut_out = BTreeSet::from(["987654321098".parse().unwrap()]);
    check(
        &facts(encrypted(KeyGaps::Known(shut_out))),
        &expect![[r#"
            share base-db-v1 in eu-west-1: +123456789012 +987654321098
            note: base-db-v1 in eu-west-1: its key arn:aws:kms:eu-west-1:111122223333:key/k does not admit 987654321098, who can copy or restore it only when policy or grants of the key do (kms:Decrypt, kms:CreateGrant, ..)
        "#]],
    );
    check(
        &facts(encrypted(KeyGaps::Unknown)),
        &expect![[r#"
            share base-db-v1 in eu-west-1: +123456789012 +987654321098
            note: base-db-v1 in eu-west-1: an account that copies or restores it also needs its key arn:aws:kms:eu-west-1:111122223333:key/k (kms:Decrypt, kms:CreateGrant, ..); the accounts that the key admits could not be read
        "#]],
    );
}

#[test]
fn what_rds_made_for_itself_is_ignored_unless_it_is_to_be_copied() {
    check_of(
        &subject(AUTOMATED),
        &facts(automated()),
        &expect![[r#"
        ignored: `rds:base-db-v1-2026-11-02-05-30` is a snapshot of RDS's own, which cannot be shared; copy it, or set SIGNALBOX_COPY_AUTOMATED to true and such snapshots are copied, and the copies shared
    "#]],
    );
    check_of(
        &subject(AUTOMATED),
        &copying(automated()),
        &expect![[r#"
        copy rds:base-db-v1-2026-11-02-05-30 in eu-west-1 to base-db-v1-2026-11-02-05-30-shared
    "#]],
    );
    let of_cluster = Subject { kind: Kind::DbClusterSnapshot, ..subject(AUTOMATED) };
    let cluster = Facts { copies_automated: true, ..by(&MANIFEST.replace("rds", "rds-cluster"), automated()) };
    check_of(
        &of_cluster,
        &cluster,
        &expect![[r#"
        copy rds:base-db-v1-2026-11-02-05-30 in eu-west-1 to base-db-v1-2026-11-02-05-30-shared
        note: AWS documents no event for the finished copy of a cluster snapshot: where none comes, the sweep shares base-db-v1-2026-11-02-05-30-shared
    "#]],
    );
    let of_backup = r#"{"rds": {"awsbackup": {"eu-west-1": ["123456789012"]}}}"#;
    let of_backup = Facts { copies_automated: true, ..by(of_backup, automated()) };
    check_of(
        &subject("awsbackup:job-0a1b"),
        &of_backup,
        &expect![[r#"
        copy awsbackup:job-0a1b in eu-west-1 to awsbackup-job-0a1b-shared
    "#]],
    );
}

#[test]
fn a_copy_keeps_the_tags_and_says_what_it_is_a_copy_of() {
    let tags = [("team", "data"), ("signalbox:copy-of", "an-older-one")];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let plan = ShareRdsSnapshot::plan(&subject(AUTOMATED), &copying(Snapshot { tags: tags.into(), ..automated() }));
    let Plan::Change { steps, .. } = plan.unwrap() else { panic!("a copy is a change") };
    let [crate::Step::Copy(copy)] = &steps[..] else { panic!("{steps:?}") };
    expect![[r#"
        {"signalbox:copy-of": "base-db-v1-2026-11-02-05-30", "team": "data"}
    "#]]
    .assert_eq(&format!("{:?}\n", copy.tags));
}

#[test]
fn what_nobody_is_to_have_needs_no_copy() {
    let nobody = by(r#"{"rds": {"base-db-v": {"eu-west-1": []}}}"#, automated());
    check_of(
        &subject(AUTOMATED),
        &Facts { copies_automated: true, ..nobody },
        &expect![[r#"
        note: the manifest shares rds:base-db-v1-2026-11-02-05-30 with nobody; it needs no copy
    "#]],
    );
}

#[test]
fn an_entry_that_does_not_name_the_copy_makes_none() {
    let long = format!("rds:{}-x-2026-11-02-05-30", "c".repeat(38));
    let manifest = r#"{"rds-cluster": {"x-2026": {"eu-west-1": ["123456789012"]}}}"#;
    let of_cluster = Subject { kind: Kind::DbClusterSnapshot, ..subject(&long) };
    check_of(
        &of_cluster,
        &Facts { copies_automated: true, ..by(manifest, automated()) },
        &expect![[r#"
        refused: rds:cccccccccccccccccccccccccccccccccccccc-x-2026-11-02-05-30 cannot be copied so that the copy is shared: no entry matches the copy's name cccccccccccccccccccccccccccccccccccccc-2026-11-02-05-30-shared; add one that does, such as its beginning
    "#]],
    );
}

#[test]
fn other_products_are_left_alone() {
    for engine in ["neptune", "docdb"] {
        let Ok(Plan::Ignore(why)) =
            ShareRdsSnapshot::plan(&subject("base-db-v1"), &facts(Snapshot { engine: engine.into(), ..snapshot() }))
        else {
            panic!("{engine} is not ours")
        };
        assert!(why.contains("which only shares RDS's events"), "{why}");
    }
}

#[test]
fn one_that_is_not_yet_available_is_tried_again_and_one_that_goes_is_nothing_to_do() {
    let state = |status: &str| facts(Snapshot { status: status.into(), ..snapshot() });
    check(
        &state("creating"),
        &expect![[r#"
        failed: RDS in eu-west-1 still calls base-db-v1 creating; it is tried again
    "#]],
    );
    check(
        &state("deleting"),
        &expect![[r#"
        note: base-db-v1 is deleting by now; there is nothing to share
    "#]],
    );
    let gone = Facts { snapshot: None, ..facts(snapshot()) };
    check(
        &gone,
        &expect![[r#"
        note: RDS in eu-west-1 does not know base-db-v1 any more; there is nothing to share
    "#]],
    );
    let soon = Facts { now: gone.now - Duration::from_secs(299), ..gone.clone() };
    check(
        &soon,
        &expect![[r#"
        failed: RDS in eu-west-1 does not know base-db-v1 yet; it is tried again
    "#]],
    );
}

#[test]
fn a_manifest_with_a_mistake_changes_nothing() {
    check(
        &by("{\"rds\": {", Snapshot { holders: held_by(&["444455556666"]), ..snapshot() }),
        &expect![[r#"
        refused: the manifest, line 1, column 9: EOF while parsing an object
    "#]],
    );
}
