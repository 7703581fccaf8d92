//! TLS in the steps: a server without a certificate gets no password, and what is not known costs no attempt.

use rotate_db_user::engine::{Engine, Trust};
use rotation::Attempts;

use super::{FIRST, Scene, in_both, value_of};
use crate::world::databases::{MASTER, MASTER_PASSWORD, Server};
use crate::world::rotations::{STEPS, make_secret};

in_both! {
    a_server_that_is_not_to_be_trusted_gets_nothing
    a_server_that_is_not_to_be_trusted_any_more_locks_nobody_out
    a_server_that_does_not_answer_costs_no_attempt
    a_secret_may_say_that_there_is_no_tls
    two_users_take_turns_without_tls_where_both_secrets_say_so
}

async fn a_server_that_is_not_to_be_trusted_gets_nothing(server: &'static Server) {
    for mut scene in [Scene::single(server).await, Scene::alternating(server).await] {
        let rotation = scene.created().await;
        scene.set(|it| it.trust = Trust::System);
        let said = scene.failure(&rotation, "setSecret").await;
        assert!(said.contains("there is no TLS that we may trust; see SIGNALBOX_CA_BUNDLE"), "{said}");
        assert!(scene.works("AWSCURRENT").await && !scene.works("AWSPENDING").await);
    }
}

/// The password was set when the server got another certificate: given up now, no one would know it.
async fn a_server_that_is_not_to_be_trusted_any_more_locks_nobody_out(server: &'static Server) {
    let mut scene = Scene::single(server).await;
    let rotation = scene.created().await;
    scene.steps(&rotation, &["setSecret"]).await;
    scene.set(|it| it.trust = Trust::System);
    for _ in 0..=Attempts::MOST {
        scene.failure(&rotation, "testSecret").await;
    }
    scene.set(|_| ());
    scene.steps(&rotation, &STEPS[2..]).await;
    assert!(scene.works("AWSCURRENT").await);
}

async fn a_server_that_does_not_answer_costs_no_attempt(server: &'static Server) {
    let scene = Scene::single(server).await;
    let good = scene.value("AWSCURRENT").await;
    // No server listens at port 1.
    let mut value = good.clone();
    value["port"] = 1.into();
    scene.put(&scene.secret, &value.to_string()).await;
    let rotation = scene.created().await;
    for _ in 0..=Attempts::MOST {
        let said = scene.failure(&rotation, "setSecret").await;
        assert!(said.contains("it does not answer"), "{said}");
    }
    assert!(scene.stages().await.contains("AWSPENDING"));
}

/// Lets the user come without TLS.
async fn let_in_plainly(scene: &Scene, user: &str) {
    let statement = match scene.server.engine {
        Engine::Postgres => format!("GRANT plain TO {user}"),
        _ => format!("ALTER USER {user}@'%' REQUIRE NONE"),
    };
    scene.server.run(&[&statement]).await;
}

async fn a_secret_may_say_that_there_is_no_tls(server: &'static Server) {
    let mut scene = Scene::single(server).await;
    let_in_plainly(&scene, &scene.user).await;
    let mut value = scene.value("AWSCURRENT").await;
    value["ssl"] = false.into();
    scene.put(&scene.secret, &value.to_string()).await;
    scene.set(|it| it.trust = Trust::Bundle(Vec::new()));
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await);
    assert_eq!(scene.value("AWSCURRENT").await["ssl"], false);
}

async fn two_users_take_turns_without_tls_where_both_secrets_say_so(server: &'static Server) {
    let mut scene = Scene::alternating(server).await;
    let_in_plainly(&scene, &scene.user).await;
    let administrator = format!("admin_of_{}", scene.user);
    server.create_user(&administrator, FIRST).await;
    let_in_plainly(&scene, &administrator).await;
    let power = match server.engine {
        Engine::Postgres => format!("ALTER ROLE {administrator} SUPERUSER"),
        _ => format!("GRANT ALL ON *.* TO {administrator}@'%' WITH GRANT OPTION"),
    };
    server.run(&[&power]).await;
    let mut master = value_of(server, &administrator, FIRST);
    master["ssl"] = false.into();
    let mut value = scene.value("AWSCURRENT").await;
    value["ssl"] = "false".into();
    let master = make_secret(&scene.world, "app/plain-master", &master).await;
    value["masterarn"] = master.as_str().into();
    scene.put(&scene.secret, &value.to_string()).await;
    scene.bind(&master);
    scene.set(|it| it.trust = Trust::Bundle(Vec::new()));
    scene.rotate().await;
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
    assert!(scene.lets_in(MASTER, MASTER_PASSWORD).await);
}
