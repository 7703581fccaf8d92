//! The manifest of 2015, unchanged: what the function of that time did to what matched, this one does too, but for what
//! that one did wrong.

use reaction::{Mode, Outcome};

use super::Scene;
use crate::world::ec2::{allow_launch, register};

/// A manifest of that time: overlapping entries, an empty list, no section that it did not know.
const OF_2015: &str = r#"{
    "ami": {"base_linux_v": {"eu-west-1": ["123456789012", "987654321098"]}, "base_": {"eu-west-1": ["555566667777"]},
            "empty_v": {"eu-west-1": []}},
    "s3": {"com-example-111122223333": ["123456789012"]},
    "rds": {"base-db-v": {"eu-west-1": ["123456789012"]}}
}"#;

#[tokio::test]
async fn what_matched_ends_as_it_did_overlapping_entries_aside_which_are_united() {
    let scene = Scene::new().await;
    let empty = register(&scene.world.ec2, "empty_v1", &[]).await;
    allow_launch(&scene.world.ec2, &empty, &["123456789012", "444455556666"], false).await;
    let report = scene.hear(Mode::Apply, OF_2015).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    // Accounts that are not listed lose their share; those that are listed have it.
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 555566667777, 987654321098");
    assert_eq!(scene.launchers(&empty).await, "no account", "an empty list removes every share");
    let shares = scene.picture().await;
    assert!(shares.contains("base-db-v1: 123456789012\n"), "{shares}");
    // The statement of that time is adopted; another writer's, which it would have thrown away, is kept.
    assert!(shares.contains("bucket: Logs for 555566667777; SignalboxRead for 123456789012\n"), "{shares}");
    // What no entry matches is left alone.
    assert!(shares.contains("ami-golden: 555566667777\n"), "{shares}");
}

#[tokio::test]
async fn an_empty_list_of_a_bucket_takes_the_old_statement_away_and_keeps_the_others() {
    let scene = Scene::new().await;
    let report = scene.hear(Mode::Apply, r#"{"s3": {"com-example-111122223333": []}}"#).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.picture().await.contains("bucket: Logs for 555566667777\n"));
}

#[tokio::test]
async fn a_policy_that_held_nothing_else_is_removed() {
    let scene = Scene::new().await;
    scene
        .put_bucket_policy(
            r#"{"Version": "2012-10-17", "Id": "ReadBucketPolicy", "Statement": [{"Sid": "S3ReadAccessToRole", "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": ["s3:List*", "s3:Get*"],
                "Resource": ["arn:aws:s3:::com-example-111122223333", "arn:aws:s3:::com-example-111122223333/*"]}]}"#,
        )
        .await;
    scene.hear(Mode::Apply, r#"{"s3": {"com-example-111122223333": []}}"#).await;
    assert_eq!(scene.bucket_policy().await, None);
}

#[tokio::test]
async fn images_of_others_are_left_alone() {
    let scene = Scene::new().await;
    // The local AWS has a public image of another account, by the name `base_linux_v1`.
    let before = scene.world.calls();
    let report = scene.hear(Mode::Apply, OF_2015).await;
    assert!(!report.to_string().contains("ami-0f0e1a0e0f0e1a0e0"), "{report}");
    let modified = scene.world.operations_since(before).into_iter().filter(|it| it == "ec2:ModifyImageAttribute");
    assert_eq!(modified.count(), 1, "only our own image of that name");
}
