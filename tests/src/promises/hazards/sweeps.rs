//! What only a sweep notices, and what no sweep does.

use aws_sdk_organizations::Client as Organizations;
use aws_sdk_organizations::types::OrganizationFeatureSet;
use reaction::Outcome;
use serde_json::json;

use super::manifest;
use crate::functions::reconcile_shares::{MANIFEST, Scene};
use crate::world::ec2::register;

#[tokio::test]
async fn an_ecr_policy_that_was_wiped_is_made_whole_by_the_sweep() {
    let scene = Scene::new().await;
    let ecr = aws_sdk_ecr::Client::new(scene.world.sessions.config());
    scene.sweep().await;
    let shared = scene.picture().await;
    assert!(shared.contains("repository: SignalboxPull for 123456789012; "), "{shared}");
    ecr.delete_repository_policy().repository_name("base/app").send().await.unwrap();
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.picture().await, shared);
    let theirs = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Stack", "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::555566667777:root"}, "Action": "ecr:BatchGetImage"}]});
    let wiped = ecr.set_repository_policy().repository_name("base/app").policy_text(theirs.to_string());
    wiped.send().await.unwrap();
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    let theirs = "repository: Stack for 555566667777; ";
    assert_eq!(scene.picture().await, shared.replace("repository: ", theirs));
    scene.assert_audited().await;
}

#[tokio::test]
async fn the_second_image_gets_the_same_as_the_first() {
    let scene = Scene::new().await;
    let mut images = vec![scene.image.clone()];
    for version in 2..6 {
        images.push(register(&scene.world.ec2, &format!("base_linux_v{version}"), &[]).await);
    }
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    for image in images {
        assert_eq!(scene.launchers(&image).await, "123456789012, 987654321098");
    }
}

#[tokio::test]
async fn nothing_to_say_never_means_remove_everything() {
    let scene = Scene::new().await;
    let before = scene.picture().await;
    let elsewhere = MANIFEST.replace("eu-west-1", "us-east-1").replace("com-example-111122223333", "com-example-none");
    let silent = ["{}", r#"{"ami": {}, "rds": {}, "s3": {}}"#, r#"{"ami": {"base_linux_v": {}}}"#, &elsewhere];
    for text in silent {
        scene.put_manifest(text).await;
        let report = scene.sweep().await;
        assert_eq!(scene.picture().await, before, "{text}: {report}");
    }
    // Nor of what we shared ourselves.
    scene.put_manifest(MANIFEST).await;
    scene.sweep().await;
    let shared = scene.picture().await;
    for text in ["", "{}", "null", r#"{"ami": {}, "rds": {}, "s3": {}}"#] {
        scene.put_manifest(text).await;
        let report = scene.sweep().await;
        assert_eq!((report.outcome, scene.picture().await), (Outcome::Refused, shared.clone()), "{text}: {report}");
    }
}

#[tokio::test]
async fn a_parameter_holds_4_or_8_kb_so_a_larger_manifest_belongs_in_s3() {
    let scene = Scene::new().await;
    scene.put_manifest(&format!("{MANIFEST}{}", " ".repeat(100_000))).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    let scene = scene.with("SIGNALBOX_MANIFEST", "ssm:/share");
    let report = scene.sweep().await;
    assert_eq!(report.outcome, Outcome::Refused, "{report}");
    let said = "put it (at most 4 KB, or 8 KB as an advanced one; a larger document belongs in S3)";
    assert!(report.reason.as_ref().unwrap().contains(said), "{report}");
}

/// An organization of this account with a unit of one account: the client, the root, the unit, and the account.
pub(super) async fn organize(scene: &Scene) -> (Organizations, String, String, String) {
    let client = Organizations::new(scene.world.sessions.config());
    client.create_organization().feature_set(OrganizationFeatureSet::All).send().await.unwrap();
    let root = client.list_roots().send().await.unwrap().roots.unwrap().remove(0).id.unwrap();
    let unit = client.create_organizational_unit().parent_id(&root).name("unit").send().await.unwrap();
    let unit = unit.organizational_unit.unwrap();
    let account = client.create_account().email("member@example.com").account_name("member").send().await.unwrap();
    let account = account.create_account_status.unwrap().account_id.unwrap();
    let moved = client.move_account().account_id(&account).source_parent_id(&root);
    moved.destination_parent_id(unit.id().unwrap()).send().await.unwrap();
    (client, root, unit.arn.unwrap(), account)
}

#[tokio::test]
async fn a_member_that_came_through_a_unit_leaves_with_it() {
    let scene = Scene::new().await;
    let (client, root, arn, member) = organize(&scene).await;
    let unit = arn.rsplit('/').next().unwrap();
    let ours = format!("\"{arn}\", \"987654321098\"");
    let text = manifest("ebs", &[("volume_v", &ours)]).replacen('{', r#"{"rds": {"base-db-v": {"eu-west-1": ["#, 1);
    let text = text.replacen(r#""ebs""#, &format!(r#"{ours}]}}}}, "ebs""#), 1);
    scene.put_manifest(&text).await;
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    let both = crate::world::scene::sorted(vec![member.clone(), "987654321098".into()]);
    assert_eq!(scene.volume_makers(&scene.volume).await, both);
    assert!(scene.picture().await.contains(&format!("base-db-v1: {both}\n")));
    let moved = client.move_account().account_id(&member).source_parent_id(unit);
    moved.destination_parent_id(&root).send().await.unwrap();
    assert_eq!(scene.sweep().await.outcome, Outcome::Applied);
    assert_eq!(scene.volume_makers(&scene.volume).await, "987654321098");
    assert!(scene.picture().await.contains("base-db-v1: 987654321098\n"));
    scene.assert_audited().await;
}
