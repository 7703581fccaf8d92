//! PostgreSQL, PgBouncer and MariaDB, as Debian packs them, on loopback: started once for all tests, as nobody where we are root,
//! and ended with this program, however that ends. Each test has users and databases of its own names.

mod certificates;
mod clones;
mod logins;
mod mariadb;
mod mariadb_accounts;
mod mariadb_clones;
pub mod pgbouncer;
mod postgres;
mod postgres_causes;
mod postgres_owners;
mod postgres_twins;
mod proofs;
pub mod wire;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use rotate_db_user::engine::{self, Connection, Engine, Login, Trust, Why};
use secrecy::SecretString;

/// PostgreSQL: TLS, but for members of the role `plain`; every statement in its log; `passwordcheck`.
pub static POSTGRES: LazyLock<Server> = LazyLock::new(postgres::start);

/// Another PostgreSQL, with users of its own.
pub static OTHER_POSTGRES: LazyLock<Server> = LazyLock::new(postgres::start_other);

/// MariaDB: TLS for users that demand it; every statement in its log; `simple_password_check`.
pub static MARIADB: LazyLock<Server> = LazyLock::new(mariadb::start);

/// MariaDB where accounts may log in by ed25519 or PAM, and no password may be set twice (`password_reuse_check`).
pub static STRICT_MARIADB: LazyLock<Server> = LazyLock::new(mariadb::start_strict);

/// The name that the servers' certificates bear, beside 127.0.0.1.
pub const HOST: &str = "localhost";

/// Where the servers listen too, which their certificates do not bear.
pub const UNNAMED: &str = "127.0.0.2";

/// A user that may do everything.
pub const MASTER: &str = "master";

/// Its password.
pub const MASTER_PASSWORD: &str = "all-of-it-1";

/// How often a user tries to log in, where the server does not answer in time.
const ATTEMPTS: usize = 10;

/// How often a starting server is looked at, beside listening to it, and for how long.
const LOOKS: (Duration, usize) = (Duration::from_millis(500), 120);

/// The first argument is the directory, the second the signal by which the server ends; the rest is the server. Both
/// readers of standard input see its end when the process that started this one is gone.
const KEEP: &str = r#"
dir=$1 signal=$2; shift 2
exec 3<&0
"$@" </dev/null 3<&- >>"$dir/log" 2>&1 &
server=$!
{ cat <&3 >/dev/null; kill -"$signal" $server; } 2>/dev/null &
wait $server
: >"$dir/ended"
cat <&3 >/dev/null
rm -rf "$dir"
"#;

/// A running server.
pub struct Server {
    /// What it is.
    pub engine: Engine,
    /// Where it listens.
    pub port: u16,
    /// The certificate of the authority behind its own, as PEM.
    pub authority: String,
    log: PathBuf,
    _keeper: Child,
}

impl Server {
    /// How a user logs in.
    pub fn login(&self, user: &str, password: &str) -> Login {
        Login {
            engine: self.engine,
            host: HOST.into(),
            port: self.port,
            user: user.into(),
            password: SecretString::from(password),
            database: None,
            is_encrypted: true,
        }
    }

    /// Whom to trust.
    pub fn trust(&self) -> Trust {
        Trust::Bundle(self.authority.clone().into_bytes())
    }

    /// Logs a user in. On a busy machine a login can take longer than an attempt may.
    pub async fn connect(&self, user: &str, password: &str) -> Result<Connection, engine::Error> {
        let (login, trust) = (self.login(user, password), self.trust());
        for _ in 1..ATTEMPTS {
            match engine::connect(&login, &trust).await {
                Err(error) if error.why == Why::Unreachable => {}
                answered => return answered,
            }
        }
        engine::connect(&login, &trust).await
    }

    /// Whether it lets the user in with this password. Panics where it says neither.
    pub async fn lets_in(&self, user: &str, password: &str) -> bool {
        match self.connect(user, password).await {
            Ok(_) => true,
            Err(error) if error.why == Why::Credential => false,
            Err(error) => panic!("{error}\n{}", self.log()),
        }
    }

    /// Logs the user in that may do everything.
    pub async fn master(&self) -> Connection {
        let master = self.connect(MASTER, MASTER_PASSWORD).await;
        master.unwrap_or_else(|error| panic!("{error}\n{}", self.log()))
    }

    /// Runs statements as that user, each by itself.
    pub async fn run(&self, statements: &[&str]) {
        let mut master = self.master().await;
        for statement in statements {
            master.probe(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    }

    /// Makes a user that must come by TLS. The name is to need no quotes.
    pub async fn create_user(&self, user: &str, password: &str) {
        let password = password.replace('\'', "''");
        match self.engine {
            Engine::Postgres => self.run(&[&format!("CREATE ROLE {user} LOGIN PASSWORD '{password}'")]).await,
            _ => self.run(&[&format!("CREATE USER {user}@'%' IDENTIFIED BY '{password}' REQUIRE SSL")]).await,
        }
    }

    /// How often MariaDB refused a user, as its log of statements tells. The log of warnings, which is in the same file, tells it again.
    pub fn refusals(&self, user: &str) -> usize {
        self.log().matches(&format!("Connect\tAccess denied for user '{user}'@")).count()
    }

    /// Everything that it wrote down, statements too.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

/// Makes a clone equal, as a turn does that has just looked at both users: what could not be handed over.
pub async fn ensure_clone(
    master: &mut Connection,
    from: &str,
    to: &str,
    password: &SecretString,
) -> Result<Vec<String>, engine::Error> {
    let seen = master.marks_of([from, to]).await?;
    master.ensure_clone(from, to, password, &seen).await.map(|it| it.left)
}

/// Both servers, for what must be so in each.
pub fn both() -> [&'static Server; 2] {
    [&POSTGRES, &MARIADB]
}

/// A directory for one server, with what its certificate needs in it.
struct Place {
    dir: PathBuf,
    authority: String,
}

impl Place {
    /// With a log that the server may write to, whoever it is.
    fn make(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("signalbox-{name}-{}", std::process::id()));
        fs::create_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        let made = certificates::make(&[HOST, "127.0.0.1"]);
        fs::write(dir.join("server.pem"), made.certificate).unwrap();
        fs::write(dir.join("server.key"), made.key).unwrap();
        fs::set_permissions(dir.join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(dir.join("log"), "").unwrap();
        Self { dir, authority: made.authority }
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).to_str().unwrap().to_owned()
    }

    /// Hands everything in the directory to whom the server runs as.
    fn hand_over(&self) {
        if is_root() {
            run(Command::new("chown").arg("-R").arg("nobody:").arg(&self.dir), "");
        }
    }

    /// Starts a server that tells systemd when it is ready, and here us.
    fn start(self, engine: Engine, port: u16, signal: &str, server: &[&str]) -> Server {
        let ready = UnixDatagram::bind(self.path("ready")).unwrap();
        ready.set_read_timeout(Some(LOOKS.0)).unwrap();
        self.hand_over();
        let mut command = Command::new("sh");
        command.args(["-c", KEEP, "sh"]).arg(&self.dir).arg(signal);
        command.args(as_nobody(signal)).args(server).env("NOTIFY_SOCKET", self.path("ready"));
        let keeper = command.stdin(Stdio::piped()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
        let log = self.dir.join("log");
        let mut told = [0; 4096];
        let is_ready = (0..LOOKS.1).take_while(|_| !self.dir.join("ended").exists()).any(|_| {
            let length = ready.recv(&mut told).unwrap_or_default();
            told[..length].split(|it| *it == b'\n').any(|line| line == b"READY=1")
        });
        assert!(is_ready, "{engine:?} does not start: {}", tail(&log));
        Server { engine, port, authority: self.authority, log, _keeper: keeper }
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().rev().take(20).collect::<Vec<_>>().join("\n")
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// What stands before a server's command: it ends with its parent, and is nobody where we are root.
fn as_nobody(signal: &str) -> Vec<String> {
    let mut words = vec!["setpriv".to_owned(), "--pdeathsig".into(), signal.into()];
    if is_root() {
        words.extend(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"].map(String::from));
    }
    words
}

/// Runs a command to its end, with a text to read.
fn run(command: &mut Command, text: &str) {
    use std::io::Write;
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap_or_else(|error| panic!("{command:?}: {error} (`make setup` installs it)"));
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let told = child.wait_with_output().unwrap();
    assert!(told.status.success(), "{command:?}: {}", String::from_utf8_lossy(&told.stderr));
}

/// The same as whom the server runs as.
fn run_as_nobody(words: &[&str], text: &str) {
    let all: Vec<_> = as_nobody("KILL").into_iter().chain(words.iter().map(|it| (*it).to_owned())).collect();
    run(Command::new(&all[0]).args(&all[1..]).current_dir("/"), text);
}

/// A port that no connection is made from, so that nobody takes it meanwhile; the two servers start side by side.
fn free_port(engine: Engine) -> u16 {
    let first = 20_000 + u16::try_from(std::process::id() % 5000).unwrap() * 2 + u16::from(engine == Engine::Mariadb);
    let mut ports = (first..32_000).step_by(2);
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}
