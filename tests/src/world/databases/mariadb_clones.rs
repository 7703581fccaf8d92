//! A clone in MariaDB is made equal to its original on each turn, and is whole before it can log in.

use rotate_db_user::engine::{self, Why};
use secrecy::SecretString;

use super::{MARIADB, STRICT_MARIADB, Server, ensure_clone};

async fn ensure(server: &Server, from: &str, to: &str) -> Result<(), engine::Error> {
    ensure_clone(&mut server.master().await, from, to, &SecretString::from("of-the-clone-1")).await.map(drop)
}

/// What an account may do and demands, as the server keeps it, each as one text.
fn state(user: &str) -> [String; 7] {
    let granted = |columns: &str, table: &str| {
        let one = format!("CONCAT_WS(':', IS_GRANTABLE, PRIVILEGE_TYPE, {columns})");
        let of = format!("SUBSTRING_INDEX(GRANTEE, '@', 1) = QUOTE('{user}')");
        format!("(SELECT GROUP_CONCAT({one} ORDER BY {one}) FROM information_schema.{table} WHERE {of})")
    };
    let kept = "JSON_REMOVE(Priv, '$.authentication_string', '$.password_last_changed')";
    let kept = [
        "ssl_type",
        "max_questions",
        "max_user_connections",
        "max_statement_time",
        "password_lifetime",
        "default_role",
    ]
    .map(|name| format!("IFNULL(NULLIF(JSON_VALUE({kept}, '$.{name}'), '0'), '')"));
    let demands = format!("CONCAT_WS('/', {})", kept.join(", "));
    let roles = "CONCAT(Host, Role, Admin_option)";
    let routines = "CONCAT(Host, Routine_name, Proc_priv)";
    [
        granted("''", "USER_PRIVILEGES"),
        granted("TABLE_SCHEMA", "SCHEMA_PRIVILEGES"),
        granted("TABLE_SCHEMA, TABLE_NAME", "TABLE_PRIVILEGES"),
        granted("TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME", "COLUMN_PRIVILEGES"),
        format!("(SELECT GROUP_CONCAT({demands} ORDER BY Host) FROM mysql.global_priv WHERE User = '{user}')"),
        format!("(SELECT GROUP_CONCAT({roles} ORDER BY {roles}) FROM mysql.roles_mapping WHERE User = '{user}')"),
        format!("(SELECT GROUP_CONCAT({routines} ORDER BY {routines}) FROM mysql.procs_priv WHERE User = '{user}')"),
    ]
}

async fn assert_equal(server: &Server, original: &str) {
    let clone = format!("{original}_clone");
    for (of_original, of_clone) in state(original).into_iter().zip(state(&clone)) {
        let asked = format!("SELECT IF({of_original} <=> {of_clone}, 1, (SELECT 1 UNION SELECT 2))");
        let said = server.master().await.probe(&asked).await;
        said.unwrap_or_else(|error| panic!("{clone} is not as {original}: {asked}: {error}"));
    }
}

/// An account that has and demands something of every kind.
const EQUAL: &[&str] = &[
    "CREATE DATABASE equal",
    "CREATE TABLE equal.a (a int, b int)",
    "CREATE TABLE equal.b (a int)",
    "CREATE PROCEDURE equal.p() SELECT 1",
    "CREATE ROLE equal_one",
    "CREATE ROLE equal_other",
    "CREATE USER equal@'%' IDENTIFIED BY 'the-old-one-1' REQUIRE SSL WITH MAX_USER_CONNECTIONS 7",
    "GRANT equal_one TO equal@'%' WITH ADMIN OPTION",
    "GRANT equal_other TO equal@'%'",
    "SET DEFAULT ROLE equal_one FOR equal@'%'",
    "GRANT PROCESS ON *.* TO equal@'%'",
    "GRANT ALL ON `equal\\_x`.* TO equal@'%' WITH GRANT OPTION",
    "GRANT SELECT, INSERT (a, b), UPDATE (b) ON equal.a TO equal@'%' WITH GRANT OPTION",
    "GRANT EXECUTE ON PROCEDURE equal.p TO equal@'%'",
];

/// The original loses some, and the clone is given more, and both.
const CHANGES: [&[&str]; 3] = [
    &[
        "REVOKE ADMIN OPTION FOR equal_one FROM equal@'%'",
        "REVOKE equal_other FROM equal@'%'",
        "SET DEFAULT ROLE NONE FOR equal@'%'",
        "REVOKE PROCESS ON *.* FROM equal@'%'",
        "REVOKE SELECT, INSERT (a) ON equal.a FROM equal@'%'",
        "REVOKE INSERT, DELETE ON `equal\\_x`.* FROM equal@'%'",
    ],
    &[
        "GRANT SELECT ON equal.* TO equal_clone@'%' WITH GRANT OPTION",
        "GRANT SUPER ON *.* TO equal_clone@'%' WITH GRANT OPTION",
        "GRANT UPDATE ON equal.a TO equal_clone@'%'",
        "GRANT EXECUTE ON PROCEDURE equal.p TO equal_clone@'%' WITH GRANT OPTION",
        "GRANT equal_other TO equal_clone@'%' WITH ADMIN OPTION",
        "SET DEFAULT ROLE equal_other FOR equal_clone@'%'",
    ],
    &[
        "ALTER USER equal@'%' REQUIRE NONE WITH MAX_USER_CONNECTIONS 0 MAX_STATEMENT_TIME 2.5 PASSWORD EXPIRE NEVER",
        "ALTER USER equal_clone@'%' WITH MAX_QUERIES_PER_HOUR 5",
        "REVOKE ALL PRIVILEGES, GRANT OPTION FROM equal@'%'",
        "GRANT SELECT ON equal.b TO equal@'%'",
    ],
];

#[tokio::test]
async fn what_a_clone_has_too_much_is_revoked() {
    MARIADB.run(EQUAL).await;
    ensure(&MARIADB, "equal", "equal_clone").await.unwrap();
    assert_equal(&MARIADB, "equal").await;
    // Whosever turn it is.
    for (turn, statements) in CHANGES.into_iter().enumerate() {
        MARIADB.run(statements).await;
        let names = if turn % 2 == 0 { ["equal_clone", "equal"] } else { ["equal", "equal_clone"] };
        ensure(&MARIADB, names[0], names[1]).await.unwrap();
        assert_equal(&MARIADB, "equal").await;
    }
    let said_of_it = || MARIADB.log().matches("'equal_clone'@'%'").count();
    let before = said_of_it();
    ensure(&MARIADB, "equal", "equal_clone").await.unwrap();
    assert_eq!(said_of_it() - before, 3, "a clone that is equal is only read");
}

/// The master may make users, and not grant what the original has.
#[tokio::test]
async fn a_clone_that_was_refused_a_grant_cannot_log_in() {
    let made = [
        "CREATE DATABASE refused",
        "CREATE TABLE refused.a (a int)",
        "CREATE USER refused@'%' IDENTIFIED BY 'the-old-one-1'",
        "GRANT INSERT ON refused.a TO refused@'%'",
        "CREATE USER half_master@'%' IDENTIFIED BY 'the-old-one-1'",
        "GRANT CREATE USER ON *.* TO half_master@'%'",
        "GRANT SELECT ON mysql.* TO half_master@'%'",
    ];
    STRICT_MARIADB.run(&made).await;
    let password = SecretString::from("of-the-clone-1");
    let mut half = STRICT_MARIADB.connect("half_master", "the-old-one-1").await.unwrap();
    let error = ensure_clone(&mut half, "refused", "refused_clone", &password).await.unwrap_err();
    assert!(error.why == Why::Other && error.to_string().contains("denied"), "{error}");
    for password in ["of-the-clone-1", ""] {
        let error = STRICT_MARIADB.connect("refused_clone", password).await.err().expect("the clone is not whole");
        assert!(matches!(error.why, Why::Credential), "{error}");
    }
    // The same password, which this server takes only once.
    let mut master = STRICT_MARIADB.master().await;
    ensure_clone(&mut master, "refused", "refused_clone", &password).await.unwrap();
    master.set_password("refused_clone", &password).await.unwrap();
    master.set_password("refused_clone", &password).await.unwrap();
    let mut clone = STRICT_MARIADB.connect("refused_clone", "of-the-clone-1").await.unwrap();
    clone.probe("INSERT INTO refused.a VALUES (1)").await.unwrap();
}

#[tokio::test]
async fn what_is_granted_on_a_table_that_is_gone_keeps_no_clone_back() {
    let made = [
        "CREATE DATABASE gone",
        "CREATE TABLE gone.a (a int)",
        "CREATE TABLE gone.b (a int)",
        "CREATE USER gone@'%' IDENTIFIED BY 'the-old-one-1'",
        "GRANT INSERT ON gone.a TO gone@'%'",
        "GRANT INSERT ON gone.b TO gone@'%'",
        "DROP TABLE gone.a",
    ];
    MARIADB.run(&made).await;
    ensure(&MARIADB, "gone", "gone_clone").await.unwrap();
    MARIADB.master().await.set_password("gone_clone", &SecretString::from("of-the-clone-1")).await.unwrap();
    let mut clone = MARIADB.connect("gone_clone", "of-the-clone-1").await.unwrap();
    clone.probe("INSERT INTO gone.b VALUES (1)").await.unwrap();
}

#[tokio::test]
async fn a_clone_has_the_plugin_of_its_original_or_is_refused() {
    let made = [
        "CREATE USER paired@'%' IDENTIFIED VIA ed25519 USING PASSWORD('the-old-one-1')",
        "CREATE USER unlike@'%' IDENTIFIED VIA ed25519 USING PASSWORD('the-old-one-1')",
        "CREATE USER unlike_clone@'%' IDENTIFIED BY 'the-old-one-1'",
        "CREATE USER alone@'%' IDENTIFIED BY 'the-old-one-1'",
        "CREATE USER alone_clone@'127.0.0.9' IDENTIFIED BY 'the-old-one-1'",
        "CREATE USER shut@'%' IDENTIFIED BY 'the-old-one-1' ACCOUNT LOCK",
    ];
    STRICT_MARIADB.run(&made).await;
    ensure(&STRICT_MARIADB, "paired", "paired_clone").await.unwrap();
    let mut master = STRICT_MARIADB.master().await;
    master.set_password("paired_clone", &SecretString::from("of-the-clone-1")).await.unwrap();
    STRICT_MARIADB.connect("paired_clone", "of-the-clone-1").await.unwrap();
    let plugin = "SELECT plugin FROM mysql.user WHERE User = 'paired_clone'";
    master.probe(&format!("SELECT IF(({plugin}) = 'ed25519', 1, (SELECT 1 UNION SELECT 2))")).await.unwrap();
    for (original, said) in [
        ("unlike", "'unlike_clone'@'%' logs in by mysql_native_password, and the original by ed25519"),
        ("alone", "'alone_clone'@'127.0.0.9' is a clone of no account: drop it, or make 'alone'@'127.0.0.9'"),
        ("shut", "an account of a pair is locked"),
    ] {
        let error = ensure(&STRICT_MARIADB, original, &format!("{original}_clone")).await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    STRICT_MARIADB.connect("unlike_clone", "the-old-one-1").await.unwrap();
}
