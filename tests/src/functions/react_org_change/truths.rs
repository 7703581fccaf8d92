//! Only Organizations says where an account is: events that come late, twice, out of order or made up lead to the same end.

use local_aws::{Fault, FaultKind};
use reaction::{Mode, Outcome};

use super::{Given, MANIFEST, Scene};
use crate::world::AWS;
use crate::world::scene::Scene as _;

const IN: &str = "an-account-was-moved";
const OUT: &str = "an-account-was-moved-out-of-the-unit";

/// What was written since the first calls, beside the ledger.
fn writes_since(scene: &Scene, before: usize) -> Vec<String> {
    let of_the_ledger = ["dynamodb:PutItem", "dynamodb:UpdateItem"];
    let mut writes = scene.hub.writes_since(before);
    writes.retain(|it| !of_the_ledger.contains(&it.as_str()));
    writes
}

#[tokio::test]
async fn there_and_back_ends_where_it_began_in_whatever_order_the_events_come() {
    for order in [[OUT, IN], [IN, OUT]] {
        let scene = Scene::new().await;
        let before = scene.picture().await;
        scene.move_member(false).await;
        scene.move_member(true).await;
        let begun = scene.world().calls();
        for sample in order {
            assert_eq!(scene.hear_sample(sample).await.outcome, Outcome::Unchanged);
        }
        assert_eq!(writes_since(&scene, begun), [] as [&str; 0], "{order:?}");
        assert_eq!(scene.picture().await, before, "{order:?}");
    }
}

#[tokio::test]
async fn an_event_that_comes_twice_finds_nothing_left_and_one_that_comes_late_sees_what_is_so_now() {
    let scene = Scene::new().await;
    let whole = scene.picture().await;
    scene.move_member(false).await;
    assert_eq!(scene.hear_sample(OUT).await.outcome, Outcome::Applied);
    let (parted, begun) = (scene.picture().await, scene.world().calls());
    assert_eq!(scene.hear_sample(OUT).await.outcome, Outcome::Unchanged);
    // Made up, or of long ago: the account is not in the unit.
    assert_eq!(scene.hear_sample(IN).await.outcome, Outcome::Unchanged);
    assert_eq!(writes_since(&scene, begun), [] as [&str; 0]);
    assert_eq!(scene.picture().await, parted);
    scene.move_member(true).await;
    assert_eq!(scene.hear_sample(OUT).await.outcome, Outcome::Applied, "whatever the event says that happened");
    assert_eq!(scene.picture().await, whole);
}

#[tokio::test]
async fn what_organizations_does_not_say_is_a_failure_and_nothing_is_touched() {
    for kind in [FaultKind::Throttle, FaultKind::AccessDenied] {
        let scene = Scene::set_up(&Given::MovedOut, OUT).await;
        let (before, begun) = (scene.picture().await, scene.world().calls());
        let fault = Fault::new(&scene.world().account, kind);
        AWS.inject(&Fault { service: Some("organizations".into()), times: 1_000, ..fault });
        let report = scene.hear(Mode::Apply).await;
        assert_eq!((report.outcome, report.steps.len()), (Outcome::Failed, 0), "{report}");
        assert!(report.reason.unwrap().contains("asking Organizations for the accounts of"));
        assert_eq!(writes_since(&scene, begun), [] as [&str; 0]);
        assert_eq!(scene.picture().await, before);
        AWS.clear_faults(&scene.world().account);
        assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    }
}

#[tokio::test]
async fn half_a_list_of_accounts_takes_nothing_from_anybody() {
    let scene = Scene::new().await;
    let before = scene.picture().await;
    let fault = Fault::new(&scene.world().account, FaultKind::ServerError);
    AWS.inject(&Fault { operation: Some("ListOrganizationalUnitsForParent".into()), times: 1_000, ..fault });
    assert_eq!(scene.hear_sample(OUT).await.outcome, Outcome::Failed);
    assert_eq!(scene.picture().await, before);
}

#[tokio::test]
async fn where_no_entry_names_a_unit_nothing_is_read_but_the_manifest() {
    let scene = Scene::set_up(&Given::MovedOutWithoutUnits, OUT).await;
    let begun = scene.world().calls();
    let report = scene.hear(Mode::Apply).await;
    assert_eq!(report.outcome, Outcome::Ignored, "{report}");
    let asked = scene.world().operations_since(begun);
    assert_eq!(asked, ["dynamodb:PutItem", "s3:GetObject", "dynamodb:UpdateItem"]);
}

#[tokio::test]
async fn what_no_entry_matches_any_more_is_left_to_the_sweep_and_what_is_gone_too() {
    let scene = Scene::new().await;
    let without = MANIFEST.replace("\"volume_v\"", "\"another_v\"").replace("\"alias/base\"", "\"alias/another\"");
    scene.put_manifest(&without.replace(r#""kms": {"alias/another": {"eu-west-1": ["UNIT"]}},"#, "")).await;
    let rds = aws_sdk_rds::Client::new(scene.world().sessions.config());
    rds.delete_db_cluster_snapshot().db_cluster_snapshot_identifier("base-cluster-v1").send().await.unwrap();
    scene.move_member(false).await;
    let report = scene.hear_sample(OUT).await;
    let steps: Vec<_> = report.steps.iter().map(|it| scene.with_sample_ids(&it.step)).collect();
    let expected = ["share base/app in eu-west-1: -222233334444", "share com-example-111122223333: -222233334444"];
    assert_eq!((report.outcome, steps), (Outcome::Applied, expected.map(String::from).to_vec()), "{report}");
}

#[tokio::test]
async fn nothing_is_done_in_the_account_that_the_event_names() {
    let scene = Scene::set_up(&Given::MovedOut, OUT).await;
    let begun = AWS.count(&scene.member);
    assert_eq!(scene.hear(Mode::Apply).await.outcome, Outcome::Applied);
    assert_eq!(AWS.count(&scene.member), begun);
}

#[tokio::test]
async fn the_sweep_finds_nothing_left_to_do() {
    let scene = Scene::set_up(&Given::MovedOut, OUT).await;
    scene.hear(Mode::Apply).await;
    let after = scene.picture().await;
    assert_eq!((scene.hub.sweep().await.outcome, scene.picture().await), (Outcome::Unchanged, after));
}
