//! Twice is once: each story again, after the ledger was lost, finds nothing left to do.

use futures_util::{StreamExt, stream};
use reaction::{Mode, Outcome};

use crate::world::scene::{Scene, Story};

/// Tells each story, loses the ledger, and tells it again.
pub async fn tell_twice<S: Scene>(stories: Vec<Story<S>>) {
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
                && ![":Get", ":Validate"].iter().any(|read| it.contains(read))
        };
        let again = scene.world().operations_since(calls).into_iter().find(is_change);
        assert_eq!(again, None, "{}", story.sample);
        assert_eq!(scene.picture().await, picture, "{}", story.sample);
    });
    let told = retold.buffer_unordered(4).collect::<Vec<()>>().await;
    assert_eq!(told.len(), stories.len());
}
