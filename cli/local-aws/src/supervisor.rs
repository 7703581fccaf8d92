//! Starts ministack and moto, and makes sure that nothing of them is left.
//!
//! Both run below `supervisor.py`, in a process group of their own. That process ends the whole group when
//! the pipe on its standard input closes, which happens however this process dies. Should the supervisor
//! itself be killed, this side ends the group.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Deserialize;

const SCRIPTS: [(&str, &str); 19] = [
    ("supervisor.py", include_str!("supervisor.py")),
    ("http_head.py", include_str!("http_head.py")),
    ("moto_server.py", include_str!("moto_server.py")),
    ("moto_mends.py", include_str!("moto_mends.py")),
    ("moto_cluster_mends.py", include_str!("moto_cluster_mends.py")),
    ("moto_database_mends.py", include_str!("moto_database_mends.py")),
    ("moto_patching_mends.py", include_str!("moto_patching_mends.py")),
    ("moto_usage_mends.py", include_str!("moto_usage_mends.py")),
    ("ministack_server.py", include_str!("ministack_server.py")),
    ("ministack_mends.py", include_str!("ministack_mends.py")),
    ("ministack_alias_mends.py", include_str!("ministack_alias_mends.py")),
    ("ministack_lambda_mends.py", include_str!("ministack_lambda_mends.py")),
    ("ministack_event_mends.py", include_str!("ministack_event_mends.py")),
    ("ministack_iam_mends.py", include_str!("ministack_iam_mends.py")),
    ("iam_mends.py", include_str!("iam_mends.py")),
    ("iam_callers.py", include_str!("iam_callers.py")),
    ("patching_mends.py", include_str!("patching_mends.py")),
    ("pipeline_mends.py", include_str!("pipeline_mends.py")),
    ("workflow_mends.py", include_str!("workflow_mends.py")),
];
const READY: Duration = Duration::from_mins(1);
const END: Duration = Duration::from_secs(5);

/// Where the two servers listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Servers {
    pub(crate) ministack: SocketAddr,
    pub(crate) moto: SocketAddr,
}

/// The process that holds ministack and moto; dropping it ends them.
pub(crate) struct Supervisor {
    child: Child,
    stdin: Option<ChildStdin>,
    last_words: Arc<Mutex<Option<String>>>,
    ended: Mutex<mpsc::Receiver<()>>,
    _run_dir: RunDir,
    /// Where the two servers listen.
    pub(crate) servers: Servers,
}

#[derive(Deserialize)]
struct Ports {
    ministack: u16,
    moto: u16,
}

#[derive(Deserialize)]
struct Death {
    died: String,
    status: i32,
    log: String,
}

impl Supervisor {
    /// Spawns both servers, which are told that AWS is at `endpoint`; they may not answer yet.
    pub(crate) fn spawn(endpoint: SocketAddr) -> Result<Self> {
        let python = find_python()?;
        let run_dir = create_run_dir()?;
        let mut child = command(&python, &run_dir.0, endpoint)
            .spawn()
            .with_context(|| format!("cannot start {}", python.display()))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("the supervisor has no standard output")?;
        let mut lines = BufReader::new(stdout);
        let mut first = String::new();
        lines.read_line(&mut first)?;
        let ports: Ports = serde_json::from_str(&first).with_context(|| {
            format!("{} did not start ministack and moto; run `make setup` again", python.display())
        })?;
        let last_words = Arc::new(Mutex::new(None));
        let ended = Mutex::new(listen_for_death(lines, group_of(&child)?, Arc::clone(&last_words)));
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let servers = Servers { ministack: at(ports.ministack), moto: at(ports.moto) };
        Ok(Self { child, stdin, last_words, ended, _run_dir: run_dir, servers })
    }

    /// Waits until both servers answer; one that died is reported with the end of its log.
    pub(crate) fn wait_until_ready(&self) -> Result<()> {
        let Servers { ministack, moto } = self.servers;
        let other = thread::spawn(move || ask(ministack, "/_ministack/health"));
        let moto = ask(moto, "/moto-api/data.json");
        let ministack = other.join().unwrap_or_else(|_| bail!("waiting for ministack panicked"));
        match (ministack, moto) {
            (Ok(()), Ok(())) => Ok(()),
            (Err(why), _) | (_, Err(why)) => {
                // The supervisor says what happened before it ends, and what it says comes by another pipe.
                self.wait_until_ended(Duration::from_secs(1));
                Err(match self.last_words.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    Some(words) => anyhow::anyhow!(words),
                    None => why.context("the local AWS does not answer; try again"),
                })
            }
        }
    }

    /// The supervisor ends when a server dies, or when its standard input is closed.
    fn wait_until_ended(&self, patience: Duration) {
        // Either it has ended, which closes the channel, or the time is over.
        let _ = self.ended.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(patience);
    }

    /// What is known about the death of a server, to be read when it does not answer any more.
    pub(crate) fn last_words(&self) -> Arc<Mutex<Option<String>>> {
        Arc::clone(&self.last_words)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.wait_until_ended(END);
        if let (Ok(None), Ok(group)) = (self.child.try_wait(), group_of(&self.child)) {
            let _ = killpg(group, Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

fn group_of(child: &Child) -> Result<Pid> {
    Ok(Pid::from_raw(i32::try_from(child.id()).context("a process id beyond 31 bits")?))
}

/// `SIGNALBOX_LOCAL_VENV`, or `.local/venv` of the workspace that this was built in.
#[expect(clippy::disallowed_methods, reason = "a setting of the command line, and this is where it is read")]
fn find_python() -> Result<PathBuf> {
    let venv =
        std::env::var_os("SIGNALBOX_LOCAL_VENV").map_or_else(|| crate::workspace().join(".local/venv"), PathBuf::from);
    let python = venv.join("bin/python");
    if !python.exists() {
        bail!(
            "ministack and moto are not installed: {} does not exist; run `make setup`, or set \
             SIGNALBOX_LOCAL_VENV to a virtual environment that has cli/local-aws/requirements.txt",
            python.display()
        );
    }
    Ok(python)
}

/// A directory for logs and for what ministack unpacks. The supervisor removes it too, as it may live longer.
struct RunDir(PathBuf);

impl Drop for RunDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn create_run_dir() -> Result<RunDir> {
    let parent = std::env::temp_dir();
    let dir = (0..1000)
        .map(|number| parent.join(format!("signalbox-{}-{number}", std::process::id())))
        .find(|dir| fs::create_dir(dir).is_ok())
        .with_context(|| format!("cannot create a directory in {}", parent.display()))?;
    let run_dir = RunDir(dir);
    fs::create_dir(run_dir.0.join("tmp"))?;
    for (name, text) in SCRIPTS {
        fs::write(run_dir.0.join(name), text)?;
    }
    Ok(run_dir)
}

/// The environment is built from nothing: ministack hands its own on to the functions that it runs.
fn command(python: &Path, run_dir: &Path, endpoint: SocketAddr) -> Command {
    let mut command = Command::new(python);
    command
        .arg(run_dir.join("supervisor.py"))
        .arg(run_dir)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "LANG"))
        .env("HOME", run_dir)
        .env("TMPDIR", run_dir.join("tmp"))
        .env("AWS_ENDPOINT_URL", format!("http://{endpoint}"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", endpoint.port().to_string())
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0")
        .env("LAMBDA_ASYNC_RETRY_BASE_SECONDS", "0.05")
        .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        .current_dir(run_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0);
    command
}

/// Keeps what the supervisor says about a dead server; when it falls silent, nothing of its group may live.
fn listen_for_death(
    lines: BufReader<ChildStdout>,
    group: Pid,
    last_words: Arc<Mutex<Option<String>>>,
) -> mpsc::Receiver<()> {
    let (alive, ended) = mpsc::channel();
    thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            if let Ok(Death { died, status, log }) = serde_json::from_str(&line) {
                let words = format!("{died} ended with status {status}; the end of its log:\n{log}");
                *last_words.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
            }
        }
        let _ = killpg(group, Signal::SIGKILL);
        drop(alive);
    });
    ended
}

/// One GET over a connection of its own; the server may still be starting behind its listening socket.
fn ask(server: SocketAddr, path: &str) -> Result<()> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(READY))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    if status.ends_with(b"200") {
        return Ok(());
    }
    bail!("GET {path} at {server} answered {}", String::from_utf8_lossy(&status))
}
