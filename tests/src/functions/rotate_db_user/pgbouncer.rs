//! Behind PgBouncer, which pools sessions, and gives every refusal the same code.

use reaction::Outcome;
use rotate_db_user::engine::{self, Login};

use super::{FIRST, Scene};
use crate::world::databases::pgbouncer::{self, Passwords};
use crate::world::databases::{MASTER, MASTER_PASSWORD, OTHER_POSTGRES, POSTGRES, Server};
use crate::world::rotations::STEPS;

/// The verifier of the first password, with a salt of its own.
const VERIFIER: &str = "SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$9syTeqKICr2RIcESUrO7qRCNW5jLohAgkSBP6kfPuq8=:\
                        DbVjY0kI+U7kA6tsyXiA4HRYmS1P4VCrjpt22mIZWNk=";

/// The password of users in another server.
const OF_OTHERS: &str = "of-other-people-1";

/// A scene in which the database is behind a pooler.
async fn behind(pooler: &Server, is_alternating: bool) -> Scene {
    let mut scene = Scene::at(&POSTGRES, pooler.port, is_alternating).await;
    scene.set(|it| it.trust = pooler.trust());
    scene
}

/// Whether the pooler lets in the user with this label, and has a session of the server for it.
async fn works_through(pooler: &Server, scene: &Scene, stage: &str) -> bool {
    let (user, password) = scene.login(stage).await;
    match pooler.connect(&user, &password).await {
        Ok(mut connection) => connection.probe("SELECT 1").await.is_ok(),
        Err(_) => false,
    }
}

#[tokio::test]
async fn one_user_and_two_rotate_behind_a_pooler_that_asks() {
    for mode in ["transaction", "session"] {
        let pooler = pgbouncer::start(mode, Passwords::Asked);
        for is_alternating in [false, true] {
            let scene = behind(&pooler, is_alternating).await;
            for turn in 0..3 {
                scene.rotate().await;
                assert!(works_through(&pooler, &scene, "AWSCURRENT").await, "{mode}, turn {turn}");
                assert!(scene.works("AWSCURRENT").await, "{mode}, turn {turn}");
                assert_eq!(works_through(&pooler, &scene, "AWSPREVIOUS").await, is_alternating, "{mode}, turn {turn}");
            }
        }
    }
}

/// With sessions that clients share, what one user sets or prepares would meet the next one.
#[tokio::test]
async fn nothing_is_left_in_a_session_that_others_get() {
    let pooler = pgbouncer::start("transaction", Passwords::Asked);
    let scene = behind(&pooler, false).await;
    POSTGRES.run(&[&format!("ALTER ROLE {} SET default_transaction_read_only = on", scene.user)]).await;
    scene.rotate().await;
    let (user, password) = scene.login("AWSCURRENT").await;
    let mut client = pooler.connect(&user, &password).await.unwrap();
    for holds in [
        "current_setting('search_path') <> 'pg_catalog, pg_temp'",
        "current_setting('transaction_read_only') = 'on'",
        "current_setting('lock_timeout') = '0'",
        "(SELECT count(*) FROM pg_prepared_statements) = 0",
    ] {
        client.probe(&format!("SELECT 1 / ({holds})::int")).await.unwrap_or_else(|error| panic!("{holds}: {error}"));
    }
}

#[tokio::test]
async fn a_pooler_by_statement_is_refused() {
    let pooler = pgbouncer::start("statement", Passwords::Asked);
    let scene = behind(&pooler, false).await;
    let rotation = scene.created().await;
    let said = scene.failure(&rotation, "setSecret").await;
    assert!(
        said.contains("PgBouncer pools by statement") && said.contains("set pool_mode to transaction or session"),
        "{said}"
    );
    assert!(
        works_through(&pooler, &scene, "AWSCURRENT").await && scene.works("AWSCURRENT").await,
        "nothing was changed"
    );
    assert_eq!(scene.attempts(&rotation).await, rotation::Attempts(0));
}

/// The pooler knows the former password only: with the new one no client would get in. That list may hold verifiers, too.
#[tokio::test]
async fn a_pooler_that_does_not_learn_of_the_new_password_keeps_the_former_one() {
    for is_verifier in [false, true] {
        let mut scene = Scene::single(&POSTGRES).await;
        let listed = if is_verifier { VERIFIER } else { FIRST };
        if is_verifier {
            POSTGRES.run(&[&format!("ALTER ROLE {} PASSWORD '{VERIFIER}'", scene.user)]).await;
        }
        let pooler = pgbouncer::start("transaction", Passwords::Listed(&[(&scene.user, listed)]));
        let mut value = scene.value("AWSCURRENT").await;
        value["port"] = pooler.port.into();
        scene.put(&scene.secret, &value.to_string()).await;
        scene.set(|it| it.trust = pooler.trust());
        let rotation = scene.created().await;
        let report = scene.step(&rotation, "setSecret").await;
        assert_eq!(report.outcome, Outcome::Refused, "{report}");
        let said = report.to_string();
        assert!(said.contains("(auth_file)") && said.contains("The former password was restored"), "{said}");
        assert!(scene.works("AWSCURRENT").await && !scene.works("AWSPENDING").await, "it is the former one again");
        // Also in a session of the server that is new.
        let end =
            format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '{}'", scene.user);
        POSTGRES.run(&[&end]).await;
        let again = pgbouncer::start("transaction", Passwords::Listed(&[(&scene.user, listed)]));
        assert!(works_through(&again, &scene, "AWSCURRENT").await, "by a list of {listed}");
        // What it says is enough.
        let mut value = scene.value("AWSCURRENT").await;
        value["port"] = POSTGRES.port.into();
        rotation.end_of_test(&scene.world).await;
        scene.put(&scene.secret, &value.to_string()).await;
        scene.set(|_| ());
        scene.rotate().await;
        assert!(scene.works("AWSCURRENT").await);
    }
}

/// The writer of a secret may make users in another server behind the same pooler, and names its database: a login there proves no user
/// of the master's server.
#[tokio::test]
async fn a_login_at_another_server_behind_the_pooler_proves_nothing() {
    let victim = "victim_of_a_pooler";
    POSTGRES.create_user(victim, "of-the-victim-1").await;
    OTHER_POSTGRES.create_user(victim, "of-the-writer-1").await;
    OTHER_POSTGRES.run(&["CREATE DATABASE of_the_writer"]).await;
    for mode in ["transaction", "session"] {
        let databases = [("of_the_writer", &*OTHER_POSTGRES), ("*", &*POSTGRES)];
        let pooler = pgbouncer::start_before(&databases, mode, Passwords::Asked);
        let scene = behind(&pooler, true).await;
        let mut value = scene.value("AWSCURRENT").await;
        let own = value.clone();
        (value["username"], value["password"]) = (victim.into(), "of-the-writer-1".into());
        value["dbname"] = "of_the_writer".into();
        scene.put(&scene.secret, &value.to_string()).await;
        let rotation = scene.created().await;
        let said = scene.refusal(&rotation, "setSecret").await;
        assert!(said.contains(&format!("the master does not see the login of {victim} in PostgreSQL at ")), "{said}");
        assert!(said.contains("`dbname` is `of_the_writer` in the secret, and not set in the master secret"), "{said}");
        let clone = format!("{victim}_clone");
        let there = POSTGRES.master().await.marks_of([victim, &clone]).await.unwrap();
        assert!(there.contains_key(victim) && !there.contains_key(&clone), "no clone was made");
        POSTGRES.connect(victim, "of-the-victim-1").await.unwrap();
        // At the master's own server its own user takes turns.
        rotation.end_of_test(&scene.world).await;
        scene.put(&scene.secret, &own.to_string()).await;
        scene.rotate().await;
        scene.rotate().await;
        assert!(works_through(&pooler, &scene, "AWSCURRENT").await);
    }
}

/// Who may make databases in the master's server chooses their names. Where the pooler leads such a name to another server, the two users
/// are other people there.
#[tokio::test]
async fn what_a_pooler_leads_to_another_server_is_left_alone() {
    let database = "led_away";
    for server in [&*POSTGRES, &*OTHER_POSTGRES] {
        server.run(&[&format!("CREATE DATABASE {database}")]).await;
    }
    let databases = [(database, &*OTHER_POSTGRES), ("*", &*POSTGRES)];
    let pooler = pgbouncer::start_before(&databases, "transaction", Passwords::Asked);
    let scene = behind(&pooler, true).await;
    let (user, clone) = (&scene.user, format!("{}_clone", scene.user));
    scene.rotate().await;
    for name in [user, &clone] {
        OTHER_POSTGRES.create_user(name, OF_OTHERS).await;
    }
    for server in [&*POSTGRES, &*OTHER_POSTGRES] {
        let login = Login { database: Some(database.into()), ..server.login(MASTER, MASTER_PASSWORD) };
        let mut there = engine::connect(&login, &server.trust()).await.unwrap();
        there.probe(&format!("CREATE TABLE lure (a int); GRANT SELECT ON lure TO {clone}")).await.unwrap();
    }
    let rotation = scene.begin().await;
    let mut told = String::new();
    for step in STEPS {
        let report = scene.step(&rotation, step).await;
        assert_eq!(report.outcome, Outcome::Applied, "{report}");
        told += &report.notes.concat();
    }
    assert!(told.contains(&format!("database {database}: ")), "{told}");
    assert!(told.contains("a pooler leads this database to another server than that of the master's own"), "{told}");
    let login = Login { database: Some(database.into()), ..OTHER_POSTGRES.login(&clone, OF_OTHERS) };
    let mut stranger = engine::connect(&login, &OTHER_POSTGRES.trust()).await.unwrap();
    stranger.probe("SELECT * FROM lure").await.expect("the user of that name in the other server has what it had");
}
