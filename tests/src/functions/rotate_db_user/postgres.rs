//! What only PostgreSQL has: settings of roles that hinder a rotation, and what twins make.

use reaction::{Outcome, Report};
use rotate_db_user::engine::{self, Login};
use rotation::Attempts;

use super::Scene;
use crate::world::databases::{MASTER, MASTER_PASSWORD, POSTGRES, Server};
use crate::world::rotations::STEPS;

/// Whether the database says yes to a condition, as the user with this label.
async fn is_so(scene: &Scene, stage: &str, condition: &str) -> bool {
    let (user, password) = scene.login(stage).await;
    let mut connection = scene.server.connect(&user, &password).await.unwrap();
    connection.probe(&format!("SELECT 1 / ({condition})::int")).await.is_ok()
}

/// In such a session, the user is another one, or only reads.
#[tokio::test]
async fn a_user_whose_sessions_are_hindered_by_settings_rotates() {
    let scene = Scene::single(&POSTGRES).await;
    let user = &scene.user;
    let made = [
        format!("CREATE ROLE writers_{user}"),
        format!("GRANT writers_{user} TO {user}"),
        format!("ALTER ROLE {user} SET role = writers_{user}"),
        format!("ALTER ROLE {user} SET default_transaction_read_only = on"),
        format!("ALTER ROLE {user} SET default_transaction_isolation = serializable"),
        format!("ALTER ROLE {user} SET search_path = nowhere"),
        format!("ALTER ROLE {user} SET standard_conforming_strings = off"),
    ];
    for statement in &made {
        POSTGRES.run(&[statement]).await;
    }
    scene.rotate().await;
    scene.rotate().await;
    assert!(scene.works("AWSCURRENT").await);
    assert!(is_so(&scene, "AWSCURRENT", &format!("current_user = 'writers_{user}'")).await, "the setting stays");
}

#[tokio::test]
async fn a_read_only_user_and_its_clone_only_read() {
    let scene = Scene::alternating(&POSTGRES).await;
    POSTGRES.run(&[&format!("ALTER ROLE {} SET default_transaction_read_only = on", scene.user)]).await;
    for _ in 0..3 {
        scene.rotate().await;
        assert!(is_so(&scene, "AWSCURRENT", "current_setting('transaction_read_only') = 'on'").await);
    }
}

#[tokio::test]
async fn what_one_twin_makes_the_other_changes() {
    let scene = Scene::alternating(&POSTGRES).await;
    let user = &scene.user;
    POSTGRES.run(&[&format!("CREATE SCHEMA {user} AUTHORIZATION {user}")]).await;
    scene.rotate().await;
    for turn in 0..3 {
        for (stage, statement) in [
            ("AWSCURRENT", format!("CREATE TABLE made_{turn} (a int)")),
            ("AWSPREVIOUS", format!("ALTER TABLE made_{turn} ADD b int")),
            ("AWSCURRENT", format!("DROP TABLE made_{turn}")),
        ] {
            // The user's own rotation may leave the former password dead only after two turns.
            let (name, password) = scene.login(stage).await;
            let mut connection = POSTGRES.connect(&name, &password).await.unwrap();
            connection.probe(&statement).await.unwrap_or_else(|error| panic!("{name}: {statement}: {error}"));
        }
        scene.rotate().await;
    }
}

/// A rotation is kept waiting by what is not the password, and loses no attempt.
#[tokio::test]
async fn what_is_not_the_password_costs_no_attempt() {
    let scene = Scene::single(&POSTGRES).await;
    let rotation = scene.created().await;
    for (hinder, mend, expected) in [
        ("NOLOGIN", "LOGIN", "the user has NOLOGIN"),
        ("CONNECTION LIMIT 0", "CONNECTION LIMIT -1", "raise the role's CONNECTION LIMIT"),
    ] {
        POSTGRES.run(&[&format!("ALTER ROLE {} {hinder}", scene.user)]).await;
        let said = scene.failure(&rotation, "setSecret").await;
        assert!(said.contains(expected), "{said}");
        POSTGRES.run(&[&format!("ALTER ROLE {} {mend}", scene.user)]).await;
    }
    assert_eq!(scene.attempts(&rotation).await, Attempts(0));
    scene.steps(&rotation, &crate::world::rotations::STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await);
}

/// One connection is all that the user may have: the password that is set cannot be proved beside it, but it is by the next step.
#[tokio::test]
async fn a_user_with_one_connection_rotates() {
    let scene = Scene::single(&POSTGRES).await;
    POSTGRES.run(&[&format!("ALTER ROLE {} CONNECTION LIMIT 1", scene.user)]).await;
    let rotation = scene.created().await;
    scene.step(&rotation, "setSecret").await;
    ends_connections(&POSTGRES, &scene.user).await;
    scene.steps(&rotation, &crate::world::rotations::STEPS[1..]).await;
    ends_connections(&POSTGRES, &scene.user).await;
    assert!(scene.works("AWSCURRENT").await);
}

/// Those that a client left are gone when this returns.
async fn ends_connections(server: &Server, user: &str) {
    let end = format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '{user}'");
    server.run(&[&end]).await;
}

/// The owner of another database grants the clone something there and lets no session in: that is told of, and holds up no turn.
#[tokio::test]
async fn what_is_left_in_another_database_is_told_until_it_is_handed_over() {
    let scene = Scene::alternating(&POSTGRES).await;
    let (user, other) = (&scene.user, format!("of_{}", scene.user));
    scene.rotate().await;
    POSTGRES.run(&[&format!("CREATE DATABASE {other}")]).await;
    POSTGRES.run(&[&format!("GRANT TEMPORARY ON DATABASE {other} TO {user}_clone")]).await;
    let login = Login { database: Some(other.clone()), ..POSTGRES.login(MASTER, MASTER_PASSWORD) };
    let mut there = engine::connect(&login, &POSTGRES.trust()).await.unwrap();
    there.probe(&format!("CREATE TABLE lure (a int); GRANT SELECT ON lure TO {user}_clone")).await.unwrap();
    drop(there);
    let open = |is: bool| format!("ALTER DATABASE {other} ALLOW_CONNECTIONS {is}");
    let closed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
    POSTGRES.run(&[&format!("{closed}'{other}'"), &open(false)]).await;
    let is_told =
        |report: &Report| report.notes.iter().any(|it| it.contains(&format!("database {other}: what was granted")));
    for is_left in [true, true, false, false] {
        if !is_left {
            POSTGRES.run(&[&open(true)]).await;
        }
        let rotation = scene.begin().await;
        for step in STEPS {
            let report = scene.step(&rotation, step).await;
            assert_eq!(report.outcome, Outcome::Applied, "{report}");
            assert!(step != "finishSecret" || !is_left || is_told(&report), "{report}");
        }
        assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
        let rotation = scene.begin().await;
        let report = scene.step(&rotation, "createSecret").await;
        assert_eq!(is_told(&report), is_left, "{report}");
        assert_eq!(report.notes.len(), usize::from(is_left), "that of a former turn goes: {report}");
        rotation.end_of_test(&scene.world).await;
    }
}

/// A server that trusts every client proves no password: the writer of a secret could have any such user changed.
#[tokio::test]
async fn who_is_let_in_without_being_asked_proves_nothing() {
    let scene = Scene::alternating(&POSTGRES).await;
    let victim = format!("trusted_{}", scene.user);
    POSTGRES.create_user(&victim, "of-the-victim-1").await;
    let mut value = scene.value("AWSCURRENT").await;
    (value["username"], value["password"]) = (victim.as_str().into(), "made-up-by-the-writer-1".into());
    scene.put(&scene.secret, &value.to_string()).await;
    let rotation = scene.created().await;
    POSTGRES.run(&[&format!("GRANT trusted TO {victim}")]).await;
    assert!(scene.works("AWSCURRENT").await, "the server does not ask");
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains("cannot log in with AWSCURRENT") && said.contains("without being asked for one"), "{said}");
    let clone = format!("{victim}_clone");
    assert!(!POSTGRES.master().await.marks_of([&clone, &clone]).await.unwrap().contains_key(&clone));
    POSTGRES.run(&[&format!("REVOKE trusted FROM {victim}")]).await;
    assert!(scene.lets_in(&victim, "of-the-victim-1").await, "the victim's password is what it was");
}

/// The secret proves both passwords, and a role that can become the clone would have what the original may do.
#[tokio::test]
async fn a_clone_that_others_can_become_is_not_taken_over() {
    let scene = Scene::alternating(&POSTGRES).await;
    let (user, clone) = (&scene.user, format!("{}_clone", scene.user));
    POSTGRES.create_user(&clone, "of-the-clone-1").await;
    POSTGRES.run(&[&format!("CREATE ROLE reports_{user}"), &format!("GRANT {clone} TO reports_{user}")]).await;
    let own = scene.value("AWSCURRENT").await;
    let mut of_clone = own.clone();
    (of_clone["username"], of_clone["password"]) = (clone.as_str().into(), "of-the-clone-1".into());
    for value in [&of_clone, &own] {
        scene.put(&scene.secret, &value.to_string()).await;
    }
    let rotation = scene.created().await;
    let said = scene.refusal(&rotation, "setSecret").await;
    assert!(said.contains(&format!("reports_{user} in ")) && said.contains(&format!("can become {clone}")), "{said}");
    let is_alone = format!("SELECT 1 / (count(*) = 0)::int FROM pg_auth_members WHERE roleid = '{user}'::regrole");
    POSTGRES.run(&[&is_alone]).await;
    // What it says is enough.
    POSTGRES.run(&[&format!("REVOKE {clone} FROM reports_{user}")]).await;
    scene.steps(&rotation, &STEPS[1..]).await;
    assert!(scene.works("AWSCURRENT").await && scene.works("AWSPREVIOUS").await);
}
