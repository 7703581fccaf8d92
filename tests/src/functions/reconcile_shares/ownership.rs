//! What we granted is ours to take back, and nothing else is.

use reaction::{Mode, Outcome};

use super::{MANIFEST, Scene};
use crate::world::scene::read_sample;

/// The manifest without its entry for images, but with one for others.
fn without_images(scene: &Scene) -> String {
    scene.of_account(MANIFEST).replace("base_linux_v", "windows_v")
}

#[tokio::test]
async fn on_what_no_entry_matches_any_more_only_our_own_grants_are_taken_back() {
    let scene = Scene::new().await;
    // 123456789012 had the image before we came; 987654321098 gets it from us.
    scene.sweep().await;
    assert_eq!(scene.owned(&scene.image).await, "987654321098");
    scene.put_manifest(&without_images(&scene)).await;
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!(scene.launchers(&scene.image).await, "123456789012");
    assert_eq!(scene.volume_makers(&scene.backing).await, "123456789012");
    assert_eq!(scene.owned(&scene.image).await, "no account");
    assert_eq!(scene.launchers(&scene.golden).await, "555566667777", "others' shares are never touched");
    scene.assert_audited().await;
}

#[tokio::test]
async fn the_second_sweep_writes_nothing() {
    let scene = Scene::new().await;
    scene.sweep().await;
    let before = scene.world.calls();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{report}");
    // The claim and its settlement are the ledger's.
    assert_eq!(scene.writes_since(before), ["dynamodb:PutItem", "dynamodb:UpdateItem"]);
}

#[tokio::test]
async fn a_share_that_an_event_made_is_the_sweeps_to_take_back() {
    let scene = Scene::new().await;
    let event = read_sample("share-ami", "an-image-became-available");
    let event = scene.of_account(&event).replace(crate::functions::share_ami::SAMPLE_IMAGE, &scene.image);
    let location = format!("s3://{}/share.json", scene.world.bucket());
    let share_ami = scene.world.share_ami(&location, None, Some(scene.world.grants()));
    let run = crate::world::run_for(std::time::Duration::from_mins(1));
    let heard = reaction::drive_json(&share_ami, &scene.world.ledger(), Mode::Apply, &run, &event).await;
    assert_eq!(heard.outcome, Outcome::Applied, "{heard}");
    assert_eq!(scene.owned(&scene.image).await, "987654321098");
    scene.put_manifest(&without_images(&scene)).await;
    scene.sweep().await;
    assert_eq!(scene.launchers(&scene.image).await, "123456789012");
    scene.assert_audited().await;
}

#[tokio::test]
async fn a_table_of_grants_that_was_lost_takes_no_share_from_anybody() {
    let scene = Scene::new().await;
    scene.sweep().await;
    let before = scene.picture().await;
    scene.world.lose_grants().await;
    scene.put_manifest(&without_images(&scene)).await;
    let report = scene.sweep().await;
    assert_eq!((report.outcome, scene.picture().await), (Outcome::Unchanged, before), "{report}");
}

#[tokio::test]
async fn without_tables_it_makes_the_manifest_true_and_owns_nothing() {
    let scene = Scene::new().await.with("SIGNALBOX_GRANTS_TABLE", "").with("SIGNALBOX_AUDIT_TABLE", "");
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert_eq!(scene.launchers(&scene.image).await, "123456789012, 987654321098");
    scene.put_manifest(&without_images(&scene)).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
}

#[tokio::test]
async fn an_expired_account_loses_its_share_when_its_time_is_over() {
    let scene = Scene::new().await;
    let until = |year: u32| {
        format!(
            r#"{{"ami": {{"base_linux_v": {{"eu-west-1": ["123456789012",
                {{"account": "444455556666", "expires": "{year}-01-01T00:00:00Z"}}]}}}}}}"#
        )
    };
    scene.put_manifest(&until(2190)).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
    scene.put_manifest(&until(2020)).await;
    let report = scene.sweep().await;
    assert_eq!(scene.launchers(&scene.image).await, "123456789012");
    assert_eq!(report.counts["ami"]["expired"], 1);
    let note = "444455556666 had ami-base in eu-west-1 for a time that is over";
    assert!(report.notes.iter().any(|it| scene.tell(it) == note), "{report}");
}

#[tokio::test]
async fn grants_on_what_is_gone_are_forgotten_and_the_audit_says_so() {
    let scene = Scene::new().await;
    scene.sweep().await;
    scene.world.ec2.deregister_image().image_id(&scene.image).send().await.unwrap();
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Applied, "{report}");
    assert!(scene.tell(&report.to_string()).contains("forget ami-base in eu-west-1, which is gone"), "{report}");
    assert_eq!(scene.owned(&scene.image).await, "no account");
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
    // The section that was about nothing but that may go, too.
    scene
        .put_manifest(
            &MANIFEST.replace(r#""ami": {"base_linux_v": {"eu-west-1": ["123456789012", "987654321098"]}},"#, ""),
        )
        .await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Unchanged);
}
