//! Starts MariaDB.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};

use rotate_db_user::engine::Engine;

use super::{MASTER, MASTER_PASSWORD, Place, Server, UNNAMED, free_port, run_as_nobody};

const PROGRAM: &str = "/usr/sbin/mariadbd";

/// Debian's own script for a new server runs this too, and much that no test needs.
const TABLES: &str = "/usr/share/mysql/mysql_system_tables.sql";

/// Where `make setup` puts plugins.
const PLUGINS: &str = ".local/mariadb";

/// With these it refuses a password that is the user's name, as PostgreSQL's `passwordcheck` does, and no other.
const RULES: [&str; 5] = [
    "--plugin-load-add=simple_password_check",
    "--simple-password-check-minimal-length=0",
    "--simple-password-check-digits=0",
    "--simple-password-check-letters-same-case=0",
    "--simple-password-check-other-characters=0",
];

/// With these an account may log in by ed25519 or PAM, and no password may be set twice.
const STRICT: [&str; 3] =
    ["--plugin-load-add=auth_ed25519", "--plugin-load-add=auth_pam_v1", "--plugin-load-add=password_reuse_check"];

pub(super) fn start() -> Server {
    start_with("mariadb", free_port(Engine::Mariadb), &["simple_password_check"], &RULES)
}

pub(super) fn start_strict() -> Server {
    // Apart from those of the other servers.
    let first = 10_000 + u16::try_from(std::process::id() % 9000).unwrap();
    let port = (first..20_000).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap();
    start_with("mariadb-strict", port, &["auth_ed25519", "auth_pam_v1", "password_reuse_check"], &STRICT)
}

fn start_with(name: &str, port: u16, plugins: &[&str], more: &[&str]) -> Server {
    let place = Place::make(name);
    fs::create_dir(place.path("tables")).unwrap();
    for plugin in plugins {
        let file = format!("{plugin}.so");
        let copied = fs::copy(local_aws::workspace().join(PLUGINS).join(&file), place.path(&file));
        copied.unwrap_or_else(|error| panic!("MariaDB's plugin {file} (`make setup` installs it): {error}"));
    }
    place.hand_over();
    let settings = [
        "--no-defaults".to_owned(),
        format!("--datadir={}", place.path("tables")),
        format!("--socket={}", place.path("socket")),
        format!("--pid-file={}", place.path("pid")),
        "--skip-name-resolve".into(),
        "--innodb-flush-method=nosync".into(),
        "--innodb-log-file-size=4M".into(),
    ];
    let settings: Vec<_> = settings.iter().map(String::as_str).collect();
    let tables = fs::read_to_string(TABLES).expect("MariaDB (`make setup` installs it)");
    let first = format!(
        "CREATE DATABASE mysql;\nUSE mysql;\n{tables}\nFLUSH PRIVILEGES;\n\
         CREATE USER {MASTER}@'%' IDENTIFIED BY '{MASTER_PASSWORD}' REQUIRE SSL;\n\
         GRANT ALL ON *.* TO {MASTER}@'%' WITH GRANT OPTION;\n"
    );
    run_as_nobody(&[&[PROGRAM], &settings[..], &["--bootstrap"]].concat(), &first);
    let own = [
        format!("--port={port}"),
        format!("--bind-address=127.0.0.1,{UNNAMED}"),
        format!("--ssl-cert={}", place.path("server.pem")),
        format!("--ssl-key={}", place.path("server.key")),
        format!("--general-log-file={}", place.path("log")),
        "--general-log=1".into(),
        "--max-connections=200".into(),
        format!("--plugin-dir={}", place.dir.display()),
    ];
    let own = own.iter().map(String::as_str).chain(more.iter().copied());
    let server: Vec<_> = [PROGRAM].into_iter().chain(settings).chain(own).collect();
    place.start(Engine::Mariadb, port, "KILL", &server)
}
