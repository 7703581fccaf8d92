//! What keeps a user out of PostgreSQL, and is no wrong password: it is said what it is, and the password is shown to no server that
//! asks for it.

use std::sync::Arc;

use rotate_db_user::engine::{self, Error, Login, Trust, Why};
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{HOST, POSTGRES, certificates, postgres};

const FIRST: &str = "the-old-one-1";

async fn refusal(login: &Login, trust: &Trust) -> Error {
    engine::connect(login, trust).await.err().expect("the login is refused")
}

#[tokio::test]
async fn what_keeps_a_user_out_is_named_and_is_not_the_password() {
    POSTGRES.run(&["CREATE DATABASE closed ALLOW_CONNECTIONS false", "CREATE DATABASE private"]).await;
    POSTGRES.run(&["REVOKE CONNECT ON DATABASE private FROM PUBLIC"]).await;
    for (user, prepare, database, is_encrypted, expected) in [
        ("kept_by_hba", "SELECT 1", "postgres", false, "no rule of pg_hba.conf"),
        (
            "kept_by_nologin",
            "ALTER ROLE kept_by_nologin NOLOGIN",
            "postgres",
            true,
            "the user has NOLOGIN; ALTER ROLE .. LOGIN",
        ),
        (
            "kept_by_limit",
            "ALTER ROLE kept_by_limit CONNECTION LIMIT 0",
            "postgres",
            true,
            "raise the role's CONNECTION LIMIT",
        ),
        ("kept_closed", "SELECT 1", "closed", true, "this database takes no connections"),
        ("kept_private", "SELECT 1", "private", true, "GRANT CONNECT"),
        ("kept_by_method", "GRANT clear TO kept_by_method", "postgres", true, "use scram-sha-256 in pg_hba.conf"),
    ] {
        POSTGRES.create_user(user, FIRST).await;
        POSTGRES.run(&[prepare]).await;
        let login = Login { database: Some(database.into()), is_encrypted, ..POSTGRES.login(user, FIRST) };
        let error = refusal(&login, &POSTGRES.trust()).await;
        assert!(matches!(error.why, Why::Hindered(_)) && error.to_string().contains(expected), "{error}");
        let failed = rotation_error(error);
        assert!(!failed.is_refused(), "it costs no attempt: {failed}");
    }
    // PostgreSQL tells these apart only in its own log.
    POSTGRES.create_user("kept_by_time", FIRST).await;
    POSTGRES.run(&["ALTER ROLE kept_by_time VALID UNTIL '2020-01-01'"]).await;
    let error = refusal(&POSTGRES.login("kept_by_time", FIRST), &POSTGRES.trust()).await;
    assert!(error.why == Why::Credential && error.to_string().contains("VALID UNTIL"), "{error}");
    let error = refusal(&POSTGRES.login("kept_by_time", "wrong"), &POSTGRES.trust()).await;
    assert_eq!(error.why, Why::Credential, "{error}");
}

fn rotation_error(error: Error) -> reaction::Error {
    error.into()
}

#[tokio::test]
async fn a_standby_is_named() {
    let standby = postgres::start_standby();
    let mut master = standby.master().await;
    let error = master.set_password("master", &SecretString::from("whatever-it-is-1")).await.unwrap_err();
    assert!(matches!(error.why, Why::Hindered(_)) && error.to_string().contains("the writer's endpoint"), "{error}");
    standby.master().await;
}

/// Asks for the password in clear text.
const CLEAR: &[u8] = b"R\0\0\0\x08\0\0\0\x03";

/// Asks for SCRAM, with a proof that is bound to the channel or without.
const SCRAM: &[u8] = b"R\0\0\0\x2a\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";

/// Plays a server that asks so, and gives the beginning of what it is told then.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, words: &[u8]) -> String {
    let length = stream.read_u32().await.unwrap();
    let mut startup = vec![0; usize::try_from(length).unwrap() - 4];
    stream.read_exact(&mut startup).await.unwrap();
    stream.write_all(words).await.unwrap();
    stream.flush().await.unwrap();
    let mut told = [0; 1024];
    // A client that is gone may not have said so.
    let length = stream.read(&mut told).await.unwrap_or_default();
    String::from_utf8_lossy(&told[..length]).into_owned()
}

/// Logs in to such a server: why it did not work, and what the server was told.
async fn meet(words: &[u8], is_encrypted: bool) -> (Error, String) {
    let certified = certificates::make(&[HOST]);
    let certificate = CertificateDer::from_pem_slice(certified.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(certified.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).unwrap()));
    let trust = Trust::Bundle(certified.authority.into_bytes());
    let listener = TcpListener::bind((HOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let login = Login { port, is_encrypted, ..POSTGRES.login("app", "never-to-be-told-1") };
    let asked = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        if !is_encrypted {
            return ask(stream, words).await;
        }
        stream.read_exact(&mut [0; 8]).await.unwrap();
        stream.write_all(b"S").await.unwrap();
        ask(acceptor.accept(stream).await.unwrap(), words).await
    };
    tokio::join!(refusal(&login, &trust), asked)
}

#[tokio::test]
async fn a_server_that_asks_for_clear_text_gets_nothing() {
    for is_encrypted in [false, true] {
        let (error, told) = meet(CLEAR, is_encrypted).await;
        assert_eq!(told, "", "{error}");
        assert!(matches!(error.why, Why::Hindered(_)), "{error}");
        assert!(error.to_string().contains("it asked for the password in clear text, and got nothing"), "{error}");
    }
}

/// So that a server in between cannot use it elsewhere.
#[tokio::test]
async fn with_tls_the_proof_is_bound_to_the_channel() {
    for (is_encrypted, expected) in [(true, "SCRAM-SHA-256-PLUS\0"), (false, "SCRAM-SHA-256\0")] {
        let (error, told) = meet(SCRAM, is_encrypted).await;
        assert!(told.starts_with('p') && told.contains(expected), "{error}: {told:?}");
        assert_eq!(told.contains("p=tls-server-end-point,"), is_encrypted, "{told:?}");
    }
}

/// Over TLS the server is known to be the right one; and the first password that is set ends it.
#[tokio::test]
async fn only_over_tls_a_server_gets_a_hash() {
    let mut master = POSTGRES.master().await;
    for statement in
        ["SET password_encryption = md5", "CREATE ROLE aged LOGIN PASSWORD 'the-old-one-1'", "GRANT hashed TO aged"]
    {
        master.probe(statement).await.unwrap();
    }
    let mut login = POSTGRES.login("aged", FIRST);
    let mut own = engine::connect(&login, &POSTGRES.trust()).await.unwrap();
    login.is_encrypted = false;
    let error = refusal(&login, &POSTGRES.trust()).await;
    assert!(error.to_string().contains("it asked for the password's MD5 hash, and got nothing"), "{error}");
    own.set_password("aged", &SecretString::from("the-new-one-2")).await.unwrap();
    login.password = SecretString::from("the-new-one-2");
    engine::connect(&login, &POSTGRES.trust()).await.unwrap();
}
