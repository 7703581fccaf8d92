//! What a writer of a secret might have the master's power do, and cannot: the database and the listener are asked what happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rotate_db_user::engine::Engine;
use rotation_steps::Bindings;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{FIRST, Scene, in_both, value_of};
use crate::world::databases::{HOST, MASTER, MASTER_PASSWORD, Server};
use crate::world::rotations::{STEPS, make_secret};
use crate::world::{ROTATIONS, let_time_pass};

in_both! {
    a_user_whose_password_is_not_proved_is_neither_cloned_nor_changed
    a_secret_that_names_another_server_takes_no_password_there
    the_master_and_its_twin_take_no_turns
    a_clone_that_signalbox_did_not_make_is_left_alone
    a_clone_whose_both_passwords_are_proved_is_taken_over
    a_clone_that_another_secret_has_is_left_alone
    strong_powers_are_not_cloned_wherever_they_come_from
    a_secret_without_a_binding_has_no_master
    a_secret_that_is_bound_to_another_master_is_refused
    a_secret_that_hides_its_master_still_has_it
    a_repeated_set_makes_the_clone_whole
    what_is_recorded_of_clones_does_not_lapse
}

impl Scene {
    /// A user of another team in the same server, and its password.
    async fn victim(&self) -> (String, &'static str) {
        let user = format!("victim_of_{}", self.user);
        self.server.create_user(&user, "of-the-victim-1").await;
        (user, "of-the-victim-1")
    }

    /// Has the writer of the secret put another value, which differs in these keys.
    async fn overwrite(&self, changes: &[(&str, Value)]) {
        let mut value = self.value("AWSCURRENT").await;
        for (key, other) in changes {
            value[*key] = other.clone();
        }
        self.put(&self.secret, &value.to_string()).await;
    }

    /// Whether the server has a user of this name: a second one cannot be made.
    async fn has_user(&self, user: &str) -> bool {
        self.server.master().await.marks_of([user, user]).await.unwrap().contains_key(user)
    }

    /// How often the master has logged in, as the server's own log tells.
    fn changed_by_master(&self, user: &str) -> bool {
        let log = self.server.log();
        let changes = ["ALTER ROLE", "ALTER USER", "GRANT", "CREATE ROLE \"", "CREATE USER IF NOT EXISTS"];
        log.lines().any(|line| line.contains(user) && changes.iter().any(|it| line.contains(it)))
    }
}

/// The first refusal of a rotation of what AWSCURRENT is now.
async fn refused(scene: &Scene) -> String {
    let rotation = scene.created().await;
    scene.refusal(&rotation, "setSecret").await
}

/// The writer does not know the victim's password: one that they made up, and one that worked before.
async fn a_user_whose_password_is_not_proved_is_neither_cloned_nor_changed(server: &'static Server) {
    for of_victim in ["", "_clone"] {
        let scene = Scene::alternating(server).await;
        let (victim, password) = scene.victim().await;
        let named = format!("{victim}{of_victim}");
        scene.overwrite(&[("username", named.as_str().into()), ("password", "made-up-by-the-writer-1".into())]).await;
        let said = refused(&scene).await;
        let expected = format!("{victim} or {victim}_clone cannot log in with AWSCURRENT or AWSPREVIOUS");
        assert!(said.contains(&expected), "{said}");
        assert!(scene.lets_in(&victim, password).await, "the victim's password is what it was");
        assert!(!scene.has_user(&format!("{victim}_clone")).await, "it has no clone");
    }
}

/// A listener that is not asked anything hears of a login by what connects.
async fn a_secret_that_names_another_server_takes_no_password_there(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let listener = TcpListener::bind((HOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let came = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&came);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    scene.overwrite(&[("port", port.into()), ("ssl", false.into())]).await;
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains(&format!("{HOST}:{port}, and its master of ")), "{said}");
    assert!(said.contains("A reader endpoint, an address or another name of the same server does not do"), "{said}");
    assert_eq!(came.load(Ordering::Relaxed), 0, "nothing was sent there");
    assert!(scene.lets_in(&scene.user, FIRST).await && !scene.has_user(&format!("{}_clone", scene.user)).await);
    // At the right server without TLS, the new password would be tested in the clear.
    scene.overwrite(&[("port", server.port.into())]).await;
    rotation.end_of_test(&scene.world).await;
    let said = refused(&scene).await;
    assert!(said.contains("the secret says `\"ssl\": false`, and the master logs in with TLS"), "{said}");
    assert!(!scene.has_user(&format!("{}_clone", scene.user)).await);
}

/// Even where the writer knows the master's password, so that it proves itself.
async fn the_master_and_its_twin_take_no_turns(server: &'static Server) {
    for user in [MASTER.to_owned(), format!("{MASTER}_clone")] {
        let scene = Scene::alternating(server).await;
        let login = [("username", user.as_str().into()), ("password", MASTER_PASSWORD.into())];
        scene.overwrite(&login).await;
        let said = refused(&scene).await;
        assert!(said.contains("Signalbox neither clones a master nor sets its password"), "{said}");
        assert!(scene.lets_in(MASTER, MASTER_PASSWORD).await && !scene.has_user(&format!("{MASTER}_clone")).await);
    }
}

/// In either turn: the writer owns `app` and wants `app_clone`, or owns `app_clone` and wants `app`.
async fn a_clone_that_signalbox_did_not_make_is_left_alone(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let clone = format!("{}_clone", scene.user);
    server.create_user(&clone, "of-another-team-1").await;
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(
        said.contains(&format!("{clone} in ")) && said.contains("was not made by Signalbox for this secret: drop"),
        "{said}"
    );
    assert!(scene.lets_in(&clone, "of-another-team-1").await && scene.lets_in(&scene.user, FIRST).await);
    // What it says is enough.
    scene.drop_user(&clone).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await);

    let scene = Scene::alternating(server).await;
    let clone = format!("{}_clone", scene.user);
    server.create_user(&clone, "of-the-writer-1").await;
    scene
        .put(&scene.secret, &{
            let mut value = scene.value("AWSCURRENT").await;
            (value["username"], value["password"]) = (clone.as_str().into(), "of-the-writer-1".into());
            value.to_string()
        })
        .await;
    // Nor does it help that AWSPREVIOUS has a password that works no more.
    scene.set_by_hand("another-since-then-1").await;
    let said = refused(&scene).await;
    assert!(said.contains("was not made by Signalbox for this secret: drop"), "{said}");
    assert!(scene.lets_in(&scene.user, "another-since-then-1").await && scene.lets_in(&clone, "of-the-writer-1").await);
}

/// As where AWS's own function made it, or the table of the records was lost.
async fn a_clone_whose_both_passwords_are_proved_is_taken_over(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    scene.rotate().await;
    scene.world.lose_ledger().await;
    scene.rotate().await;
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
}

/// The first secret's clone is not the second one's, though the master is the same and the second one knows a password.
async fn a_clone_that_another_secret_has_is_left_alone(server: &'static Server) {
    let mut scene = Scene::alternating(server).await;
    scene.rotate().await;
    let (clone, password) = scene.login("AWSCURRENT").await;
    let master = scene.master.clone().unwrap();
    let mut value = value_of(server, &clone, &password);
    value["masterarn"] = master.as_str().into();
    scene.secret = make_secret(&scene.world, "app/another-user", &value).await;
    scene.bind(&master);
    let said = refused(&scene).await;
    assert!(said.contains("was not made by Signalbox for this secret: drop"), "{said}");
    assert!(scene.lets_in(&scene.user, FIRST).await && scene.lets_in(&clone, &password).await);
}

/// Directly, through a role of a role, and where the clone is there and has them.
async fn strong_powers_are_not_cloned_wherever_they_come_from(server: &'static Server) {
    for of_clone in [false, true] {
        let strong: &[(&str, &[&str])] = match server.engine {
            Engine::Postgres => &[
                ("CREATEROLE", &["ALTER ROLE {who} CREATEROLE"]),
                ("pg_read_server_files", &["GRANT pg_read_server_files TO {role}", "GRANT {role} TO {who}"]),
                ("SUPERUSER", &["ALTER ROLE {role} SUPERUSER", "GRANT {role} TO {who}"]),
            ],
            _ => &[
                ("CREATE USER", &["GRANT CREATE USER ON *.* TO {who}@'%'"]),
                ("SUPER", &["GRANT SUPER ON *.* TO {role}", "GRANT {role} TO {who}@'%'"]),
            ],
        };
        for (power, grants) in strong {
            let scene = Scene::alternating(server).await;
            let (clone, role) = (format!("{}_clone", scene.user), format!("strong_{}", scene.user));
            let who = if of_clone { &clone } else { &scene.user };
            if of_clone {
                scene.rotate().await;
                scene.rotate().await;
            }
            server.run(&[&format!("CREATE ROLE {role}")]).await;
            for grant in *grants {
                server.run(&[&grant.replace("{who}", who).replace("{role}", &role)]).await;
            }
            let before = scene.login("AWSCURRENT").await;
            let said = refused(&scene).await;
            let expected = format!("{who} has powers that Signalbox clones for no user (");
            assert!(said.contains(&expected) && said.contains(power), "{power}: {said}");
            assert!(scene.lets_in(&before.0, &before.1).await && !scene.works("AWSPENDING").await);
            assert_eq!(scene.has_user(&clone).await, of_clone, "{power}");
        }
    }
}

async fn a_secret_without_a_binding_has_no_master(server: &'static Server) {
    let mut scene = Scene::alternating(server).await;
    scene.masters = Bindings::default();
    scene.set(|_| ());
    let rotation = scene.begin().await;
    let said = scene.refusal(&rotation, "createSecret").await;
    let pair = format!("add {}={} to the parameter Masters of the stack", scene.secret, scene.master.as_ref().unwrap());
    assert!(said.contains("SIGNALBOX_MASTERS does not bind it to one") && said.contains(&pair), "{said}");
    assert!(!scene.changed_by_master(&format!("{}_clone", scene.user)));
    let master = scene.master.clone().unwrap();
    scene.bind(&master);
    scene.steps(&rotation, &STEPS).await;
    assert!(scene.works("AWSCURRENT").await);
}

/// The writer of one secret names the master of another one.
async fn a_secret_that_is_bound_to_another_master_is_refused(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let other = make_secret(&scene.world, "app/other-master", &value_of(server, MASTER, MASTER_PASSWORD)).await;
    scene.overwrite(&[("masterarn", other.as_str().into())]).await;
    let before = scene.world.calls();
    let rotation = scene.begin().await;
    let said = scene.refusal(&rotation, "createSecret").await;
    let bound = format!("but SIGNALBOX_MASTERS binds the secret to {}", scene.master.as_ref().unwrap());
    assert!(said.contains(&bound) && said.contains(&other), "{said}");
    assert!(!scene.world.operations_since(before).contains(&"secretsmanager:GetRandomPassword".to_owned()));
}

/// Without `masterarn` in the secret the binding counts: the writer does not choose how a secret rotates.
async fn a_secret_that_hides_its_master_still_has_it(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let mut value = scene.value("AWSCURRENT").await;
    value.as_object_mut().unwrap().remove("masterarn");
    scene.put(&scene.secret, &value.to_string()).await;
    scene.rotate().await;
    assert_eq!(scene.login("AWSCURRENT").await.0, format!("{}_clone", scene.user));
    assert!(scene.lets_in(&scene.user, FIRST).await);
}

/// A password that logs in is no proof of a whole clone.
async fn a_repeated_set_makes_the_clone_whole(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let (user, clone) = (&scene.user, format!("{}_clone", scene.user));
    let may = match server.engine {
        Engine::Postgres => {
            vec![format!("CREATE TABLE of_{user} (a int)"), format!("GRANT INSERT ON of_{user} TO {user}")]
        }
        _ => vec![
            format!("CREATE DATABASE of_{user}"),
            format!("CREATE TABLE of_{user}.of_{user} (a int)"),
            format!("GRANT INSERT ON of_{user}.of_{user} TO {user}@'%'"),
        ],
    };
    let database = if server.engine == Engine::Postgres { String::new() } else { format!("of_{user}.") };
    let insert = format!("INSERT INTO {database}of_{user} VALUES (1)");
    for statement in &may {
        server.run(&[statement]).await;
    }
    let rotation = scene.created().await;
    scene.steps(&rotation, &["setSecret"]).await;
    let cut_off = match server.engine {
        Engine::Postgres => format!("REVOKE {user} FROM {clone}"),
        _ => format!("REVOKE INSERT ON of_{user}.of_{user} FROM {clone}@'%'"),
    };
    server.run(&[&cut_off]).await;
    let (name, password) = scene.login("AWSPENDING").await;
    assert!(server.connect(&name, &password).await.unwrap().probe(&insert).await.is_err(), "it lacks what was cut off");
    scene.steps(&rotation, &STEPS[1..]).await;
    let (name, password) = scene.login("AWSCURRENT").await;
    server.connect(&name, &password).await.unwrap().probe(&insert).await.unwrap();
}

async fn what_is_recorded_of_clones_does_not_lapse(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    scene.rotate().await;
    let items = scene.world.dynamodb.scan().table_name(ROTATIONS).send().await.unwrap();
    let item = items.items().iter().find(|it| it.contains_key("marks")).unwrap();
    let marks = item["marks"].as_m().unwrap();
    assert!(marks.contains_key(&format!("{}_clone", scene.user)) && marks.contains_key(&scene.user), "{marks:?}");
    assert!(!item.contains_key("expiration"), "{item:?}");
    let_time_pass(rotation_steps::RECORDED * 2);
    scene.rotate().await;
    scene.rotate().await;
}
