//! A user that another hand dropped and made anew is not taken for the former one of its name: the database is asked.

use futures_util::future::join;
use local_aws::{Fault, FaultKind};
use reaction::Outcome;
use rotate_db_user::engine::Engine;

use super::{Scene, in_both, value_of};
use crate::world::databases::wire::Wire;
use crate::world::databases::{POSTGRES, Server};
use crate::world::rotations::{STEPS, make_secret};
use crate::world::{AWS, ROTATIONS};

in_both! {
    a_clone_that_another_hand_made_anew_is_left_alone
    a_clone_that_was_gone_once_leaves_no_record_behind
    an_original_that_another_hand_made_anew_is_left_alone
    an_original_is_looked_at_where_the_clone_is_gone
    a_turn_that_fails_leaves_no_clone_in_the_making
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

/// A login as the clone proves the turn, and at any moment after that an administrator drops the clone. The original is another
/// person's by then.
async fn an_original_is_looked_at_where_the_clone_is_gone(server: &'static Server) {
    let mut seen = 0;
    for nth in (1..).step_by(3) {
        let wire = Wire::lay(server).await;
        let scene = Scene::at(server, wire.port, true).await;
        scene.rotate().await;
        scene.make_anew(&scene.user).await;
        let (rotation, clone) = (scene.created().await, format!("{}_clone", scene.user));
        let (came, go_on) = wire.hold(nth);
        let dropping = async {
            let is_held = came.await.is_ok();
            if is_held {
                scene.drop_user(&clone).await;
                go_on.send(()).unwrap();
            }
            is_held
        };
        let step = async {
            let report = scene.step(&rotation, "setSecret").await;
            // What was not reached is not held any more.
            wire.mend();
            report
        };
        let (report, is_held) = join(step, dropping).await;
        assert!(matches!(report.outcome, Outcome::Refused | Outcome::Failed), "held at message {nth}: {report}");
        assert!(
            scene.lets_in(&scene.user, STRANGE).await,
            "held at message {nth}: the stranger is locked out: {report}"
        );
        if !is_held {
            assert!(seen > 0, "the clone was gone, and the original was looked at");
            return;
        }
        seen += usize::from(report.to_string().contains(&format!("{} in ", scene.user)));
    }
}

/// The master may not make users.
async fn a_turn_that_fails_leaves_no_clone_in_the_making(server: &'static Server) {
    let mut scene = Scene::alternating(server).await;
    let weak = format!("weak_{}", scene.user);
    server.create_user(&weak, "of-the-weak-one-1").await;
    let more = match server.engine {
        Engine::Postgres => format!("ALTER ROLE {weak} SUPERUSER"),
        _ => {
            server.run(&[&format!("GRANT SELECT ON mysql.* TO {weak}@'%'")]).await;
            server.run(&[&format!("GRANT PROCESS ON *.* TO {weak}@'%'")]).await;
            format!("GRANT ALL ON *.* TO {weak}@'%' WITH GRANT OPTION")
        }
    };
    let master = make_secret(&scene.world, "app/weak", &value_of(server, &weak, "of-the-weak-one-1")).await;
    scene.bind(&master);
    let mut value = scene.value("AWSCURRENT").await;
    value["masterarn"] = master.as_str().into();
    scene.put(&scene.secret, &value.to_string()).await;
    let rotation = scene.created().await;
    let said = scene.failure(&rotation, "setSecret").await;
    assert!(said.contains(&format!("making {}_clone like {}", scene.user, scene.user)), "{said}");
    let items = scene.world.dynamodb.scan().table_name(ROTATIONS).send().await.unwrap();
    // PostgreSQL makes a clone whole or not at all, so that nothing has to be written down before.
    let item = items.items().iter().find(|it| it.contains_key("marks"));
    assert_eq!(item.is_some(), server.engine != Engine::Postgres, "the turn wrote down how the users are");
    assert!(!item.is_some_and(|it| it.contains_key("making")), "{item:?}");
    // With what the message asks for the turn goes on.
    server.run(&[&more]).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
}

/// Who may make roles in PostgreSQL 16 and later has no power over the roles of others, and may become each role that they made. At any
/// moment of the turn that makes the clone they make a role of its name.
#[tokio::test]
async fn a_role_that_appears_during_a_turn_is_not_taken_for_the_clone() {
    let mut appeared = 0;
    for nth in (1..).step_by(2) {
        let wire = Wire::lay(&POSTGRES).await;
        let scene = Scene::at(&POSTGRES, wire.port, true).await;
        let (rotation, clone) = (scene.created().await, format!("{}_clone", scene.user));
        let mut stranger = POSTGRES.master().await;
        let make = format!("SET lock_timeout = '50ms'; CREATE ROLE {clone} LOGIN PASSWORD '{STRANGE}'");
        let (came, go_on) = wire.hold(nth);
        let appearing = async {
            let is_held = came.await.is_ok();
            // Where the turn has made it, the stranger does not.
            let is_strange = is_held && stranger.probe(&make).await.is_ok();
            _ = go_on.send(());
            (is_held, is_strange)
        };
        let step = async {
            let report = scene.step(&rotation, "setSecret").await;
            wire.mend();
            report
        };
        let (report, (is_held, is_strange)) = join(step, appearing).await;
        if is_strange {
            appeared += 1;
            let again = scene.step(&rotation, "setSecret").await;
            let told = format!("held at message {nth}: {report}\n{again}");
            assert_eq!(again.outcome, Outcome::Refused, "{told}");
            assert!(scene.lets_in(&clone, STRANGE).await, "{told}");
            let is_alone = "SELECT 1 / (count(*) = 0)::int FROM pg_auth_members WHERE member = ";
            stranger.probe(&format!("{is_alone}'{clone}'::regrole")).await.unwrap_or_else(|_| panic!("{told}"));
            // What it says is enough.
            scene.drop_user(&clone).await;
            scene.steps(&rotation, &STEPS[1..]).await;
        }
        if !is_held {
            assert!(appeared > 5, "the role appeared at moments of the turn: {appeared}");
            return;
        }
    }
}

/// An administrator has dropped the clone that is current, and the run that makes it anew ends before it can write that down.
#[tokio::test]
async fn a_clone_of_which_a_run_could_not_tell_is_known_again() {
    let scene = Scene::alternating(&POSTGRES).await;
    scene.rotate().await;
    for clone_is_current in [true, false] {
        let clone = format!("{}_clone", scene.user);
        assert_eq!(scene.login("AWSCURRENT").await.0 == clone, clone_is_current);
        scene.drop_user(&clone).await;
        if clone_is_current {
            // The turn is proved by the original.
            let login = scene.login("AWSPREVIOUS").await;
            assert!(scene.lets_in(&login.0, &login.1).await);
        }
        let rotation = scene.created().await;
        deny_records_of_users(&scene);
        assert_eq!(scene.step(&rotation, "setSecret").await.outcome, Outcome::Failed);
        AWS.clear_faults(&scene.world.account);
        let there = POSTGRES.master().await.marks_of([&clone, &clone]).await.unwrap();
        assert!(there.contains_key(&clone), "it was made");
        scene.steps(&rotation, &STEPS[1..]).await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

fn deny_records_of_users(scene: &Scene) {
    let denied = Fault::new(&scene.world.account, FaultKind::AccessDenied);
    AWS.inject(&Fault { operation: Some("UpdateItem".into()), contains: Some("#marks".into()), ..denied });
}
