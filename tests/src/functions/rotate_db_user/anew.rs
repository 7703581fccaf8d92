//! A user that another hand dropped and made anew is not taken for the former one of its name: the database is asked.

use super::{Scene, in_both};
use crate::world::databases::Server;
use crate::world::rotations::STEPS;

in_both! {
    a_clone_that_another_hand_made_anew_is_left_alone
    a_clone_that_was_gone_once_leaves_no_record_behind
    an_original_that_another_hand_made_anew_is_left_alone
}

const STRANGE: &str = "of-another-team-1";

const ANEW: &str = "is not as Signalbox left it: another hand dropped it and made it anew";

impl Scene {
    /// Has another team drop a user, and make one of that name for another purpose.
    async fn make_anew(&self, user: &str) {
        self.drop_user(user).await;
        self.server.create_user(user, STRANGE).await;
    }

    /// The turn of a user that is none of the secret's: nothing of it is changed.
    async fn assert_left_alone(&self, user: &str) -> crate::world::rotations::Rotation {
        let rotation = self.created().await;
        let said = self.refusal(&rotation, "setSecret").await;
        assert!(said.contains(&format!("{user} in ")) && said.contains(ANEW), "{said}");
        assert!(self.lets_in(user, STRANGE).await && self.works("AWSCURRENT").await && !self.works("AWSPENDING").await);
        rotation
    }
}

async fn a_clone_that_another_hand_made_anew_is_left_alone(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let clone = format!("{}_clone", scene.user);
    scene.rotate().await;
    scene.rotate().await;
    scene.make_anew(&clone).await;
    let rotation = scene.assert_left_alone(&clone).await;
    // What it says is enough.
    scene.drop_user(&clone).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
}

/// It is found gone, and before the turn that makes it again goes on, another hand makes one.
async fn a_clone_that_was_gone_once_leaves_no_record_behind(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let clone = format!("{}_clone", scene.user);
    scene.rotate().await;
    scene.rotate().await;
    scene.drop_user(&clone).await;
    scene.rotate().await;
    scene.rotate().await;
    scene.make_anew(&clone).await;
    let rotation = scene.assert_left_alone(&clone).await;
    rotation.end_of_test(&scene.world).await;
    scene.assert_left_alone(&clone).await;
}

async fn an_original_that_another_hand_made_anew_is_left_alone(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    scene.rotate().await;
    scene.make_anew(&scene.user).await;
    let rotation = scene.assert_left_alone(&scene.user).await;
    // What it says is enough, where it is the secret's own all the same.
    scene.set_by_hand(&scene.login("AWSPREVIOUS").await.1).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
}
