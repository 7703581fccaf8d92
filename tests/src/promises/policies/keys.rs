//! Which key a manifest means.

use sharing::{Kind, Resource};
use sharing_policies::Keys;

use super::{Scene, account, region};

/// What is said of the key that has this name.
async fn said_of(scene: &Scene, name: &str) -> String {
    let keys = Keys::new(scene.world.sessions.clone());
    match keys.find(name, &account(&scene.world), &region()).await {
        Ok(None) => "no such key".into(),
        Ok(Some(key)) if key.resource != scene.resource => "another key".into(),
        Ok(Some(key)) => key.note.unwrap_or_else(|| "found".into()),
        Err(error) if error.is_refused() => format!("refused: {error}"),
        Err(error) => format!("failed: {error}"),
    }
}

#[tokio::test]
async fn a_key_is_found_by_id_arn_and_alias() {
    let scene = Scene::of(Kind::Key).await;
    let kms = aws_sdk_kms::Client::new(scene.world.sessions.config());
    kms.create_alias().alias_name("alias/base").target_key_id(&scene.resource.id).send().await.unwrap();
    for name in [&scene.resource.id, &scene.resource.arn(), "alias/base"] {
        assert_eq!(said_of(&scene, name).await, "found", "{name}");
    }
    assert_eq!(said_of(&scene, "alias/nothing").await, "no such key");
}

#[tokio::test]
async fn a_key_that_is_disabled_is_noted() {
    let scene = Scene::of(Kind::Key).await;
    let kms = aws_sdk_kms::Client::new(scene.world.sessions.config());
    kms.disable_key().key_id(&scene.resource.id).send().await.unwrap();
    let note = said_of(&scene, &scene.resource.id).await;
    assert!(note.ends_with("is Disabled, so nobody can use it"), "{note}");
}

#[tokio::test]
async fn aws_own_key_cannot_be_shared() {
    let scene = Scene::of(Kind::Key).await;
    let said = said_of(&scene, "alias/aws/ebs").await;
    assert!(said.starts_with("refused: key alias/aws/ebs in eu-west-1 is AWS's own"), "{said}");
}

#[tokio::test]
async fn a_key_of_another_account_is_not_ours() {
    let scene = Scene::of(Kind::Key).await;
    let theirs = Resource { account: "999988887777".parse().unwrap(), ..scene.resource.clone() };
    let said = said_of(&scene, &theirs.arn()).await;
    assert!(said.starts_with("refused: key") && said.ends_with("is not ours, but of account 999988887777"), "{said}");
}

#[tokio::test]
async fn a_key_of_another_region_is_refused() {
    let scene = Scene::of(Kind::Key).await;
    let far = scene.resource.arn().replace("eu-west-1", "eu-central-1");
    let said = said_of(&scene, &far).await;
    assert!(said.ends_with("lies in eu-central-1; name it there"), "{said}");
}
