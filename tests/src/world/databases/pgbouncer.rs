//! Starts PgBouncer before PostgreSQL, one for each test that needs it; it ends with the test.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use rotate_db_user::engine::Engine;

use super::{HOST, MASTER, MASTER_PASSWORD, POSTGRES, Place, Server};

static POOLERS: AtomicU16 = AtomicU16::new(0);

/// How PgBouncer knows the passwords of users.
#[derive(Clone, Copy, Debug)]
pub enum Passwords<'a> {
    /// It asks PostgreSQL.
    Asked,
    /// It has a list: name, and password or verifier.
    Listed(&'a [(&'a str, &'a str)]),
}

/// Starts one that pools so (`pool_mode`).
pub fn start(mode: &str, passwords: Passwords<'_>) -> Server {
    start_before(&[("*", &POSTGRES)], mode, passwords)
}

/// Starts one that leads each of these databases to a server.
pub fn start_before(databases: &[(&str, &Server)], mode: &str, passwords: Passwords<'_>) -> Server {
    // PgBouncer needs its servers first.
    let databases: Vec<_> =
        databases.iter().map(|(name, server)| format!("{name} = host={HOST} port={}\n", server.port)).collect();
    let databases = databases.concat();
    let port = free_port();
    let place = Place::make(&format!("pgbouncer-{port}"));
    let users = match passwords {
        Passwords::Asked => vec![(MASTER, MASTER_PASSWORD)],
        Passwords::Listed(all) => all.to_vec(),
    };
    let users: Vec<_> = users.iter().map(|(user, password)| format!("\"{user}\" \"{password}\"\n")).collect();
    let asks = match passwords {
        Passwords::Asked => {
            format!("auth_user={MASTER}\nauth_query=SELECT usename, passwd FROM pg_shadow WHERE usename=$1\n")
        }
        Passwords::Listed(_) => String::new(),
    };
    let [file, key, certificate] = ["users", "server.key", "server.pem"].map(|it| place.path(it));
    let settings = format!(
        "[databases]\n{databases}[pgbouncer]\nlisten_addr={HOST}\nlisten_port={port}\nunix_socket_dir=\n\
         pool_mode={mode}\nauth_type=scram-sha-256\nauth_file={file}\n{asks}client_tls_sslmode=require\n\
         client_tls_key_file={key}\nclient_tls_cert_file={certificate}\nserver_tls_sslmode=require\nserver_reset_query=DISCARD ALL\n\
         query_wait_timeout=4\nserver_login_retry=1\n"
    );
    fs::write(&file, users.concat()).unwrap();
    fs::write(place.path("settings"), settings).unwrap();
    let settings = place.path("settings");
    place.start(Engine::Postgres, port, "TERM", &["/usr/sbin/pgbouncer", &settings])
}

/// A port below those that connections are made from, and beside those of the servers; no two tests get the same one.
pub(super) fn free_port() -> u16 {
    let number = POOLERS.fetch_add(1, Ordering::Relaxed);
    let first = 10_000 + u16::try_from(std::process::id() % 400).unwrap() * 20 + number;
    let mut ports = first..20_000;
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}
