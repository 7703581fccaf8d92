//! A snapshot has one record, however an event spells its name: RDS takes names in any case, and ARNs in their place.

use reaction::{Mode, Outcome};
use sharing::{Kind, Resource};

use super::{DATABASE, GIVEN, Given, Scene};
use crate::world::REGION;
use crate::world::scene::Scene as _;

const GIVEN_WITH_TABLES: Given = Given { has_tables: true, ..GIVEN };

/// How many items of the audit there are about the snapshot of this name.
async fn audited(scene: &Scene, name: &str) -> usize {
    let (account, region) = (scene.world.account.parse().unwrap(), REGION.parse().unwrap());
    let resource = Resource::new(Kind::DbSnapshot, &account, &region, name);
    scene.grants().unwrap().history(&resource).await.unwrap().len()
}

#[tokio::test]
async fn a_name_in_capitals_is_recorded_as_rds_keeps_it() {
    let mut scene = Scene::set_up(&GIVEN_WITH_TABLES, "a-snapshot-was-created").await;
    let usual = scene.event.clone();
    scene.event = usual.replace(DATABASE, &DATABASE.to_ascii_uppercase());
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!(scene.picture().await, "base-db-v1: 123456789012, 987654321098\n");
    let recorded = (audited(&scene, DATABASE).await, audited(&scene, &DATABASE.to_ascii_uppercase()).await);
    assert_eq!(recorded, (2, 0), "what is begun and what is done, of the one snapshot");
    scene.event = usual;
    let report = scene.hear(Mode::Apply).await;
    assert_ne!(report.outcome, Outcome::Applied, "it is the same occurrence: {report}");
}

#[tokio::test]
async fn an_arn_is_no_name() {
    let mut scene = Scene::set_up(&GIVEN_WITH_TABLES, "a-snapshot-was-created").await;
    let arn = format!("arn:aws:rds:{REGION}:{}:snapshot:{DATABASE}", scene.world.account);
    let mut event: serde_json::Value = serde_json::from_str(&scene.event).unwrap();
    event["detail"]["SourceIdentifier"] = arn.clone().into();
    event["detail"]["SourceArn"].take();
    scene.event = event.to_string();
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    assert_eq!(scene.picture().await, "base-db-v1: no account\n");
    assert_eq!(audited(&scene, &arn).await, 0);
}
