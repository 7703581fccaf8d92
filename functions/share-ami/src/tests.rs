//! The decision, one case a test: facts in, plan out.

mod entries;
mod obstacles;

use std::collections::BTreeSet;
use std::time::Duration;

use expect_test::{Expect, expect};
use reaction::{Plan, Reaction};
use sharing::{Desired, Encryption, Head, Manifest, Membership, Mistake, Pending, Step, Tags};
use sharing_aws::{Holders, Settings};

use crate::{Facts, Image, ImageSnapshot, ShareAmi, Subject};

const OURS: &str = "111122223333";
const MANIFEST: &str = r#"{"ami": {"base_": {"eu-west-1": ["123456789012", "987654321098"]}}}"#;

fn event(detail: &str) -> String {
    format!(
        r#"{{"version": "0", "id": "e", "detail-type": "EC2 AMI State Change", "source": "aws.ec2", "account": "{OURS}",
            "time": "2026-11-01T12:00:00Z", "region": "eu-west-1", "resources": [], "detail": {detail}}}"#
    )
}

fn detail(state: &str) -> String {
    format!(r#"{{"RequestId": "req-1", "ImageId": "ami-0123456789abcdef0", "State": "{state}", "ErrorMessage": ""}}"#)
}

fn parse(event: &str) -> Result<Option<Subject>, String> {
    let event = serde_json::from_str(event).map_err(|error| error.to_string())?;
    ShareAmi::parse(event).map_err(|error| error.to_string())
}

fn subject() -> Subject {
    parse(&event(&detail("available"))).unwrap().unwrap()
}

fn accounts<T: std::str::FromStr + Ord>(ids: &[&str]) -> BTreeSet<T>
where
    T::Err: std::fmt::Debug,
{
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

fn snapshot(id: &str, held: &[&str]) -> ImageSnapshot {
    ImageSnapshot {
        id: id.into(),
        volumes: held_by(held),
        encryption: Encryption::None,
        needed_elsewhere: BTreeSet::new(),
        head: Head::default(),
    }
}

fn held_by(accounts_: &[&str]) -> Holders {
    Holders { is_public: false, principals: accounts(accounts_) }
}

fn desired(manifest: Result<Manifest, Mistake>) -> Desired {
    Desired { manifest, allowed: None, membership: Membership::default() }
}

fn image() -> Image {
    Image {
        name: "base_linux_v1".into(),
        tags: Tags::new(),
        is_ours: true,
        state: "available".into(),
        launch: Holders::default(),
        head: Head::default(),
        snapshots: vec![snapshot("snap-1", &[])],
    }
}

fn facts(image: Image) -> Facts {
    let now = subject().time.unwrap() + Duration::from_mins(5);
    Facts { now, desired: desired(Manifest::parse(MANIFEST)), image: Some(image) }
}

fn check(facts: &Facts, expected: &Expect) {
    let plan = match ShareAmi::plan(&subject(), facts) {
        Err(error) if error.is_refused() => format!("refused: {error}\n"),
        Err(error) => format!("failed: {error}\n"),
        Ok(Plan::Ignore(why)) => format!("ignored: {why}\n"),
        Ok(Plan::Change { steps, notes, .. }) => {
            let lines = steps.iter().map(ToString::to_string).chain(notes.iter().map(|note| format!("note: {note}")));
            lines.map(|line| line + "\n").collect()
        }
    };
    expected.assert_eq(&plan);
}

#[test]
fn a_new_image_is_shared_with_its_snapshot() {
    check(
        &facts(image()),
        &expect![[r"
        share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098
    "]],
    );
}

#[test]
fn what_is_as_it_should_be_is_left_alone() {
    let held = ["123456789012", "987654321098"];
    check(
        &facts(Image { launch: held_by(&held), snapshots: vec![snapshot("snap-1", &held)], ..image() }),
        &expect![""],
    );
}

#[test]
fn accounts_that_no_entry_names_lose_it() {
    let held = ["123456789012", "444455556666"];
    let image = Image { launch: held_by(&held), snapshots: vec![snapshot("snap-1", &held)], ..image() };
    check(
        &facts(image),
        &expect![[r"
        share ami-0123456789abcdef0 in eu-west-1: +987654321098 -444455556666; snap-1: +987654321098 -444455556666
    "]],
    );
}

#[test]
fn a_snapshot_keeps_the_accounts_that_another_image_needs() {
    let held = ["123456789012", "444455556666", "555566667777"];
    let needed = ImageSnapshot { needed_elsewhere: accounts(&["444455556666"]), ..snapshot("snap-1", &held) };
    let image = Image { launch: held_by(&held), snapshots: vec![needed], ..image() };
    check(
        &facts(image),
        &expect![[r"
        share ami-0123456789abcdef0 in eu-west-1: +987654321098 -444455556666 -555566667777; snap-1: +987654321098 -555566667777
    "]],
    );
}

#[test]
fn a_snapshot_that_lags_behind_its_image_is_set_right() {
    let held = ["123456789012", "987654321098"];
    let snapshots = vec![snapshot("snap-1", &held), snapshot("snap-2", &["123456789012", "444455556666"])];
    check(
        &facts(Image { launch: held_by(&held), snapshots, ..image() }),
        &expect![[r"
        share ami-0123456789abcdef0 in eu-west-1:; snap-2: +987654321098 -444455556666
    "]],
    );
}

#[test]
fn an_empty_list_takes_the_image_from_everybody() {
    let manifest = Manifest::parse(r#"{"ami": {"base_": {"eu-west-1": []}}}"#);
    let held = ["123456789012"];
    let image = Image { launch: held_by(&held), snapshots: vec![snapshot("snap-1", &held)], ..image() };
    check(
        &Facts { desired: desired(manifest), ..facts(image) },
        &expect![[r"
        share ami-0123456789abcdef0 in eu-west-1: -123456789012; snap-1: -123456789012
    "]],
    );
}

#[test]
fn an_image_without_an_entry_is_not_touched() {
    let image = Image { name: "other".into(), launch: held_by(&["444455556666"]), ..image() };
    check(
        &facts(image),
        &expect![[r#"
            ignored: no entry of the manifest's section `ami` matches `other` in eu-west-1, the name of ami-0123456789abcdef0
        "#]],
    );
}

#[test]
fn a_public_image_stays_public_and_the_report_says_so() {
    let public = ImageSnapshot {
        volumes: Holders { is_public: true, ..held_by(&["123456789012", "987654321098"]) },
        ..snapshot("snap-1", &[])
    };
    check(
        &facts(Image { launch: Holders { is_public: true, ..Holders::default() }, snapshots: vec![public], ..image() }),
        &expect![[r#"
            share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098
            note: ami-0123456789abcdef0 in eu-west-1 is public and stays so: everybody may use it
            note: snap-1 in eu-west-1 is public and stays so: everybody may use it
        "#]],
    );
}

#[test]
fn an_organization_may_launch_and_its_snapshots_stay_with_accounts() {
    let arn = "arn:aws:organizations::111122223333:organization/o-abcde12345";
    let manifest = Manifest::parse(&format!(r#"{{"ami": {{"base_": {{"eu-west-1": ["{arn}", "123456789012"]}}}}}}"#));
    check(
        &Facts { desired: desired(manifest), ..facts(image()) },
        &expect![[r"
        share ami-0123456789abcdef0 in eu-west-1: +123456789012 +arn:aws:organizations::111122223333:organization/o-abcde12345; snap-1: +123456789012
        note: arn:aws:organizations::111122223333:organization/o-abcde12345 may launch the image but not copy it: snapshots are shared with accounts only
    "]],
    );
}

#[test]
fn our_own_account_is_never_granted_what_it_has_anyway() {
    let manifest = Manifest::parse(&format!(r#"{{"ami": {{"base_": {{"eu-west-1": ["{OURS}"]}}}}}}"#));
    check(&Facts { desired: desired(manifest), ..facts(image()) }, &expect![""]);
}

#[test]
fn what_the_aws_managed_key_encrypts_cannot_be_shared() {
    let managed = ImageSnapshot { encryption: Encryption::AwsManaged, ..snapshot("snap-1", &[]) };
    check(
        &facts(Image { snapshots: vec![managed], ..image() }),
        &expect![[r"
        refused: ami-0123456789abcdef0 cannot be shared: snap-1 is encrypted with the AWS-managed key aws/ebs, which no other account can use; copy the image with a customer managed key (CopyImage --encrypted --kms-key-id)
    "]],
    );
}

#[test]
fn with_a_customer_key_it_is_shared_and_a_note_names_the_key() {
    let key = Encryption::Customer("arn:aws:kms:eu-west-1:111122223333:key/k".into());
    let encrypted = |id| ImageSnapshot { encryption: key.clone(), ..snapshot(id, &[]) };
    check(
        &facts(Image { snapshots: vec![encrypted("snap-1"), encrypted("snap-2")], ..image() }),
        &expect![[r#"
            share ami-0123456789abcdef0 in eu-west-1: +123456789012 +987654321098; snap-1: +123456789012 +987654321098; snap-2: +123456789012 +987654321098
            note: ami-0123456789abcdef0 in eu-west-1: an account that uses it also needs its key arn:aws:kms:eu-west-1:111122223333:key/k (kms:Decrypt, kms:CreateGrant, ..)
        "#]],
    );
}

#[test]
fn only_the_owner_shares() {
    check(
        &facts(Image { is_ours: false, ..image() }),
        &expect![[r"
        refused: ami-0123456789abcdef0 belongs to another account; only its owner can share it
    "]],
    );
}

#[test]
fn a_disabled_image_is_refused_and_a_pending_one_waits() {
    check(
        &facts(Image { state: "disabled".into(), ..image() }),
        &expect![[r"
        refused: ami-0123456789abcdef0 is disabled; enable it (EnableImage) and it is shared again
    "]],
    );
    check(
        &facts(Image { state: "pending".into(), ..image() }),
        &expect![[r"
        failed: EC2 in eu-west-1 still calls ami-0123456789abcdef0 pending; it is tried again
    "]],
    );
}

#[test]
fn an_image_that_is_gone_is_nothing_to_do_and_one_that_is_not_yet_there_is_tried_again() {
    let gone = Facts { image: None, ..facts(image()) };
    check(
        &gone,
        &expect![[r"
        note: EC2 in eu-west-1 does not know ami-0123456789abcdef0 any more; there is nothing to share
    "]],
    );
    let soon = Facts { now: gone.now - Duration::from_secs(299), ..gone.clone() };
    check(
        &soon,
        &expect![[r"
        failed: EC2 in eu-west-1 does not know ami-0123456789abcdef0 yet; it is tried again
    "]],
    );
    let future = Facts { now: gone.now - Duration::from_hours(1), ..gone };
    check(
        &future,
        &expect![[r"
        note: EC2 in eu-west-1 does not know ami-0123456789abcdef0 any more; there is nothing to share
    "]],
    );
}

#[test]
fn a_manifest_with_a_mistake_changes_nothing() {
    let held = Image { launch: held_by(&["444455556666"]), ..image() };
    check(
        &Facts { desired: desired(Manifest::parse("{\"ami\": {")), ..facts(held.clone()) },
        &expect![[r"
        refused: the manifest, line 1, column 9: EOF while parsing an object
    "]],
    );
    check(
        &Facts { desired: desired(Manifest::parse("")), ..facts(held) },
        &expect![[r"
        refused: the manifest, line 1, column 1: EOF while parsing a value
    "]],
    );
}

#[test]
fn a_manifest_that_names_an_account_that_is_not_allowed_changes_nothing() {
    let allowed = Some("123456789012".parse().unwrap());
    check(
        &Facts { desired: Desired { allowed, ..desired(Manifest::parse(MANIFEST)) }, ..facts(image()) },
        &expect![[r"
        refused: the manifest names 987654321098, which SIGNALBOX_ALLOWED_ACCOUNTS does not; nothing was changed
    "]],
    );
}

#[test]
fn only_an_image_that_became_available_is_ours_to_share() {
    for state in ["failed", "deregistered", "disabled", "a-state-of-tomorrow"] {
        assert_eq!(parse(&event(&detail(state))), Ok(None), "{state}");
    }
    let available = event(&detail("available"));
    assert!(parse(&available).unwrap().is_some());
    assert_eq!(parse(&available.replace("aws.ec2", "my.aws.ec2")), Ok(None));
    assert_eq!(parse(&available.replace("AMI State", "Instance State-change")), Ok(None));
}

#[test]
fn poison_is_an_error_that_names_the_place_and_does_not_repeat_the_event() {
    let wrong = |from: &str, to: &str| parse(&event(&detail("available")).replace(from, to)).unwrap_err();
    expect!["the event's account: `1234` is not an account id of 12 digits, such as \"111122223333\""]
        .assert_eq(&wrong(OURS, "1234"));
    expect!["the event's region: `eu-wset-1` is not an AWS region, such as \"eu-west-1\""]
        .assert_eq(&wrong("eu-west-1", "eu-wset-1"));
    expect![
        "the detail of this `EC2 AMI State Change` event: `i-1` is not an image id, such as \"ami-0123456789abcdef0\""
    ]
    .assert_eq(&wrong("ami-0123456789abcdef0", "i-1"));
    expect!["RequestId is longer than 128 bytes"].assert_eq(&wrong("req-1", &"x".repeat(250_000)));
    for poison in ["null", "[]", "\"text\"", "{}", r#"{"ImageId": null, "State": "available", "RequestId": "r"}"#] {
        assert!(parse(&event(poison)).unwrap_err().len() < 400, "{poison}");
    }
    assert!(parse(&event(&detail("available")).replace("\"resources\": []", "\"resources\": null")).is_ok());
}

#[test]
fn the_key_names_the_occurrence_and_not_the_event() {
    let key = |event: &str| ShareAmi::key(&parse(event).unwrap().unwrap()).to_string();
    let first = event(&detail("available"));
    expect!["111122223333/eu-west-1/ami-0123456789abcdef0/available/req-1"].assert_eq(&key(&first));
    assert_eq!(key(&first.replace("\"id\": \"e\"", "\"id\": \"forwarded\"")), key(&first));
    let replayed = first.replace("\"version\"", "\"replay-name\": \"again\", \"version\"");
    expect!["111122223333/eu-west-1/ami-0123456789abcdef0/available/req-1/again"].assert_eq(&key(&replayed));
}

#[test]
fn a_setting_that_is_missing_or_malformed_is_named() {
    let read = |pairs: &[(&str, &str)]| {
        let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&value).map_err(|error| error.to_string())
    };
    expect!["the environment variable SIGNALBOX_MANIFEST is not set: set it to where the share manifest lies: `s3://bucket/key` or `ssm:/name`"]
        .assert_eq(&read(&[]).unwrap_err());
    expect!["the environment variable SIGNALBOX_MANIFEST: `http://x` is not `s3://bucket/key` or `ssm:/name`"]
        .assert_eq(&read(&[("SIGNALBOX_MANIFEST", "http://x")]).unwrap_err());
    expect![[r#"the environment variable SIGNALBOX_ALLOWED_ACCOUNTS: `1` is not an account id of 12 digits, such as "111122223333", or the id of an organization ("o-exampleorgid") or organizational unit ("ou-ab12-cd34ef56")"#]]
        .assert_eq(&read(&[("SIGNALBOX_MANIFEST", "ssm:/share"), ("SIGNALBOX_ALLOWED_ACCOUNTS", "1")]).unwrap_err());
    expect!["the environment variable SIGNALBOX_ALLOWED_ACCOUNTS is not set: set it to the accounts that the manifest may name: ids of accounts, organizations (`o-..`) and organizational units (`ou-..`), separated by commas, or the word `everybody`"].assert_eq(&read(&[("SIGNALBOX_MANIFEST", "ssm:/share")]).unwrap_err());
    let owner = ("SIGNALBOX_MANIFEST_ACCOUNT", "o-exampleorgid");
    expect![[r#"the environment variable SIGNALBOX_MANIFEST_ACCOUNT: `o-exampleorgid` is not an account id of 12 digits, such as "111122223333""#]].assert_eq(&read(&[("SIGNALBOX_MANIFEST", "ssm:/share"), owner]).unwrap_err());
    let settings =
        read(&[("SIGNALBOX_MANIFEST", "s3://b/k/l"), ("SIGNALBOX_ALLOWED_ACCOUNTS", "111122223333, 123456789012")]);
    assert_eq!(settings.unwrap().allowed, Some("111122223333,123456789012".parse().unwrap()));
}

/// A record in which a change is open, until so many seconds after the facts were read.
fn open(seconds: i64) -> Head {
    let now = facts(image()).now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let until = now.saturating_add_signed(seconds) * 1000;
    let pending = Pending { add: accounts(&["123456789012"]), remove: BTreeSet::new(), until };
    Head { seq: 1, hash: "5e2f".into(), pending: Some(pending) }
}

#[test]
fn what_an_interrupted_run_left_is_finished_though_nobody_gains_or_loses() {
    let held = ["123456789012", "987654321098"];
    let interrupted = ImageSnapshot { head: open(0), ..snapshot("snap-1", &held) };
    let image = Image { launch: held_by(&held), snapshots: vec![interrupted, snapshot("snap-2", &held)], ..image() };
    let Plan::Change { steps, .. } = ShareAmi::plan(&subject(), &facts(image)).unwrap() else { panic!("a change") };
    let [Step::Share(share)] = &steps[..] else { panic!("{steps:?}") };
    let changes = share.changes.iter().map(|change| (change.resource.id.as_str(), change.head.seq));
    assert_eq!(changes.collect::<Vec<_>>(), [("ami-0123456789abcdef0", 0), ("snap-1", 1)]);
}
