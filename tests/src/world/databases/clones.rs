//! A clone may do what the original may.

use rotate_db_user::engine::Why;
use secrecy::SecretString;

use super::{MARIADB, POSTGRES, Server, ensure_clone};

async fn clone_of(server: &Server, from: &str, to: &str) {
    ensure_clone(&mut server.master().await, from, to, &SecretString::from("of-the-clone-1")).await.unwrap();
}

/// What a user may not do, of these.
async fn refused_of<'a>(server: &Server, user: &str, password: &str, statements: &[&'a str]) -> Vec<&'a str> {
    let mut user = server.connect(user, password).await.unwrap();
    let mut refused = Vec::new();
    for statement in statements {
        if user.probe(statement).await.is_err() {
            refused.push(*statement);
        }
    }
    refused
}

#[tokio::test]
async fn a_clone_in_postgresql_has_grants_and_memberships() {
    POSTGRES.create_user("turns", "the-old-one-1").await;
    let made = ["CREATE TABLE of_turns (a int)", "CREATE TABLE of_readers (a int)", "CREATE TABLE of_nobody (a int)"];
    POSTGRES.run(&made).await;
    POSTGRES.run(&["CREATE ROLE readers", "GRANT SELECT ON of_readers TO readers"]).await;
    POSTGRES.run(&["CREATE ROLE lenders", "GRANT lenders TO turns WITH ADMIN OPTION", "CREATE ROLE borrower"]).await;
    POSTGRES.run(&["GRANT readers TO turns", "GRANT INSERT ON of_turns TO turns"]).await;
    POSTGRES.run(&["ALTER ROLE turns CONNECTION LIMIT 7 CREATEDB"]).await;
    clone_of(&POSTGRES, "turns", "turns_clone").await;
    clone_of(&POSTGRES, "turns", "turns_clone").await;
    let may = [
        "INSERT INTO of_turns VALUES (1)",
        "SELECT * FROM of_readers",
        "GRANT lenders TO borrower",
        "SELECT 1 / count(*) FROM pg_roles WHERE rolname = current_user AND rolconnlimit = 7 AND rolcreatedb",
        "SELECT 1 / count(*) FROM pg_auth_members WHERE member = current_user::regrole AND roleid = 'readers'::regrole",
        "SELECT 1 / count(*) FROM pg_auth_members WHERE member = current_user::regrole AND admin_option",
        "SELECT * FROM of_nobody",
    ];
    let refused = refused_of(&POSTGRES, "turns_clone", "of-the-clone-1", &may).await;
    assert_eq!(refused, ["SELECT * FROM of_nobody"]);
    assert_eq!(refused_of(&POSTGRES, "turns", "the-old-one-1", &may).await, refused);

    // What the original is granted later, the clone has; and the turn goes back.
    POSTGRES.run(&["GRANT SELECT ON of_nobody TO turns"]).await;
    assert!(refused_of(&POSTGRES, "turns_clone", "of-the-clone-1", &may).await.is_empty());
    clone_of(&POSTGRES, "turns_clone", "turns").await;
    assert!(POSTGRES.lets_in("turns", "the-old-one-1").await, "the password stays");
}

#[tokio::test]
async fn a_superuser_has_no_clone() {
    POSTGRES.run(&["CREATE ROLE mighty SUPERUSER"]).await;
    let password = SecretString::from("of-the-clone-1");
    let error = ensure_clone(&mut POSTGRES.master().await, "mighty", "mighty_clone", &password).await.unwrap_err();
    assert!(matches!(error.why, Why::Hindered(_)) && error.to_string().contains("mighty has SUPERUSER"), "{error}");
}

#[tokio::test]
async fn a_clone_in_mariadb_has_grants_roles_and_demands() {
    let made = ["CREATE DATABASE turns", "CREATE TABLE turns.a (a int, b int)", "CREATE TABLE turns.b (a int)"];
    MARIADB.run(&made).await;
    MARIADB.run(&["CREATE ROLE turns_default", "GRANT SELECT ON turns.b TO turns_default"]).await;
    MARIADB.run(&["CREATE ROLE turns_other", "GRANT DELETE ON turns.b TO turns_other"]).await;
    for host in ["%", "127.0.0.1"] {
        let user = format!("turns@'{host}'");
        let demands = "REQUIRE SSL WITH MAX_USER_CONNECTIONS 7";
        MARIADB.run(&[&format!("CREATE USER {user} IDENTIFIED BY 'the-old-one-1' {demands}")]).await;
        MARIADB.run(&[&format!("GRANT turns_default TO {user}"), &format!("GRANT turns_other TO {user}")]).await;
        MARIADB.run(&[&format!("SET DEFAULT ROLE turns_default FOR {user}")]).await;
        MARIADB.run(&[&format!("GRANT SELECT (a), INSERT ON turns.a TO {user}")]).await;
    }
    clone_of(&MARIADB, "turns", "turns_clone").await;
    MARIADB.master().await.set_password("turns_clone", &SecretString::from("of-the-clone-1")).await.unwrap();
    clone_of(&MARIADB, "turns", "turns_clone").await;
    let may = [
        "INSERT INTO turns.a VALUES (1, 2)",
        "SELECT a FROM turns.a",
        "SELECT * FROM turns.b",
        "DELETE FROM turns.b",
        "SELECT b FROM turns.a",
        "SET ROLE turns_other",
        "DELETE FROM turns.b WHERE 1",
    ];
    let refused = refused_of(&MARIADB, "turns_clone", "of-the-clone-1", &may).await;
    assert_eq!(refused, ["DELETE FROM turns.b", "SELECT b FROM turns.a"]);
    assert_eq!(refused_of(&MARIADB, "turns", "the-old-one-1", &may).await, refused);
    let mut login = MARIADB.login("turns_clone", "of-the-clone-1");
    login.is_encrypted = false;
    let error = rotate_db_user::engine::connect(&login, &MARIADB.trust()).await.err().expect("TLS is demanded");
    assert_eq!(error.why, Why::Credential);
    let hosts = "SELECT COUNT(*) FROM mysql.user WHERE User = 'turns_clone' AND max_user_connections = 7";
    MARIADB.run(&[&format!("SELECT IF(({hosts}) = 2, 1, (SELECT 1 UNION SELECT 2))")]).await;
    clone_of(&MARIADB, "turns_clone", "turns").await;
    assert!(MARIADB.lets_in("turns", "the-old-one-1").await, "the password stays");
}
