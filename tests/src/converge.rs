//! Twice is once: each story again, after the ledger was lost, finds nothing left to do.

use futures_util::{StreamExt, stream};
use reaction::{Mode, Outcome};

use crate::share_ami::{Given, Scene};
use crate::stories;

#[tokio::test]
async fn every_story_told_again_without_its_ledger_changes_nothing() {
    let stories = stories::all();
    let retold = stream::iter(&stories).map(async |story| {
        let given = Given { has_tables: true, ..story.given.clone() };
        let scene = Scene::set_up(&given, story.sample).await;
        let first = scene.hear(Mode::Apply).await;
        scene.assert_recorded().await;
        let (shares, calls) = (scene.shares().await, scene.world.calls());
        scene.world.lose_ledger().await;
        let second = scene.hear(Mode::Apply).await;
        let expected = if first.outcome == Outcome::Applied { Outcome::Unchanged } else { first.outcome };
        assert_eq!(second.outcome, expected, "{}: {second}", story.sample);
        let changes = |it: &String| it.starts_with("ec2:Modify") || it == "dynamodb:TransactWriteItems";
        let modified = scene.world.operations_since(calls).into_iter().find(changes);
        assert_eq!(modified, None, "{}", story.sample);
        assert_eq!(scene.shares().await, shares, "{}", story.sample);
    });
    let told = retold.buffer_unordered(4).collect::<Vec<()>>().await;
    assert_eq!(told.len(), stories.len());
}
