//! How accounts of MariaDB log in, what keeps them out, and what leads from them to all of the server.

use rotate_db_user::engine::{self, Why};
use secrecy::SecretString;

use super::{MARIADB, STRICT_MARIADB, Server, ensure_clone};

/// Fails where the server does not say so.
async fn assert_so(server: &Server, condition: &str) {
    let asked = format!("SELECT IF(({condition}), 1, (SELECT 1 UNION SELECT 2))");
    let said = server.master().await.probe(&asked).await;
    said.unwrap_or_else(|error| panic!("not so: {condition}: {error}"));
}

/// How an account logs in, as the server keeps it.
fn is_made(user: &str, what: &str) -> String {
    format!("SELECT COUNT(*) FROM mysql.global_priv WHERE User = '{user}' AND Priv LIKE '%{what}%'")
}

async fn set(server: &Server, user: &str, password: &str, new: &str) -> Result<(), engine::Error> {
    server.connect(user, password).await.unwrap().set_password(user, &SecretString::from(new)).await.map(drop)
}

/// The server asks for the plugin of any account where there is no such user.
#[tokio::test]
async fn a_login_that_does_not_exist_is_refused_whatever_plugin_is_asked_for() {
    let made = [
        "CREATE USER by_ed25519@'%' IDENTIFIED VIA ed25519 USING PASSWORD('the-old-one-1')",
        "CREATE USER by_pam@'%' IDENTIFIED VIA pam",
        "CREATE USER by_socket@'%' IDENTIFIED VIA unix_socket",
        "CREATE USER by_either@'%' IDENTIFIED VIA ed25519 USING PASSWORD('one') OR mysql_native_password USING PASSWORD('two')",
    ];
    STRICT_MARIADB.run(&made).await;
    let strangers: Vec<_> = (0..40).map(|number| format!("stranger{number}")).collect();
    let known = ["by_ed25519", "by_pam", "by_socket", "by_either"].map(String::from);
    for user in strangers.into_iter().chain(known) {
        let error = STRICT_MARIADB.connect(&user, "whatever-it-is").await.err().expect("the login is refused");
        assert_eq!(error.why, Why::Credential, "{user}: {error}");
    }
    STRICT_MARIADB.connect("by_ed25519", "the-old-one-1").await.unwrap();
}

/// More logins than a mistake of the driver's needs to come about: each is refused with a probability of 1/256.
const LOGINS: usize = 10_000;

/// Until the server's own log shows that the right password was refused, and the login came about all the same. Where one does not, it
/// was refused twice.
#[tokio::test]
async fn one_refusal_of_the_right_password_is_not_believed() {
    STRICT_MARIADB.run(&["CREATE USER signs@'%' IDENTIFIED VIA ed25519 USING PASSWORD('the-old-one-1')"]).await;
    let mut known = 0;
    for number in 1..LOGINS {
        let login = STRICT_MARIADB.connect("signs", "the-old-one-1").await;
        if login.is_ok() && number % 16 != 0 {
            continue;
        }
        let refused = STRICT_MARIADB.refusals("signs") - known;
        match login {
            Ok(_) if refused > 0 => return,
            Ok(_) => {}
            Err(error) => assert!(refused >= 2, "one refusal was believed: {error}"),
        }
        known += refused;
    }
    panic!("the driver refuses the right password no more: a second login is not needed");
}

#[tokio::test]
async fn a_wrong_password_is_refused_twice_and_by_mysql_once() {
    MARIADB.run(&["CREATE USER mistaken@'%' IDENTIFIED BY 'the-old-one-1'"]).await;
    let (mut login, trust) = (MARIADB.login("mistaken", "another-1"), MARIADB.trust());
    engine::connect(&login, &trust).await.err().expect("the login is refused");
    assert_eq!(MARIADB.refusals("mistaken"), 2);
    engine::connect_once(&login, &trust).await.err().expect("the login is refused");
    assert_eq!(MARIADB.refusals("mistaken"), 3);
    login.engine = engine::Engine::Mysql;
    engine::connect(&login, &trust).await.err().expect("the login is refused");
    assert_eq!(MARIADB.refusals("mistaken"), 4);
}

#[tokio::test]
async fn another_password_leaves_an_account_its_plugin() {
    let made = "CREATE USER keeps@'%' IDENTIFIED VIA ed25519 USING PASSWORD('the-old-one-1')";
    STRICT_MARIADB.run(&[made]).await;
    set(&STRICT_MARIADB, "keeps", "the-old-one-1", "the-new-one-2").await.unwrap();
    STRICT_MARIADB.connect("keeps", "the-new-one-2").await.unwrap();
    STRICT_MARIADB.master().await.set_password("keeps", &SecretString::from("the-last-one-3")).await.unwrap();
    STRICT_MARIADB.connect("keeps", "the-last-one-3").await.unwrap();
    assert_so(&STRICT_MARIADB, &is_made("keeps", "ed25519")).await;
}

/// MariaDB would drop all plugins but one, or leave the second one its password.
#[tokio::test]
async fn what_would_drop_or_leave_a_plugin_is_refused_and_changes_nothing() {
    for (user, made, named) in [
        (
            "or_socket",
            "unix_socket OR mysql_native_password USING PASSWORD('the-old-one-1')",
            "unix_socket, mysql_native",
        ),
        (
            "or_native",
            "ed25519 USING PASSWORD('the-old-one-1') OR mysql_native_password USING PASSWORD('b')",
            "ed25519, mysql",
        ),
    ] {
        STRICT_MARIADB.run(&[&format!("CREATE USER {user}@'%' IDENTIFIED VIA {made}")]).await;
        let own = set(&STRICT_MARIADB, user, "the-old-one-1", "the-new-one-2").await;
        let mut master = STRICT_MARIADB.master().await;
        let by_master = master.set_password(user, &SecretString::from("the-new-one-2")).await.map(drop);
        let clone = format!("{user}_clone");
        let cloned = ensure_clone(&mut master, user, &clone, &SecretString::from("the-new-one-2")).await.map(drop);
        for error in [own, by_master, cloned].map(Result::unwrap_err) {
            assert_eq!(error.why, Why::Weaker, "{error}");
            assert!(error.to_string().contains(named) && error.to_string().contains("give it one plugin"), "{error}");
        }
        STRICT_MARIADB.connect(user, "the-old-one-1").await.unwrap();
        assert_so(&STRICT_MARIADB, &is_made(user, "auth_or")).await;
        assert_so(&STRICT_MARIADB, &format!("SELECT COUNT(*) = 0 FROM mysql.user WHERE User = '{clone}'")).await;
    }
}

/// Its old password lets in what sets another one, and nothing else.
#[tokio::test]
async fn a_password_that_has_expired_is_set() {
    // One is quoted otherwise where the server has not been told how.
    for (user, new) in [("expired", "the-new-one-2"), ("expired_too", "with'\\'both-3")] {
        STRICT_MARIADB.create_user(user, "the-old-one-1").await;
        STRICT_MARIADB.run(&[&format!("ALTER USER {user}@'%' PASSWORD EXPIRE")]).await;
        let error = STRICT_MARIADB.connect(user, "the-old-one-1").await.unwrap().probe("SELECT 1").await.unwrap_err();
        assert!(matches!(error.why, Why::Hindered(words) if words.contains("has expired")), "{error}");
        set(&STRICT_MARIADB, user, "the-old-one-1", new).await.unwrap();
        STRICT_MARIADB.connect(user, new).await.unwrap().probe("SELECT 1").await.unwrap();
    }
}

/// Each of these comes only where the password is right.
#[tokio::test]
async fn what_keeps_a_user_out_is_no_refused_password() {
    MARIADB.run(&["CREATE DATABASE kept_out"]).await;
    for (user, how, said) in [
        ("locked", "ACCOUNT LOCK", "the account is locked"),
        ("limited", "WITH MAX_CONNECTIONS_PER_HOUR 1", "reached a limit of its own"),
        ("elsewhere", "", "may not use the database"),
    ] {
        MARIADB.run(&[&format!("CREATE USER {user}@'%' IDENTIFIED BY 'the-old-one-1' {how}")]).await;
        let mut login = MARIADB.login(user, "the-old-one-1");
        login.database = (user == "elsewhere").then(|| "kept_out".into());
        if user == "limited" {
            engine::connect(&login, &MARIADB.trust()).await.unwrap();
        }
        let error = engine::connect(&login, &MARIADB.trust()).await.err().expect("the login is refused");
        assert!(matches!(error.why, Why::Hindered(words) if words.contains(said)), "{error}");
        login.password = SecretString::from("another-1");
        let error = engine::connect(&login, &MARIADB.trust()).await.err().expect("the login is refused");
        assert_eq!(error.why, Why::Credential, "{error}");
    }
}

/// A user that may see its other accounts changes all of them, or is told that it may not; then nothing is changed.
#[tokio::test]
async fn a_user_of_several_accounts_changes_all_of_them_or_none() {
    for (user, may, is_changed) in
        [("sees", "SELECT ON mysql.*", false), ("changes_all", "SELECT ON mysql.*; CREATE USER ON *.*", true)]
    {
        for host in ["%", "127.0.0.1", "127.0.0.2"] {
            let made = format!("CREATE USER {user}@'{host}' IDENTIFIED BY 'the-old-one-1'");
            MARIADB.run(&[&made]).await;
            for may in may.split("; ") {
                MARIADB.run(&[&format!("GRANT {may} TO {user}@'{host}'")]).await;
            }
        }
        let done = set(&MARIADB, user, "the-old-one-1", "the-new-one-2").await;
        let count = "SELECT COUNT(DISTINCT authentication_string) = 1 FROM mysql.user";
        assert_so(&MARIADB, &format!("{count} WHERE User = '{user}'")).await;
        if is_changed {
            done.unwrap();
            MARIADB.connect(user, "the-new-one-2").await.unwrap();
        } else {
            let said = done.unwrap_err().to_string();
            assert!(said.contains("'sees'@'127.0.0.1' may not change 'sees'@'%', 'sees'@'127.0.0.2'"), "{said}");
            MARIADB.connect(user, "the-old-one-1").await.unwrap();
        }
    }
}

/// By its own grants, by a role of a role, of any of its accounts.
#[tokio::test]
async fn powers_are_told_wherever_they_come_from() {
    let made = [
        "CREATE ROLE inner_power",
        "GRANT CREATE USER ON *.* TO inner_power",
        "CREATE ROLE outer_power",
        "GRANT inner_power TO outer_power",
        "CREATE USER mighty@'%' IDENTIFIED BY 'the-old-one-1'",
        "CREATE USER mighty@'127.0.0.1' IDENTIFIED BY 'the-old-one-1'",
        "GRANT outer_power TO mighty@'%'",
        "GRANT UPDATE ON mysql.* TO mighty@'127.0.0.1' WITH GRANT OPTION",
        "CREATE USER ordinary@'%' IDENTIFIED BY 'the-old-one-1'",
        "GRANT ALL ON `mysql\\_of\\_ordinary`.* TO ordinary@'%' WITH GRANT OPTION",
        "GRANT SELECT, PROCESS ON *.* TO ordinary@'%'",
    ];
    MARIADB.run(&made).await;
    let mut master = MARIADB.master().await;
    let powers = master.powers_of("mighty").await.unwrap();
    assert_eq!(powers, ["CREATE USER ON *.*", "GRANT OPTION ON `mysql`.*", "UPDATE ON `mysql`.*"]);
    let powers = master.powers_of("master").await.unwrap();
    assert!(powers.starts_with(&["ALL PRIVILEGES ON *.*".into()]), "{powers:?}");
    for user in ["ordinary", "never_there"] {
        assert!(master.powers_of(user).await.unwrap().is_empty(), "{user}");
    }
    let marks = master.marks_of(["ordinary", "never_there"]).await.unwrap();
    assert!(marks.contains_key("ordinary") && marks.len() == 1);
    let mut ordinary = MARIADB.connect("ordinary", "the-old-one-1").await.unwrap();
    assert!(!ordinary.powers_of("mighty").await.unwrap().is_empty());
    MARIADB.run(&["REVOKE SELECT ON *.* FROM ordinary@'%'"]).await;
    let mut ordinary = MARIADB.connect("ordinary", "the-old-one-1").await.unwrap();
    assert!(ordinary.powers_of("mighty").await.is_err(), "what cannot be read is not empty");
}
