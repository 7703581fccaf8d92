//! Starts PostgreSQL.

use std::fs;
use std::path::PathBuf;

use rotate_db_user::engine::Engine;

use super::{HOST, MASTER, MASTER_PASSWORD, Place, Server, UNNAMED, free_port, pgbouncer, run_as_nobody};

/// Only members of `plain` may come without TLS. Of members of `clear` the password itself is asked for, of those of `hashed` its
/// MD5 hash. Members of `trusted` are let in with any password.
const WHO_MAY_COME: &str = "host all +trusted 127.0.0.0/8 trust\nhost all +clear 127.0.0.0/8 password\nhost all +hashed 127.0.0.0/8 md5\n\
                            hostnossl all +plain 127.0.0.0/8 scram-sha-256\nhostssl all all 127.0.0.0/8 scram-sha-256\n";

const ROLES: &str = "CREATE ROLE plain;\nCREATE ROLE clear;\nCREATE ROLE hashed;\nCREATE ROLE trusted;\n";

/// Where Debian keeps the newest of its versions.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let all = versions.map(|it| it.path().join("bin")).filter(|it| it.join("postgres").exists());
    all.max().expect("PostgreSQL (`make setup` installs it)")
}

pub(super) fn start() -> Server {
    start_as("postgres", false)
}

pub(super) fn start_other() -> Server {
    start_as("other-postgres", false)
}

/// One that only reads, as a replica does. Of what it would replicate it has everything already.
pub(super) fn start_standby() -> Server {
    start_as("standby", true)
}

fn start_as(name: &str, is_standby: bool) -> Server {
    let place = Place::make(name);
    let program = |name: &str| programs().join(name).to_str().unwrap().to_owned();
    let port = if name == "postgres" { free_port(Engine::Postgres) } else { pgbouncer::free_port() };
    let cluster = place.path("cluster");
    fs::write(place.path("password"), MASTER_PASSWORD).unwrap();
    fs::write(place.path("hba"), WHO_MAY_COME).unwrap();
    place.hand_over();
    let (user, password) = (format!("--username={MASTER}"), format!("--pwfile={}", place.path("password")));
    let words = [&program("initdb"), "-D", &cluster, &user, &password, "--no-sync", "--encoding=UTF8"];
    run_as_nobody(&[&words[..], &["--locale=C.UTF-8", "--auth=scram-sha-256"]].concat(), "");
    run_as_nobody(&[&program("postgres"), "--single", "-D", &cluster, "-F", "postgres"], ROLES);
    if is_standby {
        fs::write(format!("{cluster}/standby.signal"), "").unwrap();
    }
    let settings = [
        format!("port={port}"),
        format!("listen_addresses={HOST},{UNNAMED}"),
        format!("unix_socket_directories={}", place.dir.display()),
        format!("hba_file={}", place.path("hba")),
        format!("ssl_cert_file={}", place.path("server.pem")),
        format!("ssl_key_file={}", place.path("server.key")),
        "ssl=on".into(),
        "password_encryption=scram-sha-256".into(),
        "log_statement=all".into(),
        "shared_preload_libraries=passwordcheck".into(),
        "max_connections=200".into(),
        "fsync=off".into(),
    ];
    let program = program("postgres");
    let server = [program.as_str(), "-D", &cluster].into_iter();
    let server: Vec<_> = server.chain(settings.iter().flat_map(|it| ["-c", it.as_str()])).collect();
    place.start(Engine::Postgres, port, "QUIT", &server)
}
