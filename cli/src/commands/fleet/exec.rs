//! An executable of the operator's, such as a script with boto3: a child on this computer for each account and region.
//!
//! Its environment has the credentials of the member and no others: no `AWS_*` variable of the caller, no profile, and no credentials of
//! the machine. It has a group of its own, so that it ends together with all that it started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use aws_sdk_ec2::config::{Credentials, ProvideCredentials};
use fleet::{Braking, Session};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use reaction::{Doing, Error};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::connection::AwsOptions;
use crate::failure::Failure;

/// How many bytes of standard output are a result: a run keeps those of all accounts.
const LONGEST_RESULT: u64 = 1 << 20;

/// How many bytes of the end of standard error are told.
const LONGEST_COMPLAINT: usize = 4096;

/// How long an output may stay open when all is over that wrote into it: only what has left the group can hold it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the environment of a child has in place of the caller's files and of the credentials of the machine.
const CLOSED: [(&str, &str); 3] = [
    ("AWS_CONFIG_FILE", "/dev/null"),
    ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// An executable with its arguments.
pub(super) struct Executable {
    program: String,
    arguments: Vec<String>,
    ca_bundle: Option<PathBuf>,
    /// By which the executable learns that the run is to end.
    pub(super) braking: Braking,
}

impl Executable {
    /// The executable of a command; it is looked for once, so that its absence is not told by each account.
    pub(super) fn find(command: &[String], aws: &AwsOptions) -> Result<Self, Failure> {
        let [program, arguments @ ..] = command else { return Err(Failure::usage("exec needs an executable")) };
        if !is_there(program) {
            let why = "it is not an executable file, by its path or in PATH; name one, after `--`";
            return Err(Failure::usage(format!("exec cannot run `{}`: {why}", place::shortened(program, 80))));
        }
        let (program, arguments) = (program.clone(), arguments.to_vec());
        Ok(Self { program, arguments, ca_bundle: aws.ca_bundle.clone(), braking: Braking::never() })
    }

    /// Runs it for one region of an account, to its end.
    ///
    /// # Errors
    /// `Failed` where it cannot be started, ends with another exit code than 0 or by a signal, or writes too much.
    pub(super) async fn run(&self, session: &Session) -> Result<Value, Error> {
        let started = self.command(session).await?.spawn().map_err(Error::failed);
        let mut child = started.doing(|| format!("starting {}", self.program))?;
        let group = Group::of(&child)?;
        let (out, complaint) = (child.stdout.take(), child.stderr.take());
        let out = tokio::spawn(async move { whole(out, group.0).await });
        let complaint = tokio::spawn(end_of(complaint));
        let mut braking = self.braking.clone();
        let status = tokio::select! {
            status = child.wait() => status,
            _ = braking.pulled(0) => {
                group.signal(Signal::SIGTERM);
                child.wait().await
            }
        };
        let status = status.map_err(Error::failed).doing(|| format!("waiting for {}", self.program))?;
        drop(group);
        let outputs = timeout(PATIENCE, async { (out.await, complaint.await) }).await;
        let Ok((Ok(out), Ok(complaint))) = outputs else {
            return Err(self.failed("something that it started goes on without it, and keeps its output open"));
        };
        let out = out.map_err(Error::failed).doing(|| format!("reading the output of {}", self.program))?;
        self.answer(status, &out, &complaint)
    }

    /// The child that is to be started.
    async fn command(&self, session: &Session) -> Result<Command, Error> {
        let keys = keys(session).await?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        for name in std::env::vars_os().map(|(name, _)| name).filter(is_of_aws) {
            command.env_remove(name);
        }
        command.envs(CLOSED).env("SIGNALBOX_ACCOUNT", session.account.as_str());
        command.env("AWS_ACCESS_KEY_ID", keys.access_key_id()).env("AWS_SECRET_ACCESS_KEY", keys.secret_access_key());
        command.envs(keys.session_token().map(|token| ("AWS_SESSION_TOKEN", token)));
        command.env("AWS_REGION", session.region.as_str()).env("AWS_DEFAULT_REGION", session.region.as_str());
        // Where AWS is, is not the member's: without these two, an AWS of one's own could not be reached.
        command.envs(session.config.endpoint_url().map(|url| ("AWS_ENDPOINT_URL", url)));
        command.envs(self.ca_bundle.as_ref().map(|file| ("AWS_CA_BUNDLE", file)));
        Ok(command)
    }

    fn answer(&self, status: ExitStatus, out: &[u8], complaint: &[u8]) -> Result<Value, Error> {
        if out.len() as u64 > LONGEST_RESULT {
            let why =
                "it wrote more than 1 MiB to standard output, and was ended: write less, or into a file or bucket";
            return Err(self.failed(why));
        }
        if status.success() {
            return Ok(result(out));
        }
        let complaint = String::from_utf8_lossy(complaint);
        let told = if complaint.trim().is_empty() { "it wrote nothing to standard error" } else { complaint.trim() };
        Err(self.failed(&format!("it ended with {status}: {told}")))
    }

    fn failed(&self, why: &str) -> Error {
        Error::failed(format!("running {}: {why}", self.program))
    }
}

/// A child with all that it started. What is left of it ends when this is dropped.
struct Group(Pid);

impl Group {
    fn of(child: &Child) -> Result<Self, Error> {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        id.map(|id| Self(Pid::from_raw(id))).ok_or_else(|| Error::failed("a child without an id"))
    }

    fn signal(&self, signal: Signal) {
        // What has ended by itself needs no signal.
        let _ = killpg(self.0, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// The credentials of the session.
async fn keys(session: &Session) -> Result<Credentials, Error> {
    let provider =
        session.config.credentials_provider().ok_or_else(|| Error::failed("a session without credentials"))?;
    provider.provide_credentials().await.map_err(Error::failed).doing(|| "taking the credentials of the session")
}

/// Whether a variable is the caller's word about AWS.
fn is_of_aws(name: &OsString) -> bool {
    name.as_encoded_bytes().starts_with(b"AWS_")
}

/// Standard output, or one byte more than a result may have; then nothing more is to be written.
async fn whole(output: Option<impl AsyncRead + Unpin>, group: Pid) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(output) = output else { return Ok(bytes) };
    output.take(LONGEST_RESULT + 1).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 > LONGEST_RESULT {
        let _ = killpg(group, Signal::SIGKILL);
    }
    Ok(bytes)
}

/// The end of an output, where its reason stands.
async fn end_of(output: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let (mut kept, mut piece) = (Vec::new(), [0; LONGEST_COMPLAINT]);
    let Some(mut output) = output else { return kept };
    while let Ok(read @ 1..) = output.read(&mut piece).await {
        kept.extend_from_slice(&piece[..read]);
        kept.drain(..kept.len().saturating_sub(LONGEST_COMPLAINT));
    }
    kept
}

/// What was written, as a value: an object or a list of JSON, or text. An account id alone is text, and keeps its zeros.
fn result(out: &[u8]) -> Value {
    let json = serde_json::from_slice::<Value>(out).ok().filter(|json| json.is_object() || json.is_array());
    json.unwrap_or_else(|| Value::String(String::from_utf8_lossy(out).trim_end_matches(['\n', '\r']).to_owned()))
}

/// Whether a program can be started by this name: a path, or a name that PATH leads to.
#[expect(clippy::disallowed_methods, reason = "PATH says where programs are, and no option stands for it")]
fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return is_executable(Path::new(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    !program.is_empty() && std::env::split_paths(&path).any(|folder| is_executable(&folder.join(program)))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    std::fs::metadata(file).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}
