//! One closed account among many: the others have what is shared after a handful of requests, and not after one for each.

use std::fmt::Write;

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};

use crate::functions::reconcile_shares::Scene as Account;
use crate::functions::share_ami::{GIVEN, Given, GivenImage, IMAGE, Scene};
use crate::functions::share_rds_snapshot;
use crate::world::AWS;
use crate::world::scene::Scene as _;

const CLOSED: &str = "100000000050";

/// These accounts, as a manifest lists them.
fn accounts(number: usize) -> String {
    let mut text = String::new();
    for account in 0..number {
        write!(text, "{}\"{}\"", if account == 0 { "" } else { ", " }, 100_000_000_000 + account as u64).unwrap();
    }
    text
}

/// Lets a service refuse each request that contains the closed account.
fn close(account: &str, operation: &str, closed: &str, code: &str, message: &str) {
    let kind = FaultKind::Error { status: 400, code: code.into(), message: message.into() };
    let fault = Fault::new(account, kind);
    AWS.inject(&Fault { operation: Some(operation.into()), contains: Some(closed.into()), times: 1_000, ..fault });
}

/// How often each operation was asked for since the first `skipped` calls.
fn count_of(account: &str, operation: &str, skipped: usize) -> usize {
    AWS.calls_since(account, skipped).into_iter().filter(|call| call.operation == operation).count()
}

/// An image with two snapshots for 300 accounts, one of which is closed: what EC2 says of it, and how many requests each of the
/// three may take.
async fn assert_image_shared(said_of_image: &str, said_of_snapshots: &str, most: usize) {
    let manifest = format!(r#"{{"ami": {{"base_linux_v": {{"eu-west-1": [{}]}}}}}}"#, accounts(300)).leak();
    let image = GivenImage { snapshots: &[&[], &[]], ..IMAGE };
    let given = Given { image: Some(image), manifest: Some(manifest), ..GIVEN };
    let scene = Scene::set_up(&given, "an-image-became-available").await;
    let account = &scene.world.account;
    close(account, "ModifyImageAttribute", CLOSED, "InvalidAMIAttributeItemValue", said_of_image);
    close(account, "ModifySnapshotAttribute", CLOSED, "InvalidParameterValue", said_of_snapshots);
    let before = scene.world.calls();
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{:?}", report.reason);
    let reason = report.reason.unwrap();
    assert!(
        reason.starts_with(&format!("EC2 does not accept {CLOSED} (")) && !reason.contains("100000000051"),
        "{reason}"
    );
    for line in scene.picture().await.lines() {
        let (what, who) = line.split_once(": ").unwrap();
        let who: Vec<_> = who.split(", ").collect();
        assert_eq!((who.len(), who.contains(&CLOSED)), (299, false), "{what}");
    }
    let snapshots = count_of(account, "ModifySnapshotAttribute", before);
    assert!(snapshots <= 2 * most, "{snapshots} requests for two snapshots");
    // The first was on its way beside the snapshots' own; who cannot have a snapshot is not asked for again.
    assert_eq!(count_of(account, "ModifyImageAttribute", before), 2);
}

#[tokio::test]
async fn one_closed_account_of_300_costs_an_image_some_20_requests_for_each_thing() {
    assert_image_shared("An account is not valid.", "An account is not valid.", 20).await;
}

#[tokio::test]
async fn one_closed_account_of_300_costs_three_requests_where_ec2_names_it() {
    let named = format!("Invalid attribute item value \"{CLOSED}\" for userId item type.");
    assert_image_shared(&named, &named, 3).await;
}

/// The sweep, whose image has no snapshot that could tell of the closed account first.
#[tokio::test]
async fn the_sweep_halves_the_accounts_of_an_image_too() {
    let scene = Account::new().await;
    let account = &scene.world.account;
    scene.put_manifest(&format!(r#"{{"ami": {{"golden_v": {{"eu-west-1": [{}]}}}}}}"#, accounts(300))).await;
    close(account, "ModifyImageAttribute", CLOSED, "InvalidAMIAttributeItemValue", "An account is not valid.");
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{:?}", report.reason);
    let requests = count_of(account, "ModifyImageAttribute", before);
    assert!((10..=20).contains(&requests), "{requests} requests");
    let launchers = scene.launchers(&scene.golden).await;
    let who: Vec<_> = launchers.split(", ").collect();
    assert_eq!(
        (who.len(), who.contains(&CLOSED), who.contains(&"555566667777")),
        (299, false, false),
        "the stale account has lost it"
    );
    scene.assert_audited().await;
}

#[tokio::test]
async fn one_closed_account_of_20_costs_a_database_snapshot_a_few_requests() {
    let manifest = format!(r#"{{"rds": {{"base-db-v": {{"eu-west-1": [{}]}}}}}}"#, accounts(20)).leak();
    for (said, most) in [("An account is not valid.", 9), ("Invalid account 100000000013.", 3)] {
        let given = share_rds_snapshot::Given { manifest, holders: &["444455556666"], ..share_rds_snapshot::GIVEN };
        let scene = share_rds_snapshot::Scene::set_up(&given, "a-snapshot-was-created").await;
        let account = &scene.world().account;
        close(account, "ModifyDBSnapshotAttribute", "100000000013", "InvalidParameterValue", said);
        let before = scene.world().calls();
        let report = scene.hear(Mode::Apply).await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        let requests = count_of(account, "ModifyDBSnapshotAttribute", before);
        assert!(requests <= most, "{requests} requests");
        let picture = scene.picture().await;
        let is_right = picture.matches("1000000000").count() == 19 && !picture.contains("100000000013");
        assert!(is_right && !picture.contains("444455556666"), "{picture}");
    }
}
