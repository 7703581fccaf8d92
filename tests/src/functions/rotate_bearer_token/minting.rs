//! A token that is made and never kept works, and no client has it: it is not made at all, or taken back.

use local_aws::{Fault, FaultKind};
use reaction::{MemoryLedger, Outcome};

use super::Scene;
use crate::world::oauth2::{Ask, Style};
use crate::world::rotations::STEPS;
use crate::world::{AWS, now};

/// How often the server was asked for a token.
fn mints(scene: &Scene) -> usize {
    scene.server.asked().iter().filter(|it| it.ask == Ask::Token).count()
}

/// The next call of this operation that has this text in it is denied.
fn deny(scene: &Scene, operation: &str, contains: &str) {
    let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some(operation.into()), contains: Some(contains.into()), ..denied });
}

/// Also where the run that created it first left no trace in the ledger.
#[tokio::test]
async fn no_second_token_is_minted_when_a_pending_value_exists() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    let event = rotation.event("createSecret");
    assert_eq!(scene.hear(&event).await.outcome, Outcome::Applied);
    let pending = scene.token("AWSPENDING").await;
    for _ in 0..3 {
        assert_eq!(scene.hear(&event).await.outcome, Outcome::Unchanged);
        assert_eq!(scene.hear_with(&MemoryLedger::new(now), &event).await.outcome, Outcome::Unchanged);
    }
    scene.world.lose_ledger().await;
    assert_eq!(scene.hear(&event).await.outcome, Outcome::Unchanged);
    assert_eq!((mints(&scene), scene.server.alive().len()), (1, 2));
    assert_eq!(scene.token("AWSPENDING").await, pending);
}

#[tokio::test]
async fn where_the_intent_cannot_be_written_down_nothing_is_minted() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    let event = rotation.event("createSecret");
    deny(&scene, "UpdateItem", "#open");
    let report = scene.hear_with(&MemoryLedger::new(now), &event).await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert_eq!((mints(&scene), scene.server.alive().len()), (0, 1));
    assert_eq!(scene.hear(&event).await.outcome, Outcome::Applied);
    assert_eq!(mints(&scene), 1);
}

#[tokio::test]
async fn a_token_that_was_minted_and_cannot_be_stored_is_revoked() {
    let scene = Scene::new(Style::Overlap).await;
    let rotation = scene.begin().await;
    deny(&scene, "PutSecretValue", "");
    let report = scene.step(&rotation, "createSecret").await;
    assert_eq!(report.outcome, Outcome::Failed, "{report}");
    assert_eq!(mints(&scene), 1);
    assert_eq!(scene.server.alive(), [scene.token("AWSCURRENT").await.unwrap()], "what was minted is dead");
    for step in STEPS {
        assert_eq!(scene.step(&rotation, step).await.outcome, Outcome::Applied, "{step}");
    }
    scene.assert_served().await;
}
