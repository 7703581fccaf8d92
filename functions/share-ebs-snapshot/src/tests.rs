//! The decision, one case a test: facts in, plan out.

mod entries;
mod obstacles;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use expect_test::{Expect, expect};
use reaction::Reaction;
use sharing::{Desired, Encryption, Head, Manifest, Membership};
use sharing_aws::Holders;

use crate::{Facts, ShareEbsSnapshot, Snapshot, Subject};

const OURS: &str = "111122223333";
const MANIFEST: &str = r#"{"ebs": {"data-": {"eu-west-1": ["123456789012", "987654321098"]}}}"#;
const SNAPSHOT: &str = "snap-0123456789abcdef0";
const OTHER: &str = "snap-0123456789abcdef1";

fn event(detail_type: &str, detail: &str) -> String {
    format!(
        r#"{{"version": "0", "id": "e", "detail-type": "{detail_type}", "source": "aws.ec2", "account": "{OURS}",
            "time": "2026-11-01T12:00:00Z", "region": "eu-west-1", "resources": [], "detail": {detail}}}"#
    )
}

fn one(name: &str, result: &str) -> String {
    let detail = format!(
        r#"{{"event": "{name}", "result": "{result}", "cause": "", "request-id": "", "endTime": "2026-11-01T12:00:00Z",
            "snapshot_id": "arn:aws:ec2::eu-west-1:snapshot/{SNAPSHOT}", "source": "arn:aws:ec2::eu-west-1:volume/vol-1"}}"#
    );
    event("EBS Snapshot Notification", &detail)
}

fn several(result: &str) -> String {
    let each = |id| format!(r#"{{"snapshot_id": "arn:aws:ec2::eu-west-1:snapshot/{id}", "status": "completed"}}"#);
    let detail = format!(
        r#"{{"event": "createSnapshots", "result": "{result}", "endTime": "2026-11-01T12:00:00Z",
            "snapshots": [{}, {}]}}"#,
        each(OTHER),
        each(SNAPSHOT)
    );
    event("EBS Multi-Volume Snapshots Completion Status", &detail)
}

fn parse(event: &str) -> Result<Option<Subject>, String> {
    let event = serde_json::from_str(event).map_err(|error| error.to_string())?;
    ShareEbsSnapshot::parse(event).map_err(|error| error.to_string())
}

fn held_by(ids: &[&str]) -> Holders {
    Holders { is_public: false, principals: ids.iter().map(|id| id.parse().unwrap()).collect() }
}

fn snapshot() -> Snapshot {
    Snapshot {
        name: Some("data-1".into()),
        tags: [("Name".to_owned(), "data-1".to_owned())].into(),
        is_ours: true,
        state: "completed".into(),
        volumes: Holders::default(),
        encryption: Encryption::None,
        needed: BTreeSet::new(),
        head: Head::default(),
    }
}

fn facts(snapshots: &[(&str, Snapshot)]) -> Facts {
    by(MANIFEST, snapshots)
}

fn by(manifest: &str, snapshots: &[(&str, Snapshot)]) -> Facts {
    let subject = parse(&one("createSnapshot", "succeeded")).unwrap().unwrap();
    let desired = Desired { manifest: Manifest::parse(manifest), allowed: None, membership: Membership::default() };
    let snapshots = snapshots.iter().map(|(id, it)| ((*id).to_owned().try_into().unwrap(), it.clone()));
    Facts { now: subject.time.unwrap() + Duration::from_mins(5), desired, snapshots: snapshots.collect() }
}

fn check(facts: &Facts, expected: &Expect) {
    check_of(&one("createSnapshot", "succeeded"), facts, expected);
}

fn check_of(event: &str, facts: &Facts, expected: &Expect) {
    let plan = match ShareEbsSnapshot::plan(&parse(event).unwrap().unwrap(), facts) {
        Err(error) if error.is_refused() => format!("refused: {error}\n"),
        Err(error) => format!("failed: {error}\n"),
        Ok(plan) => plan.to_string(),
    };
    expected.assert_eq(&plan);
}

#[test]
fn who_is_named_gains_and_who_is_not_loses() {
    check(
        &facts(&[(SNAPSHOT, Snapshot { volumes: held_by(&["123456789012", "444455556666"]), ..snapshot() })]),
        &expect![[r#"
            share snap-0123456789abcdef0 in eu-west-1: +987654321098 -444455556666
        "#]],
    );
    check(
        &facts(&[(SNAPSHOT, Snapshot { volumes: held_by(&["123456789012", "987654321098"]), ..snapshot() })]),
        &expect![[""]],
    );
}

#[test]
fn a_snapshot_that_backs_an_image_keeps_what_the_image_needs_and_gets_nothing_more() {
    let needed = held_by(&["444455556666", "555566667777"]).principals;
    let volumes = held_by(&["123456789012", "444455556666", "666677778888"]);
    check(
        &facts(&[(SNAPSHOT, Snapshot { volumes, needed, ..snapshot() })]),
        &expect![[r#"
        share snap-0123456789abcdef0 in eu-west-1: +987654321098 -666677778888
        note: 444455556666 keep snap-0123456789abcdef0: an image of ours that they may launch stands on it
    "#]],
    );
}

#[test]
fn without_a_name_and_without_an_entry_it_is_nobodys_business() {
    check(
        &facts(&[(SNAPSHOT, Snapshot { name: None, ..snapshot() })]),
        &expect![[r#"
        ignored: snap-0123456789abcdef0 has no tag `Name` by which the manifest could name it
    "#]],
    );
    check(
        &facts(&[(SNAPSHOT, Snapshot { name: Some("my-data-1".into()), ..snapshot() })]),
        &expect![[r#"
            ignored: no entry of the manifest's section `ebs` matches `my-data-1` in eu-west-1, the name of snap-0123456789abcdef0
        "#]],
    );
}

#[test]
fn an_empty_list_is_a_decision_and_the_public_stays() {
    let nobody = r#"{"ebs": {"data-": {"eu-west-1": []}}}"#;
    let public = Holders { is_public: true, ..held_by(&["123456789012"]) };
    check(
        &by(nobody, &[(SNAPSHOT, Snapshot { volumes: public, ..snapshot() })]),
        &expect![[r#"
            share snap-0123456789abcdef0 in eu-west-1: -123456789012
            note: snap-0123456789abcdef0 in eu-west-1 is public and stays so: everybody may use it
        "#]],
    );
}

#[test]
fn what_the_aws_managed_key_encrypts_is_refused_and_a_customer_key_is_named() {
    let with = |encryption| facts(&[(SNAPSHOT, Snapshot { encryption, ..snapshot() })]);
    check(
        &with(Encryption::AwsManaged),
        &expect![[r#"
        refused: snap-0123456789abcdef0 cannot be shared: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
    "#]],
    );
    check(
        &with(Encryption::Customer("arn:aws:kms:eu-west-1:111122223333:key/k".into())),
        &expect![[r#"
            share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
            note: snap-0123456789abcdef0 in eu-west-1: an account that uses it also needs its key arn:aws:kms:eu-west-1:111122223333:key/k (kms:Decrypt, kms:CreateGrant, ..)
        "#]],
    );
}

#[test]
fn of_several_each_is_a_step_of_its_own() {
    check_of(
        &several("succeeded"),
        &facts(&[(SNAPSHOT, snapshot()), (OTHER, snapshot())]),
        &expect![[r#"
        share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
        share snap-0123456789abcdef1 in eu-west-1: +123456789012 +987654321098
    "#]],
    );
}

#[test]
fn of_several_one_that_cannot_be_shared_does_not_keep_the_others() {
    let managed = Snapshot { encryption: Encryption::AwsManaged, ..snapshot() };
    check_of(
        &several("succeeded"),
        &facts(&[(SNAPSHOT, managed.clone()), (OTHER, snapshot())]),
        &expect![[r#"
            cannot share snap-0123456789abcdef0 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
            share snap-0123456789abcdef1 in eu-west-1: +123456789012 +987654321098
        "#]],
    );
    check_of(
        &several("succeeded"),
        &facts(&[(SNAPSHOT, managed.clone()), (OTHER, managed.clone())]),
        &expect![[r#"
            cannot share snap-0123456789abcdef0 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
            cannot share snap-0123456789abcdef1 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
        "#]],
    );
    let pending = Snapshot { state: "pending".into(), ..snapshot() };
    check_of(
        &several("succeeded"),
        &facts(&[(SNAPSHOT, managed), (OTHER, pending)]),
        &expect![[r#"
            cannot share snap-0123456789abcdef0 in eu-west-1: it is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy it with a customer managed key (CopySnapshot --encrypted --kms-key-id)
            cannot share snap-0123456789abcdef1 in eu-west-1: EC2 in eu-west-1 still calls snap-0123456789abcdef1 pending; it is tried again
        "#]],
    );
}

#[test]
fn of_several_those_that_are_nobodys_business_are_noted() {
    let unnamed = Snapshot { name: None, ..snapshot() };
    check_of(
        &several("succeeded"),
        &facts(&[(SNAPSHOT, snapshot()), (OTHER, unnamed.clone())]),
        &expect![[r#"
        share snap-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
        note: snap-0123456789abcdef1 has no tag `Name` by which the manifest could name it
    "#]],
    );
    check_of(
        &several("succeeded"),
        &facts(&[(SNAPSHOT, unnamed.clone()), (OTHER, unnamed)]),
        &expect![[r#"
        ignored: snap-0123456789abcdef0 has no tag `Name` by which the manifest could name it; snap-0123456789abcdef1 has no tag `Name` by which the manifest could name it
    "#]],
    );
}

#[test]
fn only_the_owner_shares() {
    check(
        &facts(&[(SNAPSHOT, Snapshot { is_ours: false, ..snapshot() })]),
        &expect![[r#"
        refused: snap-0123456789abcdef0 belongs to another account; only its owner can share it
    "#]],
    );
}

#[test]
fn one_that_is_not_complete_is_tried_again_and_one_that_is_gone_is_nothing_to_do() {
    check(
        &facts(&[(SNAPSHOT, Snapshot { state: "pending".into(), ..snapshot() })]),
        &expect![[r#"
        failed: EC2 in eu-west-1 still calls snap-0123456789abcdef0 pending; it is tried again
    "#]],
    );
    check(
        &facts(&[(SNAPSHOT, Snapshot { state: "error".into(), ..snapshot() })]),
        &expect![[r#"
        note: snap-0123456789abcdef0 could not be made; there is nothing to share
    "#]],
    );
    let gone = facts(&[]);
    check(
        &gone,
        &expect![[r#"
        note: EC2 in eu-west-1 does not know snap-0123456789abcdef0 any more; there is nothing to share
    "#]],
    );
    let soon = Facts { now: gone.now - Duration::from_secs(299), snapshots: BTreeMap::new(), ..gone };
    check(
        &soon,
        &expect![[r#"
        failed: EC2 in eu-west-1 does not know snap-0123456789abcdef0 yet; it is tried again
    "#]],
    );
}

#[test]
fn a_manifest_with_a_mistake_changes_nothing() {
    let held = Snapshot { volumes: held_by(&["444455556666"]), ..snapshot() };
    check(
        &by("{\"ebs\": {", &[(SNAPSHOT, held)]),
        &expect![[r#"
        refused: the manifest, line 1, column 9: EOF while parsing an object
    "#]],
    );
}

#[test]
fn only_snapshots_that_were_made_are_ours_to_share() {
    let made = |event: &str| parse(event).unwrap().map_or(0, |subject| subject.snapshots.len());
    for name in ["createSnapshot", "copySnapshot"] {
        assert_eq!((made(&one(name, "succeeded")), made(&one(name, "failed"))), (1, 0), "{name}");
    }
    for name in ["shareSnapshot", "archiveSnapshot", "temporaryRestoreSnapshot", "anEventOfTomorrow"] {
        assert_eq!(made(&one(name, "succeeded")), 0, "{name}");
    }
    assert_eq!((made(&several("succeeded")), made(&several("failed"))), (2, 0));
    assert_eq!(made(&one("createSnapshot", "succeeded").replace("aws.ec2", "my.aws.ec2")), 0);
    assert_eq!(made(&one("createSnapshot", "succeeded").replace("EBS Snapshot", "EBS Volume")), 0);
}

#[test]
fn of_an_arn_only_the_snapshot_is_believed() {
    let id = |arn: &str| {
        let event =
            one("createSnapshot", "succeeded").replace(&format!("arn:aws:ec2::eu-west-1:snapshot/{SNAPSHOT}"), arn);
        parse(&event).map(|subject| subject.unwrap().snapshots.first().unwrap().as_str().to_owned())
    };
    for arn in [
        "arn:aws:ec2::us-west-2:snapshot/snap-1a2b3c4d",
        "arn:aws:ec2:us-west-2::snapshot/snap-1a2b3c4d",
        "snap-1a2b3c4d",
    ] {
        assert_eq!(id(arn).unwrap(), "snap-1a2b3c4d", "{arn}");
    }
    expect![[r#"`arn:aws:ec2::eu-west-1:volume/vol-1a2b3c4d` is not the ARN of a snapshot, such as "arn:aws:ec2::eu-west-1:snapshot/snap-0123456789abcdef0""#]].assert_eq(&id("arn:aws:ec2::eu-west-1:volume/vol-1a2b3c4d").unwrap_err());
    expect![[r#"`` is not the ARN of a snapshot, such as "arn:aws:ec2::eu-west-1:snapshot/snap-0123456789abcdef0""#]]
        .assert_eq(&id("").unwrap_err());
    let endless = one("createSnapshot", "succeeded").replace(
        "\"2026-11-01T12:00:00Z\",\n            \"snapshot_id\"",
        &format!("\"{}\", \"snapshot_id\"", "x".repeat(250_000)),
    );
    expect!["endTime is longer than 64 bytes"].assert_eq(&parse(&endless).unwrap_err());
}

#[test]
fn poison_is_an_error_that_does_not_repeat_the_event() {
    for poison in
        ["null", "[]", "\"text\"", "{}", r#"{"event": "createSnapshot", "result": "succeeded", "snapshot_id": 7}"#]
    {
        assert!(parse(&event("EBS Snapshot Notification", poison)).unwrap_err().len() < 400, "{poison}");
    }
    let poison = r#"{"event": "createSnapshots", "result": "succeeded", "snapshots": [{}]}"#;
    assert!(parse(&event("EBS Multi-Volume Snapshots Completion Status", poison)).is_err());
}

#[test]
fn the_key_names_the_occurrence_and_not_the_event() {
    let key = |event: &str| ShareEbsSnapshot::key(&parse(event).unwrap().unwrap()).to_string();
    let first = one("createSnapshot", "succeeded");
    expect!["111122223333/eu-west-1/snap-0123456789abcdef0/createSnapshot/2026-11-01T12:00:00Z"]
        .assert_eq(&key(&first));
    expect!["111122223333/eu-west-1/snap-0123456789abcdef0+1fe5a8089e7f9c6c7548c52ae098538788af4eb839c254859946a5b30c19a2e0/createSnapshots/2026-11-01T12:00:00Z"]
        .assert_eq(&key(&several("succeeded")));
    let fewer = several("succeeded").replace("snap-0123456789abcdef1", "snap-0123456789abcdef0");
    assert_ne!(key(&fewer), key(&several("succeeded")), "another occurrence");
    assert_eq!(key(&first.replace("\"id\": \"e\"", "\"id\": \"forwarded\"")), key(&first));
    let replayed = first.replace("\"version\"", "\"replay-name\": \"again\", \"version\"");
    expect!["111122223333/eu-west-1/snap-0123456789abcdef0/createSnapshot/2026-11-01T12:00:00Z/again"]
        .assert_eq(&key(&replayed));
    let capital = first
        .replace("endTime", "EndTime")
        .replace("2026-11-01T12:00:00Z\",\n            \"snap", "2026-11-01T12:00:01Z\", \"snap");
    expect!["111122223333/eu-west-1/snap-0123456789abcdef0/createSnapshot/2026-11-01T12:00:01Z"]
        .assert_eq(&key(&capital));
    let undated = first.replace("\"endTime\"", "\"elsewhen\"");
    expect!["111122223333/eu-west-1/snap-0123456789abcdef0/createSnapshot/2026-11-01T12:00:00+00:00"]
        .assert_eq(&key(&undated));
}
