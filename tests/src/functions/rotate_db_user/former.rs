//! A former password, which a former reader of the secret knows, is not set again by who may move the labels of the versions.

use super::{Scene, in_both};
use crate::world::databases::Server;
use crate::world::let_time_pass;
use crate::world::rotations::{Rotation, STEPS, secrets_manager};

in_both! {
    a_former_password_is_not_set_again
    a_password_that_became_current_by_its_label_is_not_set_again
    a_clone_that_was_dropped_does_not_get_its_former_password
    a_password_that_was_made_long_ago_is_not_set
}

impl Scene {
    /// Moves a label to the version of a rotation, as who may call `UpdateSecretVersionStage`.
    async fn move_label(&self, label: &str, rotation: &Rotation) {
        let client = secrets_manager(&self.world);
        let secret = client.describe_secret().secret_id(&self.secret).send().await.unwrap();
        let versions = secret.version_ids_to_stages.unwrap_or_default();
        let from = versions.into_iter().find(|(_, labels)| labels.iter().any(|it| it == label)).map(|it| it.0);
        let moved = client.update_secret_version_stage().secret_id(&self.secret).version_stage(label);
        let moved = moved.set_remove_from_version_id(from).move_to_version_id(&rotation.token);
        moved.send().await.unwrap();
    }

    /// After this many rotations it is the turn of the same user again, whose password has changed.
    fn turns(&self) -> usize {
        if self.master.is_some() { 3 } else { 1 }
    }

    /// Moves AWSPENDING to the version of a rotation that is over, and has that set.
    async fn assert_not_set_again(&self, old: &Rotation, former: &(String, String)) {
        assert!(!self.lets_in(&former.0, &former.1).await, "it is a former one");
        self.move_label("AWSPENDING", old).await;
        let said = self.refusal(old, "setSecret").await;
        let expected = format!("was set before and does not log in as {} any more", former.0);
        assert!(said.contains(&expected) && said.contains("take the label from version"), "{said}");
        assert!(!self.lets_in(&former.0, &former.1).await && self.works("AWSCURRENT").await);
    }
}

async fn scenes(server: &'static Server) -> [Scene; 2] {
    [Scene::single(server).await, Scene::alternating(server).await]
}

async fn a_former_password_is_not_set_again(server: &'static Server) {
    for scene in scenes(server).await {
        let old = scene.begin().await;
        scene.steps(&old, &STEPS).await;
        let former = scene.login("AWSCURRENT").await;
        for _ in 0..scene.turns() {
            scene.rotate().await;
        }
        scene.assert_not_set_again(&old, &former).await;
        // What the refusal says is enough.
        old.end_of_test(&scene.world).await;
        scene.rotate().await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

/// No step of Signalbox's has promoted it.
async fn a_password_that_became_current_by_its_label_is_not_set_again(server: &'static Server) {
    for scene in scenes(server).await {
        let old = scene.created().await;
        scene.steps(&old, &["setSecret"]).await;
        scene.move_label("AWSCURRENT", &old).await;
        old.end_of_test(&scene.world).await;
        let former = scene.login("AWSCURRENT").await;
        for _ in 0..scene.turns() {
            scene.rotate().await;
        }
        scene.assert_not_set_again(&old, &former).await;
    }
}

/// Making it anew would give it the password as well.
async fn a_clone_that_was_dropped_does_not_get_its_former_password(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let old = scene.begin().await;
    scene.steps(&old, &STEPS).await;
    let former = scene.login("AWSCURRENT").await;
    for _ in 0..scene.turns() {
        scene.rotate().await;
    }
    scene.drop_user(&former.0).await;
    scene.assert_not_set_again(&old, &former).await;
}

/// The record of what was made lapses, whatever is written of the version meanwhile.
async fn a_password_that_was_made_long_ago_is_not_set(server: &'static Server) {
    for scene in scenes(server).await {
        let rotation = scene.created().await;
        let_time_pass(rotation_steps::RECORDED);
        for _ in 0..2 {
            let said = scene.refusal(&rotation, "setSecret").await;
            assert!(said.contains("Signalbox did not make the value of AWSPENDING"), "{said}");
        }
        assert!(scene.works("AWSCURRENT").await && !scene.works("AWSPENDING").await);
    }
}
