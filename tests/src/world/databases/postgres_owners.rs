//! What a user who owns a database, or may log in to the master's, can do to the turns of other users: a note at most.

use rotate_db_user::engine::{self, Connection, Login};
use secrecy::SecretString;

use super::{MASTER, MASTER_PASSWORD, POSTGRES, ensure_clone};

const FIRST: &str = "the-old-one-1";
const OTHER: &str = "of-the-clone-1";

/// A user with a clone, beside one of another team that owns a database of its own: a session of that one there.
async fn beside_an_owner(user: &str, owner: &str) -> Connection {
    for user in [user, owner] {
        POSTGRES.create_user(user, FIRST).await;
    }
    POSTGRES
        .run(&[
            &format!("CREATE DATABASE {owner} OWNER {owner}"),
            &format!("CREATE SCHEMA {owner} AUTHORIZATION {owner}"),
        ])
        .await;
    assert!(turn(user).await.is_empty());
    there(owner, owner, FIRST).await
}

async fn there(database: &str, user: &str, password: &str) -> Connection {
    let login = Login { database: Some(database.into()), ..POSTGRES.login(user, password) };
    engine::connect(&login, &POSTGRES.trust()).await.unwrap()
}

/// A turn of the clone: what is left.
async fn turn(user: &str) -> Vec<String> {
    let clone = format!("{user}_clone");
    ensure_clone(&mut POSTGRES.master().await, user, &clone, &SecretString::from(OTHER)).await.unwrap()
}

async fn run(connection: &mut Connection, statements: &[&str]) {
    for statement in statements {
        connection.probe(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

async fn may_read(database: &str, table: &str, clone: &str) -> bool {
    there(database, clone, OTHER).await.probe(&format!("SET ROLE NONE; SELECT * FROM {table}")).await.is_ok()
}

#[tokio::test]
async fn the_owner_of_another_database_holds_up_no_turn() {
    let mut owner = beside_an_owner("held_up", "keeper").await;
    let granted = ["CREATE TABLE lure (a int)", "GRANT SELECT ON lure TO held_up_clone"];
    run(&mut owner, &granted).await;
    for (closed, opened, why) in [
        (
            "ALTER DATABASE keeper ALLOW_CONNECTIONS false",
            "ALTER DATABASE keeper ALLOW_CONNECTIONS true",
            "takes no connections",
        ),
        ("ALTER DATABASE keeper RENAME TO \"away; --\"", "ALTER DATABASE \"away; --\" RENAME TO keeper", ""),
    ] {
        drop(owner);
        POSTGRES
            .run(&["SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'keeper'", closed])
            .await;
        let left = turn("held_up").await;
        let is_closed = !why.is_empty();
        assert_eq!(left.len(), usize::from(is_closed), "{left:?}");
        assert!(left.iter().all(|it| it.starts_with("database keeper: ") && it.contains(why)), "{left:?}");
        let remedy = "run REASSIGN OWNED BY held_up_clone TO held_up and DROP OWNED BY held_up_clone there";
        assert!(left.iter().all(|it| it.contains(remedy)), "{left:?}");
        POSTGRES.run(&[opened]).await;
        assert_eq!(may_read("keeper", "lure", "held_up_clone").await, is_closed);
        assert!(turn("held_up").await.is_empty(), "open again, it is handed over");
        assert!(!may_read("keeper", "lure", "held_up_clone").await);
        owner = there("keeper", "keeper", FIRST).await;
        run(&mut owner, &granted[1..]).await;
    }
}

/// What is to be handed over is in use in a transaction that does not end, there and in the master's own database.
#[tokio::test]
async fn who_holds_what_the_clone_was_granted_holds_up_no_turn() {
    let mut owner = beside_an_owner("waited", "holder").await;
    let mut here = POSTGRES.connect("holder", FIRST).await.unwrap();
    for (connection, database, table) in [(&mut owner, "holder", "lure"), (&mut here, "postgres", "holder.lure")] {
        let (create, grant) =
            (format!("CREATE TABLE {table} (a int)"), format!("GRANT SELECT ON {table} TO waited_clone"));
        let hold = format!("BEGIN; GRANT INSERT ON {table} TO waited");
        run(connection, &[&create, &grant, &hold]).await;
        let left = turn("waited").await;
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(
            left[0].starts_with(&format!("database {database}: "))
                && left[0].contains("a session that has not ended its transaction holds a lock on it"),
            "{left:?}"
        );
        run(connection, &["ROLLBACK"]).await;
        assert!(turn("waited").await.is_empty());
        // The clone is as it was, and no member of the master's, nor the master one of the clone.
        assert!(POSTGRES.lets_in("waited_clone", OTHER).await);
    }
}

/// The lock by which one of two runs waits is any user's to take.
#[tokio::test]
async fn who_holds_the_lock_of_a_pair_holds_up_no_turn() {
    let mut stranger = beside_an_owner("locked", "locker").await;
    drop(stranger);
    stranger = POSTGRES.connect("locker", FIRST).await.unwrap();
    run(&mut stranger, &["SELECT pg_advisory_lock(hashtext('signalbox'), hashtext('locked'))"]).await;
    assert!(turn("locked").await.is_empty());
    run(&mut stranger, &["SELECT pg_advisory_unlock(hashtext('signalbox'), hashtext('locked'))"]).await;
}

/// The owner of a database sets the search path of all sessions in it, and may put an operator of theirs before PostgreSQL's.
#[tokio::test]
async fn a_master_calls_nothing_of_the_owner_of_its_database() {
    let mut owner = beside_an_owner("searched", "trapper").await;
    let notes = "CREATE FUNCTION trap.note(a {0}, b {0}) RETURNS bool LANGUAGE plpgsql AS \
                 $$ BEGIN INSERT INTO trap.caught VALUES (current_user); RETURN a OPERATOR(pg_catalog.=) b; END $$";
    let operator = "CREATE OPERATOR trap.= (FUNCTION = trap.note, LEFTARG = {0}, RIGHTARG = {0})";
    let mut trap = vec!["CREATE SCHEMA trap".to_owned(), "CREATE TABLE trap.caught (who text)".into()];
    for kind in ["text", "name", "oid"] {
        trap.extend([notes, operator].map(|it| it.replace("{0}", kind)));
    }
    trap.extend(["GRANT USAGE ON SCHEMA trap TO PUBLIC", "GRANT INSERT ON trap.caught TO PUBLIC"].map(String::from));
    trap.push("ALTER DATABASE trapper SET search_path = trap, pg_catalog".into());
    let trap: Vec<_> = trap.iter().map(String::as_str).collect();
    run(&mut owner, &trap).await;
    let mut master = there("trapper", MASTER, MASTER_PASSWORD).await;
    assert_eq!(master.marks_of(["searched", "searched_clone"]).await.unwrap().len(), 2);
    assert!(master.powers_of("searched").await.unwrap().is_empty());
    ensure_clone(&mut master, "searched", "searched_clone", &SecretString::from(OTHER)).await.unwrap();
    master.set_password("searched", &SecretString::from("another-1")).await.unwrap();
    let nothing = "SELECT 1 / (count(*) OPERATOR(pg_catalog.=) 0)::int FROM trap.caught";
    run(&mut owner, &[nothing]).await;
    // It would have been caught.
    run(&mut master, &["SELECT 'a'::text = 'a'::text"]).await;
    assert!(owner.probe(nothing).await.is_err());
}

/// A user is known by a number that no later one of its name has.
#[tokio::test]
async fn a_role_that_is_made_anew_is_another_one() {
    let mark = async || POSTGRES.master().await.marks_of(["reborn", "unborn"]).await.unwrap().remove("reborn");
    let text = |it: Option<SecretString>| secrecy::ExposeSecret::expose_secret(&it.unwrap()).to_owned();
    POSTGRES.create_user("reborn", FIRST).await;
    let before = text(mark().await);
    POSTGRES.run(&["ALTER ROLE reborn PASSWORD 'another-1' CREATEDB"]).await;
    assert_eq!(text(mark().await), before);
    POSTGRES.run(&["DROP ROLE reborn"]).await;
    assert!(mark().await.is_none());
    POSTGRES.create_user("reborn", FIRST).await;
    assert_ne!(text(mark().await), before);
}
