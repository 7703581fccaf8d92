//! Two runs of `createSecret` at once that know nothing of each other.

use futures_util::future::join;
use reaction::{MemoryLedger, Outcome};

use super::Scene;
use crate::world::now;
use crate::world::oauth2::Style;
use crate::world::rotations::STEPS;

#[tokio::test]
async fn of_two_that_create_at_once_the_loser_takes_back_what_it_made() {
    let mut lost = 0;
    for _ in 0..10 {
        let scene = Scene::new(Style::Overlap).await;
        let rotation = scene.begin().await;
        let event = rotation.event("createSecret");
        let (one, other) = (MemoryLedger::new(now), MemoryLedger::new(now));
        let (one, other) = join(scene.hear_with(&one, &event), scene.hear_with(&other, &event)).await;
        for report in [one, other] {
            assert!(matches!(report.outcome, Outcome::Applied | Outcome::Unchanged), "{report}");
        }
        let old = scene.token("AWSCURRENT").await.unwrap();
        let new = scene.token("AWSPENDING").await.unwrap();
        assert_eq!(scene.server.alive(), [old, new]);
        lost += scene.server.asked().iter().filter(|it| it.was_alive).count();
        for step in &STEPS[1..] {
            let report = scene.step(&rotation, step).await;
            assert_eq!(report.outcome, Outcome::Applied, "{step}: {report}");
            assert!(report.notes.is_empty(), "what was taken back is not told of: {report}");
        }
        scene.assert_served().await;
    }
    assert!(lost > 0, "none of them ever met the other");
}

#[tokio::test]
async fn of_two_that_create_at_once_where_there_is_one_token_both_keep_it() {
    for _ in 0..10 {
        let scene = Scene::new(Style::Single).await;
        let rotation = scene.begin().await;
        let event = rotation.event("createSecret");
        let (one, other) = (MemoryLedger::new(now), MemoryLedger::new(now));
        join(scene.hear_with(&one, &event), scene.hear_with(&other, &event)).await;
        // The run that failed is tried again.
        scene.hear(&event).await;
        assert_eq!(scene.server.alive(), [scene.token("AWSPENDING").await.unwrap()]);
        for step in &STEPS[1..] {
            assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "{step}");
        }
        scene.assert_served().await;
    }
}
