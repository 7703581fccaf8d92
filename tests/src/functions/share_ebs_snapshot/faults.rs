//! What AWS does to a run of `share-ebs-snapshot`, and that the end is the same.

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};

use super::{GIVEN, Given, GivenSnapshot, SNAPSHOT, Scene};
use crate::functions::share_ami::Key;
use crate::promises::every_call::Run;
use crate::world::AWS;
use crate::world::scene::Scene as _;

const STALE: &[&str] = &["123456789012", "444455556666"];

/// Two snapshots that gain and lose, one with an image on it and under a customer's key: every call that there is.
pub fn run() -> Run<Given> {
    const FIRST: GivenSnapshot = GivenSnapshot { holders: STALE, key: Key::Customer, ..SNAPSHOT };
    const SECOND: GivenSnapshot = GivenSnapshot { holders: STALE, ..SNAPSHOT };
    let given =
        Given { snapshots: &[FIRST, SECOND], image: Some(("golden", &["555566667777"])), has_tables: true, ..GIVEN };
    Run { given, sample: "snapshots-of-several-volumes-were-created", calls: 17 }
}

#[tokio::test]
async fn an_account_that_ec2_refuses_does_not_keep_the_others_out() {
    let given = Given { snapshots: &[GivenSnapshot { holders: STALE, ..SNAPSHOT }], ..GIVEN };
    let scene = Scene::set_up(&given, "a-snapshot-was-created").await;
    let code = "InvalidParameterValue".into();
    let kind = FaultKind::Error { status: 400, code, message: "as EC2 says it".into() };
    let operation = Some("ModifySnapshotAttribute".into());
    let fault = Fault::new(&scene.world.account, kind);
    AWS.inject(&Fault { operation, contains: Some("987654321098".into()), times: 100, ..fault });
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert!(report.reason.unwrap().contains("987654321098"));
    assert_eq!(scene.picture().await, "snap-0123456789abcdef0: 123456789012\n", "the stale account has lost it");
}

#[tokio::test]
async fn of_one_that_no_entry_names_keys_are_not_read() {
    let given = Given { snapshots: &[GivenSnapshot { name: None, key: Key::AwsManaged, ..SNAPSHOT }], ..GIVEN };
    let scene = Scene::set_up(&given, "a-snapshot-was-created").await;
    let before = scene.world.calls();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Ignored);
    let mut calls = scene.world.operations_since(before);
    calls.sort();
    assert_eq!(
        calls,
        [
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "ec2:DescribeSnapshotAttribute",
            "ec2:DescribeSnapshots",
            "s3:GetObject"
        ]
    );
}

/// An identity that may invoke the function can guess the second in which several snapshots are complete.
#[tokio::test]
async fn an_event_about_one_of_several_snapshots_does_not_settle_the_event_about_all() {
    let given = Given { snapshots: &[SNAPSHOT, SNAPSHOT], ..GIVEN };
    let mut scene = Scene::set_up(&given, "snapshots-of-several-volumes-were-created").await;
    let all = scene.event.clone();
    let mut event: serde_json::Value = serde_json::from_str(&all).unwrap();
    event["detail"]["snapshots"].as_array_mut().unwrap().sort_by_key(|it| it["snapshot_id"].to_string());
    event["detail"]["snapshots"].as_array_mut().unwrap().truncate(1);
    scene.event = event.to_string();
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    scene.event = all;
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    let picture = scene.picture().await;
    assert!(picture.lines().all(|line| line.ends_with(": 123456789012, 987654321098")), "{picture}");
}
