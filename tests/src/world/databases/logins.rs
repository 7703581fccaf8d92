//! Who is let in, who is not, and what is said of it.

use rotate_db_user::engine::{self, Engine, Trust, Why};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{HOST, MARIADB, POSTGRES, Server, UNNAMED, both, certificates, ensure_clone};

/// Why the server does not let a user in.
async fn refusal(server: &Server, user: &str, password: &str) -> Why {
    let error = server.connect(user, password).await.err().expect("the login is refused");
    assert!(!error.to_string().contains(password), "{error}");
    error.why
}

#[tokio::test]
async fn the_new_password_is_taken_and_the_old_one_refused() {
    for server in both() {
        server.create_user("changes", "the-old-one-1").await;
        // Its own, and then by a master.
        let mut own = server.connect("changes", "the-old-one-1").await.unwrap();
        own.set_password("changes", &SecretString::from("the-new-one-2")).await.unwrap();
        assert_eq!(refusal(server, "changes", "the-old-one-1").await, Why::Credential);
        server.connect("changes", "the-new-one-2").await.unwrap().probe("SELECT 1").await.unwrap();
        let third = SecretString::from("the-last-one-3");
        server.master().await.set_password("changes", &third).await.unwrap();
        server.master().await.set_password("changes", &third).await.unwrap();
        assert_eq!(refusal(server, "changes", "the-new-one-2").await, Why::Credential);
        server.connect("changes", "the-last-one-3").await.unwrap();
        assert_eq!(refusal(server, "never_there", "whatever-it-is").await, Why::Credential);
    }
}

#[tokio::test]
async fn a_password_may_hold_any_character() {
    let printable: String = (' '..='~').collect();
    for server in both() {
        server.create_user("awkward", "the-old-one-1").await;
        for password in
            [printable.as_str(), "\\", "\\'; -- 1", "''\\\\''\"", "%s $1 ? :a {} 1", "ä€😀 \u{a0}1", "\\0\n\t`1"]
        {
            server.master().await.set_password("awkward", &SecretString::from(password)).await.unwrap();
            let mut own = server.connect("awkward", password).await.unwrap_or_else(|it| panic!("{password}: {it}"));
            own.set_password("awkward", &SecretString::from("between-1")).await.unwrap();
            let mut own = server.connect("awkward", "between-1").await.unwrap();
            own.set_password("awkward", &SecretString::from(password)).await.unwrap();
            server.connect("awkward", password).await.unwrap();
        }
    }
}

/// In MariaDB's mode by default, and in the one where a backslash is only that.
#[tokio::test]
async fn what_a_backslash_means_there_does_not_matter() {
    MARIADB.create_user("backslash", "the-old-one-1").await;
    for mode in ["''", "'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'"] {
        let mut master = MARIADB.master().await;
        master.probe(&format!("SET GLOBAL sql_mode = {mode}")).await.unwrap();
        let set = MARIADB.master().await.set_password("backslash", &SecretString::from("\\' or '\\")).await;
        let taken = MARIADB.connect("backslash", "\\' or '\\").await;
        master.probe("SET GLOBAL sql_mode = DEFAULT").await.unwrap();
        set.unwrap();
        taken.unwrap();
    }
}

#[tokio::test]
async fn a_name_is_quoted() {
    let name = "o'b\"r`i\\en; --";
    let made = [
        "CREATE ROLE \"o'b\"\"r`i\\en; --\" LOGIN",
        "CREATE USER 'o''b\"r`i\\en; --'@'%' IDENTIFIED BY 'a-first-one-1'",
    ];
    for (server, made) in both().into_iter().zip(made) {
        let mut master = server.master().await;
        master.probe(made).await.unwrap();
        master.set_password(name, &SecretString::from("quoted-1")).await.unwrap();
        let password = SecretString::from("quoted-2");
        ensure_clone(&mut master, name, "o'b_clone", &password).await.unwrap();
        master.set_password("o'b_clone", &password).await.unwrap();
        server.connect(name, "quoted-1").await.unwrap();
        server.connect("o'b_clone", "quoted-2").await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_another_authority_certifies_is_refused() {
    let other = certificates::make(&["localhost"]).authority;
    for server in both() {
        server.create_user("trusting", "the-old-one-1").await;
        for trust in [Trust::Bundle(other.clone().into_bytes()), Trust::System, Trust::Bundle(Vec::new())] {
            let login = server.login("trusting", "the-old-one-1");
            let error = engine::connect(&login, &trust).await.err().expect("the server is refused");
            assert_eq!(error.why, Why::Untrusted, "{error}");
        }
    }
}

#[tokio::test]
async fn a_server_of_another_name_is_refused() {
    for server in both() {
        server.create_user("named", "the-old-one-1").await;
        for (host, is_named) in [("127.0.0.1", true), (UNNAMED, false)] {
            let mut login = server.login("named", "the-old-one-1");
            login.host = host.into();
            let why = engine::connect(&login, &server.trust()).await.err().map(|error| error.why);
            assert_eq!(why, (!is_named).then_some(Why::Untrusted), "{host}");
        }
    }
}

/// Without TLS goes only what says so, and what says so never uses it.
#[tokio::test]
async fn only_a_secret_that_says_so_goes_in_the_clear() {
    POSTGRES.create_user("in_the_clear", "the-old-one-1").await;
    POSTGRES.run(&["GRANT plain TO in_the_clear"]).await;
    MARIADB.run(&["CREATE USER in_the_clear@'%' IDENTIFIED BY 'the-old-one-1'"]).await;
    let is_plain = [
        "SELECT 1 / (SELECT count(*) FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND NOT ssl)",
        "SELECT IF(VARIABLE_VALUE = '', 1, (SELECT 1 UNION SELECT 2)) FROM information_schema.SESSION_STATUS \
         WHERE VARIABLE_NAME = 'Ssl_cipher'",
    ];
    for (server, is_plain) in both().into_iter().zip(is_plain) {
        server.create_user("by_tls_only", "the-old-one-1").await;
        let mut login = server.login("in_the_clear", "the-old-one-1");
        let mut encrypted = engine::connect(&login, &server.trust()).await.unwrap();
        assert_eq!(encrypted.probe(is_plain).await.unwrap_err().why, Why::Other);
        login.is_encrypted = false;
        // No authority is to be trusted for it.
        let mut plain = engine::connect(&login, &Trust::Bundle(Vec::new())).await.unwrap();
        plain.probe(is_plain).await.unwrap();
        login.user = "by_tls_only".into();
        let error = engine::connect(&login, &server.trust()).await.err().expect("the login is refused");
        match server.engine {
            Engine::Postgres => assert!(error.to_string().contains("no rule of pg_hba.conf"), "{error}"),
            _ => assert_eq!(error.why, Why::Credential, "{error}"),
        }
    }
}

#[tokio::test]
async fn postgresql_logs_no_password() {
    POSTGRES.create_user("logged", "the-old-one-1").await;
    let mut master = POSTGRES.master().await;
    master.set_password("logged", &SecretString::from("seen-by-nobody-1")).await.unwrap();
    ensure_clone(&mut master, "logged", "logged_clone", &SecretString::from("seen-by-nobody-2")).await.unwrap();
    let mut own = POSTGRES.connect("logged", "seen-by-nobody-1").await.unwrap();
    own.set_password("logged", &SecretString::from("seen-by-nobody-3")).await.unwrap();
    let log = POSTGRES.log();
    assert!(log.contains("ALTER ROLE \"logged\" PASSWORD 'SCRAM-SHA-256$"), "statements are logged");
    assert!(!log.contains("seen-by-nobody"), "no password is");
}

#[tokio::test]
async fn a_user_that_was_dropped_is_missed() {
    for server in both() {
        server.create_user("dropped", "the-old-one-1").await;
        let drop = if server.engine == Engine::Postgres { "DROP ROLE dropped" } else { "DROP USER dropped@'%'" };
        server.run(&[drop]).await;
        let mut master = server.master().await;
        let password = SecretString::from("whatever-it-is");
        let error = master.set_password("dropped", &password).await.unwrap_err();
        assert_eq!(error.why, Why::Missing, "{error}");
        assert!(error.to_string().starts_with("setting the password of dropped in "), "{error}");
        let error = ensure_clone(&mut master, "dropped", "dropped_clone", &password).await.unwrap_err();
        assert_eq!(error.why, Why::Missing, "{error}");
        assert_eq!(refusal(server, "dropped_clone", "whatever-it-is").await, Why::Credential);
    }
}

/// Of a verifier, PostgreSQL's `passwordcheck` sees only whether it is the user's name.
#[tokio::test]
async fn a_password_may_be_refused_by_policy() {
    for server in both() {
        server.create_user("own_name_is_it", "the-old-one-1").await;
        let own_name = SecretString::from("own_name_is_it");
        let own = server.connect("own_name_is_it", "the-old-one-1").await.unwrap();
        for mut connection in [server.master().await, own] {
            let error = connection.set_password("own_name_is_it", &own_name).await.unwrap_err();
            assert_eq!(error.why, Why::Policy, "{error}");
            assert!(!error.to_string().contains("SCRAM"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_user_that_may_not_is_told_so() {
    for server in both() {
        server.create_user("powerless", "the-old-one-1").await;
        let mut powerless = server.connect("powerless", "the-old-one-1").await.unwrap();
        let error = powerless.set_password("master", &SecretString::from("taken-over-1")).await.unwrap_err();
        assert!(error.why == Why::Other && !error.to_string().contains("taken-over"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let [one, other] = both().map(|server| async {
        let mut login = server.login("anybody", "the-old-one-1");
        login.port = silent.local_addr().unwrap().port();
        engine::connect(&login, &server.trust()).await.err().expect("nobody answers")
    });
    let (one, other) = tokio::join!(one, other);
    for error in [one, other] {
        assert_eq!(error.why, Why::Unreachable, "{error}");
    }
}

/// What a server without TLS says first: MariaDB at once, PostgreSQL when it is asked for TLS.
fn words_without_tls(engine: Engine) -> Vec<u8> {
    if engine == Engine::Postgres {
        return b"N".to_vec();
    }
    // What it can: the protocol of 4.1, its logins and their plugins; and not CLIENT_SSL.
    let abilities: u32 = 0x1 | 0x200 | 0x8000 | 0x8_0000;
    let [low, lower, high, higher] = abilities.to_le_bytes();
    let words = [
        b"\x0a5.5.5-10.11.14-MariaDB\0".as_slice(),
        &[1, 0, 0, 0],
        b"saltsalt\0",
        &[low, lower, 45, 2, 0, high, higher, 21],
        &[0; 10],
        b"saltsaltsalt\0mysql_native_password\0",
    ];
    let words = words.concat();
    [vec![u8::try_from(words.len()).unwrap(), 0, 0, 0], words].concat()
}

/// Nothing falls back: such a server is told at most that TLS is wanted.
#[tokio::test]
async fn a_server_without_tls_gets_nothing() {
    for server in both() {
        let listener = TcpListener::bind((HOST, 0)).await.unwrap();
        let mut login = server.login("in_the_clear", "the-old-one-1");
        login.port = listener.local_addr().unwrap().port();
        let trust = server.trust();
        let spoken_to = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut wanted = [0; 8];
            if server.engine == Engine::Postgres {
                stream.read_exact(&mut wanted).await.unwrap();
            }
            stream.write_all(&words_without_tls(server.engine)).await.unwrap();
            let mut told = Vec::new();
            stream.read_to_end(&mut told).await.unwrap();
            told
        };
        let (connected, told) = tokio::join!(engine::connect(&login, &trust), spoken_to);
        let error = connected.err().expect("the server is refused");
        assert_eq!(error.why, Why::Untrusted, "{error}");
        assert!(told.is_empty(), "{error}: {told:?}");
    }
}
