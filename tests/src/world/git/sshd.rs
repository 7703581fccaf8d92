//! OpenSSH's `sshd` on loopback, as the user of the tests, with host keys and settings of its own. It is started once a
//! connection, as inetd does it, so that it ends with the connection and needs no port of its own.

use std::fmt::Write as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use git::{Access, DeployKey, HostKey, Remote};
use tokio::net::TcpListener;
use tokio::process::Command;

use super::{Folder, Repository};

/// The program; it starts itself anew, and needs its whole path for that.
const SSHD: &str = "/usr/sbin/sshd";

/// A server of SSH.
pub struct Sshd {
    folder: Folder,
    /// Where it listens.
    pub port: u16,
    connections: Arc<AtomicUsize>,
}

/// A pair of keys that `ssh-keygen` made.
pub struct Pair {
    /// The private half, as a secret holds it.
    pub private: String,
    /// The public half, in a line.
    pub public: String,
}

/// Makes a pair: `ed25519`, `ecdsa` or `rsa`, with a passphrase or without.
pub fn keygen(kind: &str, passphrase: &str) -> Pair {
    let folder = Folder::make();
    let path = folder.path().join("key");
    let mut command = std::process::Command::new("ssh-keygen");
    command.args(["-q", "-t", kind, "-C", "a deploy key", "-N", passphrase, "-f"]).arg(&path);
    assert!(command.status().unwrap().success(), "ssh-keygen (`make setup` installs it)");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    Pair { private: read(&path), public: read(&path.with_extension("pub")).trim_end().into() }
}

impl Pair {
    /// The private half, as the crate reads it.
    pub fn key(&self) -> DeployKey {
        DeployKey::parse(&self.private.clone().into()).unwrap()
    }
}

impl Sshd {
    /// Starts one that has these keys itself, and lets in who has one of `users`.
    pub async fn start(hosts: &[&Pair], users: &[&Pair]) -> Self {
        Self::start_with(hosts, users, "AcceptEnv GIT_PROTOCOL\n").await
    }

    /// The same with more settings.
    pub async fn start_with(hosts: &[&Pair], users: &[&Pair], settings: &str) -> Self {
        let folder = Folder::make();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let mut config = format!(
            "AuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\n\
             SetEnv PATH={} GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null\n{settings}",
            path("users"),
            env_path()
        );
        for (number, host) in hosts.iter().enumerate() {
            let file = path(&format!("host-{number}"));
            write_private(Path::new(&file), &host.private);
            writeln!(config, "HostKey {file}").unwrap();
        }
        std::fs::write(path("config"), config).unwrap();
        if is_root() {
            // Where root's sshd puts its unprivileged half; Debian makes it when the service starts.
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { folder, port, connections: Arc::default() };
        server.let_in(users);
        tokio::spawn(serve(listener, path_of(&server.folder, "config"), Arc::clone(&server.connections)));
        server
    }

    /// From now on lets in only these.
    pub fn let_in(&self, users: &[&Pair]) {
        let lines: Vec<_> = users.iter().map(|it| it.public.as_str()).collect();
        std::fs::write(self.folder.path().join("users"), lines.join("\n") + "\n").unwrap();
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// A repository at this server.
    pub fn remote(&self, repository: &Repository) -> Remote {
        let path = repository.path();
        format!("ssh://{}@127.0.0.1:{}{}", user(), self.port, path.display()).parse().unwrap()
    }
}

/// With a deploy key, at a server that must have one of these keys.
pub fn access(user: &Pair, hosts: &[&Pair]) -> Access {
    let host_keys = hosts.iter().map(|it| it.public.parse::<HostKey>().unwrap()).collect();
    Access::Ssh { key: user.key(), host_keys }
}

async fn serve(listener: TcpListener, config: String, connections: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::SeqCst);
        let stream = stream.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        let out: OwnedFd = stream.try_clone().unwrap().into();
        let mut sshd = Command::new(SSHD);
        sshd.args(["-i", "-e", "-f", &config]).stdin(Stdio::from(OwnedFd::from(stream))).stdout(Stdio::from(out));
        let mut child = sshd.stderr(Stdio::null()).spawn().expect("sshd (`make setup` installs it)");
        tokio::spawn(async move { child.wait().await });
    }
}

fn path_of(folder: &Folder, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// The user that the tests run as, who alone can log in at a server that is not root's.
fn user() -> String {
    let named = std::process::Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(named.stdout).unwrap().trim().to_owned()
}

fn is_root() -> bool {
    user() == "root"
}

/// Where programs are, so that the server finds the `git` that the tests use.
fn env_path() -> String {
    let shown = std::process::Command::new("sh").args(["-c", "echo $PATH"]).output().unwrap();
    String::from_utf8(shown.stdout).unwrap().trim().to_owned()
}
