//! Twice is once: each story again, after the ledger was lost, finds nothing left to do.

use futures_util::{StreamExt, stream};
use reaction::{Mode, Outcome};

use crate::scene::{Scene, Story};
use crate::{emr_dns, react_org_change, reconcile_shares, share_ebs_snapshot, share_rds_snapshot, stories};

/// Tells each story, loses the ledger, and tells it again.
async fn tell_twice<S: Scene>(stories: Vec<Story<S>>) {
    let retold = stream::iter(&stories).map(async |story| {
        let scene = S::set_up(&S::with_tables(&story.given), story.sample).await;
        let first = scene.hear(Mode::Apply).await;
        scene.assert_recorded().await;
        let (picture, calls) = (scene.picture().await, scene.world().calls());
        scene.world().lose_ledger().await;
        let second = scene.hear(Mode::Apply).await;
        let expected = if first.outcome == Outcome::Applied { Outcome::Unchanged } else { first.outcome };
        assert_eq!(second.outcome, expected, "{}: {second}", story.sample);
        let is_change = |it: &String| {
            [":Change", ":Modify", ":Copy", ":TransactWriteItems", "Policy"].iter().any(|call| it.contains(call))
                && !it.contains(":Get")
        };
        let again = scene.world().operations_since(calls).into_iter().find(is_change);
        assert_eq!(again, None, "{}", story.sample);
        assert_eq!(scene.picture().await, picture, "{}", story.sample);
    });
    let told = retold.buffer_unordered(4).collect::<Vec<()>>().await;
    assert_eq!(told.len(), stories.len());
}

#[tokio::test]
async fn every_story_told_again_without_its_ledger_changes_nothing() {
    tell_twice(stories::all()).await;
}

#[tokio::test]
async fn every_story_of_database_snapshots_told_again_without_its_ledger_changes_nothing() {
    tell_twice(share_rds_snapshot::stories::all()).await;
}

#[tokio::test]
async fn every_story_of_ebs_snapshots_told_again_without_its_ledger_changes_nothing() {
    tell_twice(share_ebs_snapshot::stories::all()).await;
}

#[tokio::test]
async fn every_story_of_the_sweep_told_again_without_its_ledger_changes_nothing() {
    tell_twice(reconcile_shares::stories::all()).await;
}

#[tokio::test]
async fn every_story_of_an_organization_told_again_without_its_ledger_changes_nothing() {
    tell_twice(react_org_change::stories::all()).await;
}

#[tokio::test]
async fn every_story_of_names_told_again_without_its_ledger_changes_nothing() {
    tell_twice(emr_dns::all()).await;
}
