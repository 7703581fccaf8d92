//! A client that logs in all the time with what AWSCURRENT says, through a hundred rotations.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use futures_util::future::join;
use tokio::sync::Notify;

use super::{Scene, in_both};
use crate::world::databases::Server;
use crate::world::rotations::STEPS;

in_both! {
    no_login_is_refused_while_users_take_turns
}

/// As many rotations as there are to be.
const ROTATIONS: usize = 100;

/// What the client came with.
#[derive(Default)]
struct Came {
    /// Each login's user and password.
    with: RefCell<BTreeSet<(String, String)>>,
    /// How many logins there were.
    logins: Cell<usize>,
    /// How many of them ended while a step was under way.
    in_steps: Cell<usize>,
    /// Whether a step is under way.
    is_in_step: Cell<bool>,
    is_over: Cell<bool>,
    /// That there was one more.
    again: Notify,
}

impl Came {
    /// Logs in until it is over.
    async fn always(&self, scene: &Scene) {
        while !self.is_over.get() {
            let (user, password) = scene.login("AWSCURRENT").await;
            let connected = scene.server.connect(&user, &password).await;
            connected.unwrap_or_else(|error| panic!("after {} logins: {error}", self.logins.get()));
            self.logins.set(self.logins.get() + 1);
            self.in_steps.set(self.in_steps.get() + usize::from(self.is_in_step.get()));
            self.with.borrow_mut().insert((user, password));
            self.again.notify_one();
        }
    }

    /// Waits until the client has come with what is current now.
    async fn with_current(&self, scene: &Scene) {
        let current = scene.login("AWSCURRENT").await;
        while !self.with.borrow().contains(&current) {
            self.again.notified().await;
        }
    }
}

/// The next rotation begins when the client came with what the last one made: a rotation and the one after it are days apart, and
/// a client that holds a password of two rotations ago is to be refused.
async fn no_login_is_refused_while_users_take_turns(server: &'static Server) {
    let (scene, came) = (Scene::alternating(server).await, Came::default());
    let rotating = async {
        for _ in 0..ROTATIONS {
            came.with_current(&scene).await;
            let rotation = scene.begin().await;
            for step in STEPS {
                came.is_in_step.set(true);
                scene.steps(&rotation, &[step]).await;
                came.is_in_step.set(false);
            }
        }
        came.with_current(&scene).await;
        came.is_over.set(true);
    };
    join(came.always(&scene), rotating).await;
    let Came { with, logins, in_steps, .. } = came;
    assert_eq!(with.borrow().len(), ROTATIONS + 1, "the client came with every version");
    assert!(in_steps.get() >= ROTATIONS, "{} of {} logins were in steps", in_steps.get(), logins.get());
}
