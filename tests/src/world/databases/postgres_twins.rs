//! In PostgreSQL, a client may do the same as either of two twins, and never more than the original.

use rotate_db_user::engine::{self, Connection, Login, Why};
use secrecy::SecretString;

use super::{POSTGRES, ensure_clone};

const FIRST: &str = "the-old-one-1";
const OTHER: &str = "of-the-clone-1";

async fn clone_of(from: &str, to: &str) -> Result<(), engine::Error> {
    ensure_clone(&mut POSTGRES.master().await, from, to, &SecretString::from(OTHER)).await.map(drop)
}

/// Both of the two, logged in.
async fn both(user: &str) -> [Connection; 2] {
    let clone = format!("{user}_clone");
    [POSTGRES.connect(user, FIRST).await.unwrap(), POSTGRES.connect(&clone, OTHER).await.unwrap()]
}

async fn run(connection: &mut Connection, statement: &str) {
    connection.probe(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Whether the server says yes to a condition.
async fn is_so(connection: &mut Connection, condition: &str) -> bool {
    connection.probe(&format!("SELECT 1 / ({condition})::int")).await.is_ok()
}

/// What a user has that belongs to its login, and what it has by its roles.
const ALIKE: [&str; 13] = [
    "CREATE ROLE alike_admin",
    "CREATE SCHEMA alike_schema",
    "CREATE TABLE alike_schema.found (a int)",
    "CREATE TABLE alike_secret (a int)",
    "GRANT USAGE ON SCHEMA alike_schema TO alike",
    "GRANT SELECT ON alike_schema.found TO alike",
    "GRANT SELECT ON alike_secret TO alike_admin",
    "GRANT alike_admin TO alike",
    "ALTER ROLE alike NOINHERIT CONNECTION LIMIT 7 VALID UNTIL '2101-02-03 04:05:06+00'",
    "ALTER ROLE alike SET search_path = \"$user\", \"a, \"\"b\"\"\", alike_schema",
    "ALTER ROLE alike SET default_transaction_read_only = on",
    "ALTER ROLE alike IN DATABASE postgres SET app.note = 'it''s \\ one'",
    "ALTER ROLE alike IN DATABASE template1 SET work_mem = '5MB'",
];

#[tokio::test]
async fn what_belongs_to_a_login_is_the_same_for_both() {
    POSTGRES.create_user("alike", FIRST).await;
    POSTGRES.run(&ALIKE).await;
    // As another program makes a clone.
    POSTGRES.run(&[&format!("CREATE ROLE alike_clone PASSWORD '{OTHER}' CREATEDB")]).await;
    POSTGRES.run(&["ALTER ROLE alike_clone SET statement_timeout = '1h'"]).await;
    clone_of("alike", "alike_clone").await.unwrap();
    for mut connection in both("alike").await {
        run(&mut connection, "SELECT * FROM found").await;
        for holds in [
            "current_user = 'alike'",
            "current_setting('search_path') = '\"$user\", \"a, \"\"b\"\"\", alike_schema'",
            "current_setting('app.note') = 'it''s \\ one'",
            "current_setting('statement_timeout') = '0'",
            "SELECT rolconnlimit = 7 AND rolvaliduntil = '2101-02-03 04:05:06+00' AND NOT rolcreatedb FROM pg_roles \
             WHERE rolname = session_user",
        ] {
            assert!(is_so(&mut connection, holds).await, "{holds}");
        }
        assert!(connection.probe("CREATE TABLE alike_written (a int)").await.is_err(), "it only reads");
        assert!(connection.probe("SELECT * FROM public.alike_secret").await.is_err(), "it does not inherit");
        run(&mut connection, "SET ROLE alike_admin").await;
        run(&mut connection, "SELECT * FROM public.alike_secret").await;
    }
    let elsewhere = "SELECT count(*) = 2 FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole JOIN pg_database d \
                     ON d.oid = setdatabase WHERE rolname LIKE 'alike%' AND datname = 'template1' AND setconfig = '{work_mem=5MB}'";
    assert!(is_so(&mut POSTGRES.master().await, elsewhere).await);
}

#[tokio::test]
async fn what_either_makes_belongs_to_the_original() {
    POSTGRES.create_user("owner", FIRST).await;
    POSTGRES.run(&["CREATE SCHEMA owner_schema AUTHORIZATION owner"]).await;
    clone_of("owner", "owner_clone").await.unwrap();
    let [mut original, mut clone] = both("owner").await;
    run(&mut clone, "CREATE TABLE owner_schema.by_clone (a int)").await;
    run(&mut clone, "DISCARD ALL").await;
    run(&mut clone, "CREATE TABLE owner_schema.later (a int)").await;
    run(&mut original, "CREATE TABLE owner_schema.by_original (a int)").await;
    for statement in ["ALTER TABLE owner_schema.by_clone ADD b int", "DROP TABLE owner_schema.later"] {
        run(&mut original, statement).await;
    }
    run(&mut clone, "DROP TABLE owner_schema.by_original").await;

    // What it made while it was not in the original's role is handed over at the next turn, in every database.
    run(&mut clone, "SET ROLE NONE").await;
    run(&mut clone, "CREATE TABLE owner_schema.alone (a int)").await;
    POSTGRES.run(&["CREATE DATABASE owner_other OWNER owner"]).await;
    let mut there = elsewhere("owner_clone", OTHER).await;
    run(&mut there, "SET ROLE NONE").await;
    run(&mut there, "CREATE SCHEMA alone").await;
    clone_of("owner_clone", "owner").await.unwrap();
    run(&mut original, "DROP TABLE owner_schema.alone").await;
    run(&mut elsewhere("owner", FIRST).await, "DROP SCHEMA alone").await;
}

/// Logs in to the other database.
async fn elsewhere(user: &str, password: &str) -> Connection {
    let login = Login { database: Some("owner_other".into()), ..POSTGRES.login(user, password) };
    engine::connect(&login, &POSTGRES.trust()).await.unwrap()
}

/// By an administrator who takes the clone for a user like others.
const TOO_MUCH: [&str; 6] = [
    "GRANT loser_readers TO loser_clone WITH ADMIN OPTION",
    "GRANT loser TO loser_clone WITH ADMIN OPTION",
    "GRANT INSERT ON loser_a TO loser_clone",
    "GRANT TEMPORARY ON DATABASE template1 TO loser_clone",
    "ALTER ROLE loser_clone CREATEROLE BYPASSRLS REPLICATION CREATEDB",
    "ALTER ROLE loser_clone SET work_mem = '64MB'",
];

/// Of the clone's sessions that is so, too, which leave the original's role.
#[tokio::test]
async fn what_the_original_loses_its_clone_loses_and_never_gives_back() {
    POSTGRES.create_user("loser", FIRST).await;
    let made = [
        "CREATE ROLE loser_readers",
        "CREATE TABLE loser_a (a int)",
        "CREATE TABLE loser_b (a int)",
        "GRANT SELECT ON loser_a TO loser",
        "GRANT SELECT ON loser_b TO loser_readers",
        "GRANT loser_readers TO loser",
    ];
    POSTGRES.run(&made).await;
    clone_of("loser", "loser_clone").await.unwrap();
    POSTGRES.run(&TOO_MUCH).await;
    POSTGRES.run(&["REVOKE SELECT ON loser_a FROM loser", "REVOKE loser_readers FROM loser"]).await;
    clone_of("loser_clone", "loser").await.unwrap();
    for mut connection in both("loser").await {
        for role in ["SELECT 1", "SET ROLE NONE"] {
            run(&mut connection, role).await;
            for lost in [
                "SELECT * FROM loser_a",
                "SELECT * FROM loser_b",
                "INSERT INTO loser_a VALUES (1)",
                "SET ROLE loser_readers",
            ] {
                assert!(connection.probe(lost).await.is_err(), "{role}: {lost}");
            }
            let ordinary = "SELECT NOT (rolcreaterole OR rolbypassrls OR rolreplication OR rolcreatedb) FROM pg_roles \
                            WHERE rolname = session_user";
            assert!(is_so(&mut connection, ordinary).await);
        }
    }
    let left =
        "SELECT count(*) = 1 AND NOT bool_or(admin_option) FROM pg_auth_members WHERE member = 'loser_clone'::regrole";
    assert!(is_so(&mut POSTGRES.master().await, left).await);
}

/// A master as RDS has them: no superuser.
#[tokio::test]
async fn a_master_without_all_powers_does_the_same() {
    POSTGRES.run(&[&format!("CREATE ROLE lesser LOGIN CREATEROLE CREATEDB PASSWORD '{FIRST}'")]).await;
    POSTGRES.create_user("governed", FIRST).await;
    POSTGRES.run(&["CREATE SCHEMA governed AUTHORIZATION governed", "ALTER ROLE governed SET work_mem = '5MB'"]).await;
    let mut master = POSTGRES.connect("lesser", FIRST).await.unwrap();
    let password = SecretString::from(OTHER);
    ensure_clone(&mut master, "governed", "governed_clone", &password).await.unwrap();
    let [mut original, mut clone] = both("governed").await;
    run(&mut clone, "SET ROLE NONE").await;
    run(&mut clone, "CREATE TABLE governed.a (a int)").await;
    ensure_clone(&mut master, "governed_clone", "governed", &password).await.unwrap();
    master.set_password("governed", &SecretString::from("another-1")).await.unwrap();
    run(&mut original, "DROP TABLE governed.a").await;
    let is_member = "SELECT count(*) = 0 FROM pg_auth_members WHERE member = 'lesser'::regrole";
    assert!(is_so(&mut original, is_member).await, "the master is a member of neither any more");
}

#[tokio::test]
async fn a_user_with_powers_has_no_clone() {
    POSTGRES.run(&["CREATE ROLE rds_superuser", "CREATE ROLE middle NOINHERIT", "CREATE ROLE robust SUPERUSER"]).await;
    POSTGRES.run(&["GRANT rds_superuser TO middle", "GRANT robust TO middle"]).await;
    for (user, power, expected) in [
        ("powers_own", "ALTER ROLE powers_own CREATEROLE REPLICATION BYPASSRLS", "CREATEROLE, BYPASSRLS, REPLICATION"),
        (
            "powers_chain",
            "GRANT middle TO powers_chain",
            "SUPERUSER by way of robust, membership by way of rds_superuser",
        ),
        ("powers_files", "GRANT pg_write_server_files TO powers_files", "membership by way of pg_write_server_files"),
        (
            "powers_programs",
            "GRANT pg_execute_server_program TO powers_programs",
            "membership by way of pg_execute_server_program",
        ),
        ("powers_none", "GRANT pg_read_all_data TO powers_none", ""),
    ] {
        POSTGRES.create_user(user, FIRST).await;
        // What another program cloned before.
        POSTGRES.create_user(&format!("{user}_clone"), OTHER).await;
        POSTGRES.run(&[power, &format!("ALTER ROLE {user} NOINHERIT")]).await;
        let mut powers = POSTGRES.master().await.powers_of(user).await.unwrap();
        powers.sort();
        let mut expected: Vec<_> = expected.split(", ").filter(|it| !it.is_empty()).collect();
        expected.sort_unstable();
        assert_eq!(powers, expected, "{user}");
        let done = clone_of(user, &format!("{user}_clone")).await;
        if powers.is_empty() {
            done.unwrap();
            continue;
        }
        let error = done.unwrap_err();
        assert!(matches!(error.why, Why::Hindered(_)) && error.to_string().contains("no second user"), "{error}");
        assert!(clone_of(&format!("{user}_clone"), user).await.is_err(), "{user}");
    }
    assert!(POSTGRES.master().await.powers_of("never_there").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_user_who_may_not_log_in_has_no_clone_that_may() {
    for (user, power, expected) in [
        ("disabled", "ALTER ROLE disabled NOLOGIN", "disabled has NOLOGIN"),
        ("expired", "ALTER ROLE expired VALID UNTIL '2020-01-01 00:00:00+00'", "valid until 2020-01-01 00:00:00+00"),
    ] {
        POSTGRES.create_user(user, FIRST).await;
        POSTGRES.run(&[power]).await;
        let error = clone_of(user, &format!("{user}_clone")).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!POSTGRES.lets_in(&format!("{user}_clone"), OTHER).await);
    }
}
