//! One closed account among many in a policy: the others have the share after a handful of writes, and not after one for each.

use local_aws::{Fault, FaultKind};
use sharing::Kind;

use super::{KINDS, Scene};
use crate::world::AWS;

/// So many accounts, as many as a policy of each kind has room for.
fn accounts(kind: Kind) -> Vec<String> {
    let number = if kind == Kind::Repository { 150 } else { 300 };
    (0..number).map(|number| format!("{}", 100_000_000_000_u64 + number)).collect()
}

/// Lets S3 refuse each policy that names this account, as it does: its detail names the account.
fn close_bucket_for(scene: &Scene, account: &str) {
    let kind = FaultKind::BadPrincipal { principal: format!("arn:aws:iam::{account}:root") };
    let fault = Fault::new(&scene.world.account, kind);
    let operation = Some("PutBucketPolicy".into());
    AWS.inject(&Fault { operation, contains: Some(account.into()), times: 1_000, ..fault });
}

/// Asserts that all of these are admitted but one, after so many writes at most.
async fn assert_admitted(scene: &Scene, before: &[&str], after: &[&str], closed: &str, most: usize) {
    let calls = scene.world.calls();
    let effect = scene.change(before, after).await.unwrap();
    let refused = effect.refused.unwrap().to_string();
    assert!(refused.starts_with(&format!("AWS does not accept {closed} (")), "{refused}");
    let writes = scene.writes_since(calls);
    assert!(writes <= most, "{} took {writes} writes", scene.resource.kind);
    let policy = scene.policy_text().await.unwrap();
    for account in after {
        assert_eq!(policy.contains(&format!("{account}:root")), *account != closed, "{account}");
    }
}

#[tokio::test]
async fn one_closed_account_of_many_costs_some_20_writes() {
    for kind in KINDS {
        let scene = Scene::of(kind).await;
        let accounts = accounts(kind);
        let all: Vec<_> = accounts.iter().map(String::as_str).collect();
        let closed = all[all.len() / 2];
        scene.close_account(closed);
        assert_admitted(&scene, &[], &all, closed, 20).await;
    }
}

#[tokio::test]
async fn one_closed_account_of_300_costs_a_bucket_four_writes_since_s3_names_it() {
    let scene = Scene::of(Kind::Bucket).await;
    let accounts = accounts(Kind::Bucket);
    let all: Vec<_> = accounts.iter().map(String::as_str).collect();
    close_bucket_for(&scene, "100000000050");
    assert_admitted(&scene, &[], &all, "100000000050", 4).await;
}

#[tokio::test]
async fn one_of_300_that_is_closed_later_is_found_at_once_since_s3_names_it() {
    let scene = Scene::of(Kind::Bucket).await;
    let accounts = accounts(Kind::Bucket);
    let mut all: Vec<_> = accounts.iter().map(String::as_str).collect();
    assert!(scene.change(&[], &all).await.unwrap().refused.is_none());
    close_bucket_for(&scene, "100000000050");
    let before = all.clone();
    all.push("333344445555");
    assert_admitted(&scene, &before, &all, "100000000050", 4).await;
}
