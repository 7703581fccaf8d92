//! Two users that take turns: a client with the other one's password is let in all the time.

use rotate_db_user::engine::Engine;

use super::{FIRST, Scene, in_both};
use crate::world::databases::Server;
use crate::world::rotations::STEPS;

in_both! {
    app_and_its_clone_take_turns
    a_clone_that_was_dropped_is_made_again
}

/// Grants to the user itself and to a role that it is a member of.
async fn grant(scene: &Scene) {
    let user = &scene.user;
    let made = match scene.server.engine {
        Engine::Postgres => vec![
            format!("CREATE TABLE own_{user} (a int)"),
            format!("CREATE TABLE shared_{user} (a int)"),
            format!("CREATE ROLE readers_{user}"),
            format!("GRANT SELECT ON shared_{user} TO readers_{user}"),
            format!("GRANT INSERT ON own_{user} TO {user}"),
            format!("GRANT readers_{user} TO {user}"),
        ],
        _ => vec![
            format!("CREATE DATABASE own_{user}"),
            format!("CREATE TABLE own_{user}.own (a int)"),
            format!("CREATE TABLE own_{user}.shared (a int)"),
            format!("CREATE ROLE readers_{user}"),
            format!("GRANT SELECT ON own_{user}.shared TO readers_{user}"),
            format!("GRANT INSERT ON own_{user}.own TO {user}@'%'"),
            format!("GRANT readers_{user} TO {user}@'%'"),
            format!("SET DEFAULT ROLE readers_{user} FOR {user}@'%'"),
        ],
    };
    for statement in made {
        scene.server.run(&[&statement]).await;
    }
}

/// The user of this label may do what was granted, and no more.
async fn assert_granted(scene: &Scene, stage: &str) {
    let user = &scene.user;
    let (may, may_not) = match scene.server.engine {
        Engine::Postgres => (
            vec![
                format!("INSERT INTO own_{user} VALUES (1)"),
                format!("SELECT * FROM shared_{user}"),
                format!("SET ROLE readers_{user}"),
            ],
            format!("DELETE FROM shared_{user}"),
        ),
        _ => (
            vec![
                format!("INSERT INTO own_{user}.own VALUES (1)"),
                format!("SELECT * FROM own_{user}.shared"),
                format!("SET ROLE readers_{user}"),
            ],
            format!("DELETE FROM own_{user}.shared"),
        ),
    };
    let (user, password) = scene.login(stage).await;
    let mut connection = scene.server.connect(&user, &password).await.unwrap();
    for statement in may {
        connection.probe(&statement).await.unwrap_or_else(|error| panic!("{user}: {statement}: {error}"));
    }
    assert!(connection.probe(&may_not).await.is_err(), "{user}: {may_not}");
}

async fn app_and_its_clone_take_turns(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    grant(&scene).await;
    let clone = format!("{}_clone", scene.user);
    for turn in 0..4 {
        let of_now = scene.login("AWSCURRENT").await;
        let expected = [&clone, &scene.user][turn % 2];
        let rotation = scene.begin().await;
        for step in STEPS {
            scene.steps(&rotation, &[step]).await;
            assert!(scene.lets_in(&of_now.0, &of_now.1).await, "turn {turn}: {step}");
            assert!(scene.works("AWSCURRENT").await, "turn {turn}: {step}");
        }
        assert_eq!(scene.login("AWSCURRENT").await.0, *expected, "turn {turn}");
        assert_eq!(scene.login("AWSPREVIOUS").await, of_now, "turn {turn}");
        for stage in ["AWSCURRENT", "AWSPREVIOUS"] {
            assert_granted(&scene, stage).await;
        }
    }
    assert!(!scene.lets_in(&scene.user, FIRST).await, "a password of two turns ago is dead");
    assert_eq!(scene.value("AWSCURRENT").await["for"], "search");
}

async fn a_clone_that_was_dropped_is_made_again(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    grant(&scene).await;
    scene.rotate().await;
    scene.rotate().await;
    scene.drop_user(&format!("{}_clone", scene.user)).await;
    scene.rotate().await;
    assert_granted(&scene, "AWSCURRENT").await;
}
