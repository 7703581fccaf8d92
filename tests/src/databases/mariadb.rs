//! Starts MariaDB.

use std::fs;

use rotate_db_user::engine::Engine;

use super::{MASTER, MASTER_PASSWORD, Place, Server, UNNAMED, free_port, run_as_nobody};

const PROGRAM: &str = "/usr/sbin/mariadbd";

/// Debian's own script for a new server runs this too, and much that no test needs.
const TABLES: &str = "/usr/share/mysql/mysql_system_tables.sql";

/// What judges passwords, `make setup` puts here.
const PASSWORD_CHECK: &str = ".local/mariadb/simple_password_check.so";

/// With these it refuses a password that is the user's name, as PostgreSQL's `passwordcheck` does, and no other.
const RULES: [&str; 5] = [
    "--plugin-load-add=simple_password_check",
    "--simple-password-check-minimal-length=0",
    "--simple-password-check-digits=0",
    "--simple-password-check-letters-same-case=0",
    "--simple-password-check-other-characters=0",
];

pub(super) fn start() -> Server {
    let place = Place::make("mariadb");
    let port = free_port(Engine::Mariadb);
    fs::create_dir(place.path("tables")).unwrap();
    let password_check = fs::copy(local_aws::workspace().join(PASSWORD_CHECK), place.path("simple_password_check.so"));
    password_check.expect("MariaDB's plugin (`make setup` installs it)");
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
    let more = [
        format!("--port={port}"),
        format!("--bind-address=127.0.0.1,{UNNAMED}"),
        format!("--ssl-cert={}", place.path("server.pem")),
        format!("--ssl-key={}", place.path("server.key")),
        format!("--general-log-file={}", place.path("log")),
        "--general-log=1".into(),
        "--max-connections=200".into(),
        format!("--plugin-dir={}", place.dir.display()),
    ];
    let more = more.iter().map(String::as_str).chain(RULES);
    let server: Vec<_> = [PROGRAM].into_iter().chain(settings).chain(more).collect();
    place.start(Engine::Mariadb, port, "KILL", &server)
}
