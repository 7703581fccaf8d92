//! PostgreSQL and MariaDB, as Debian packs them, on loopback: with TLS, and as an unprivileged user where the benchmark is root. Every connection
//! goes through a wire that counts it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::clock;
use crate::tls::Tls;

/// The user that may do everything.
pub const MASTER: &str = "master";
/// The password of every user at first.
pub const PASSWORD: &str = "the-first-one-1";
/// The users whose passwords are rotated.
pub const USERS: [&str; 2] = ["single", "pair"];

const MARIADB: &str = "/usr/sbin/mariadbd";
/// Debian's own script for a new server runs this too.
const TABLES: &str = "/usr/share/mysql/mysql_system_tables.sql";
const PAUSE: Duration = Duration::from_millis(20);
const LOOKS: u32 = 3_000;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    Mariadb,
}

/// A running server.
pub struct Database {
    /// Which one.
    pub engine: Engine,
    /// Where the wire listens, on 127.0.0.1.
    pub port: u16,
    logins: Arc<AtomicU32>,
    dir: PathBuf,
    server: Child,
    _wire: JoinSet<()>,
}

impl Engine {
    /// Its name in secrets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }
}

impl Database {
    /// Makes and starts a server with the master and the users.
    pub async fn start(engine: Engine, tls: &Tls) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("signalbox-bench-{}-{}", engine.name(), std::process::id()));
        prepare(&dir, tls)?;
        let port = free_port().await?;
        let server = match engine {
            Engine::Postgres => postgres(&dir, port).await?,
            Engine::Mariadb => mariadb(&dir, port).await?,
        };
        let logins = Arc::<AtomicU32>::default();
        let (own_port, wire) = wire(port, logins.clone()).await?;
        let database = Self { engine, port: own_port, logins, dir, server, _wire: wire };
        database.wait().await?;
        Ok(database)
    }

    /// How many connections were made since this was last asked.
    pub fn take_logins(&self) -> u32 {
        self.logins.swap(0, Ordering::Relaxed)
    }

    /// Waits until its log says that it is ready.
    async fn wait(&self) -> Result<()> {
        let mut log = String::new();
        for _ in 0..LOOKS {
            log = fs::read_to_string(self.dir.join("log"))?;
            if log.contains("ready to accept connections") || log.contains("ready for connections") {
                return Ok(());
            }
            clock::pass(PAUSE).await;
        }
        anyhow::bail!("{:?} does not start: {log}", self.engine)
    }

    /// Ends the server and removes what it kept.
    pub async fn stop(mut self) -> Result<()> {
        // By this signal PostgreSQL ends at once, with its other processes.
        let signal = if self.engine == Engine::Postgres { "-QUIT" } else { "-KILL" };
        let pid = self.server.id().context("it has no process id")?;
        Command::new("kill").arg(signal).arg(pid.to_string()).status().await?;
        self.server.wait().await?;
        fs::remove_dir_all(&self.dir).with_context(|| format!("removing {}", self.dir.display()))
    }
}

/// A directory with what TLS needs, and a log.
fn prepare(dir: &Path, tls: &Tls) -> Result<()> {
    fs::create_dir(dir).with_context(|| format!("making {}", dir.display()))?;
    for (name, text) in [("server.pem", tls.certificate.as_str()), ("server.key", &tls.key), ("log", "")] {
        fs::write(dir.join(name), text)?;
    }
    fs::set_permissions(dir.join("server.key"), fs::Permissions::from_mode(0o600))?;
    Ok(())
}

async fn postgres(dir: &Path, port: u16) -> Result<Child> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let newest = versions.map(|it| it.path().join("bin")).filter(|it| it.join("postgres").exists()).max();
    let programs = newest.context("PostgreSQL is missing: make setup installs it")?;
    let (initdb, server, cluster) = (text(&programs, "initdb"), text(&programs, "postgres"), text(dir, "cluster"));
    fs::write(dir.join("password"), PASSWORD)?;
    fs::write(dir.join("hba"), "hostssl all all 127.0.0.0/8 scram-sha-256\n")?;
    let (user, password) = (format!("--username={MASTER}"), format!("--pwfile={}", text(dir, "password")));
    let made = [&initdb, "-D", &cluster, &user, &password, "--no-sync", "--auth=scram-sha-256"];
    run(dir, &made, "").await?;
    let users = USERS.map(|user| format!("CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}';\n")).concat();
    run(dir, &[&server, "--single", "-D", &cluster, "-F", "postgres"], &users).await?;
    let settings = [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".into(),
        format!("unix_socket_directories={}", dir.display()),
        format!("hba_file={}", text(dir, "hba")),
        format!("ssl_cert_file={}", text(dir, "server.pem")),
        format!("ssl_key_file={}", text(dir, "server.key")),
        "ssl=on".into(),
        "fsync=off".into(),
    ];
    let words = [server.as_str(), "-D", &cluster].into_iter();
    serve(dir, &words.chain(settings.iter().flat_map(|it| ["-c", it.as_str()])).collect::<Vec<_>>())
}

async fn mariadb(dir: &Path, port: u16) -> Result<Child> {
    fs::create_dir(dir.join("tables"))?;
    let tables = fs::read_to_string(TABLES).context("MariaDB is missing: make setup installs it")?;
    let settings = [
        "--no-defaults".to_owned(),
        format!("--datadir={}", text(dir, "tables")),
        format!("--socket={}", text(dir, "socket")),
        format!("--pid-file={}", text(dir, "pid")),
        "--skip-name-resolve".into(),
        "--innodb-flush-method=nosync".into(),
        "--innodb-log-file-size=4M".into(),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".into(),
        format!("--ssl-cert={}", text(dir, "server.pem")),
        format!("--ssl-key={}", text(dir, "server.key")),
    ];
    let user = |name: &str| format!("CREATE USER {name}@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL;\n");
    let granted = |name: &str| format!("GRANT SELECT, INSERT ON shop.* TO {name}@'%';\n");
    let users = USERS.map(|name| user(name) + &granted(name)).concat();
    let first = format!(
        "CREATE DATABASE mysql;\nCREATE DATABASE shop;\nUSE mysql;\n{tables}\nFLUSH PRIVILEGES;\n{}\
         GRANT ALL ON *.* TO {MASTER}@'%' WITH GRANT OPTION;\n{users}",
        user(MASTER)
    );
    let words: Vec<_> = [MARIADB].into_iter().chain(settings.iter().map(String::as_str)).collect();
    run(dir, &[&words[..], &["--bootstrap"]].concat(), &first).await?;
    serve(dir, &words)
}

fn text(dir: &Path, name: &str) -> String {
    dir.join(name).display().to_string()
}

/// A command that ends with the benchmark. The servers refuse to run as root: there it runs as an unprivileged user.
fn as_nobody(dir: &Path, words: &[&str]) -> Result<Command> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if fs::metadata("/proc/self")?.uid() == 0 {
        let handed = std::process::Command::new("chown").args(["-R", "nobody:"]).arg(dir).status()?;
        ensure!(handed.success(), "handing {} over", dir.display());
        command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
    }
    command.args(words).current_dir("/").kill_on_drop(true);
    Ok(command)
}

/// Runs a command to its end, with a text to read.
async fn run(dir: &Path, words: &[&str], input: &str) -> Result<()> {
    let mut command = as_nobody(dir, words)?;
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("starting {}", words[0]))?;
    child.stdin.take().context("its input")?.write_all(input.as_bytes()).await?;
    let told = child.wait_with_output().await?;
    ensure!(told.status.success(), "{}: {}", words[0], String::from_utf8_lossy(&told.stderr));
    Ok(())
}

fn serve(dir: &Path, words: &[&str]) -> Result<Child> {
    let log = fs::File::options().append(true).open(dir.join("log"))?;
    let mut command = as_nobody(dir, words)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.spawn().with_context(|| format!("starting {}", words[0]))
}

async fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port())
}

/// Counts connections and hands them on.
async fn wire(to: u16, connections: Arc<AtomicU32>) -> Result<(u16, JoinSet<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("listening on 127.0.0.1")?;
    let port = listener.local_addr()?.port();
    let mut wire = JoinSet::new();
    wire.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((mut near, _)) = listener.accept().await {
            connections.fetch_add(1, Ordering::Relaxed);
            open.spawn(async move {
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", to)).await else { return };
                // A connection that breaks shows in the function's own answer, not here.
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    Ok((port, wire))
}
