//! A repository by SSH, without an `ssh` program: russh makes the connection, and gix talks through it to
//! `git-upload-pack`. The server proves itself by a pinned key, and by no other.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use reaction::Error;
use russh::client::{AuthResult, Config, Handle, Handler, connect};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{ChannelMsg, ChannelReadHalf};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::access::{DeployKey, HostKey};
use crate::address::SshAddress;
use crate::bounds::Patience;
use crate::watch::{Watch, chain};

/// How much is kept of what a server says beside its answer.
const LONGEST_REMARK: usize = 2000;

/// A program that runs at the server.
pub(crate) struct Program {
    pub(crate) reader: Output,
    pub(crate) writer: Input,
}

/// What the program writes.
pub(crate) struct Output {
    channel: ChannelReadHalf,
    watch: Watch,
    chunk: Vec<u8>,
    at: usize,
    /// What it says beside its answer.
    remark: Vec<u8>,
    has_answered: bool,
    /// The connection ends with this.
    _connection: Handle<Pins>,
}

/// What the program reads.
pub(crate) struct Input {
    channel: Pin<Box<dyn AsyncWrite + Send>>,
    watch: Watch,
}

/// The keys that the server may have, and the fingerprint of one that it has but may not.
pub(crate) struct Pins {
    keys: Vec<HostKey>,
    unknown: Arc<Mutex<Option<String>>>,
}

impl Handler for Pins {
    type Error = russh::Error;

    async fn check_server_key(&mut self, found: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let (is_pinned, shown) = match found {
            PublicKeyOrCertificate::PublicKey { key, .. } => (
                self.keys.iter().any(|it| it.0.key_data() == key.key_data()),
                key.fingerprint(HashAlg::Sha256).to_string(),
            ),
            PublicKeyOrCertificate::Certificate(_) => (false, "of a certificate".into()),
        };
        if !is_pinned {
            *self.unknown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        }
        Ok(is_pinned)
    }
}

/// Runs a program of git at the server for the repository. `program` is a word.
pub(crate) async fn run(
    program: &str,
    at: &SshAddress,
    (key, host_keys): (&DeployKey, &[HostKey]),
    patience: &Patience,
    watch: &Watch,
) -> Result<Program, Error> {
    let seconds = patience.connect.as_secs();
    let opening = async {
        let connection = log_in(at, key, host_keys, patience).await?;
        let failed = |error: russh::Error| Error::failed(format!("reading {at}: {}; try again", chain(&error)));
        let channel = connection.channel_open_session().await.map_err(failed)?;
        // A server that does not take it talks in the first version, which gix reads too.
        channel.set_env(false, "GIT_PROTOCOL", "version=2").await.map_err(failed)?;
        channel.exec(true, format!("{program} {}", quoted(&at.path))).await.map_err(failed)?;
        Ok((connection, channel))
    };
    let (connection, channel) = tokio::time::timeout(patience.connect, opening).await.map_err(|_| {
        Error::failed(format!(
            "connecting to {at}: it took more than {seconds} s; check the address and that the server is up"
        ))
    })??;
    let (read, write) = channel.split();
    let reader = Output {
        channel: read,
        watch: watch.clone(),
        chunk: Vec::new(),
        at: 0,
        remark: Vec::new(),
        has_answered: false,
        _connection: connection,
    };
    Ok(Program { reader, writer: Input { channel: Box::pin(write.make_writer()), watch: watch.clone() } })
}

/// A text as one word of a shell, which the server starts with the command.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Connects to the server, which proves itself by a pinned key.
async fn meet(at: &SshAddress, host_keys: &[HostKey], patience: &Patience) -> Result<Handle<Pins>, Error> {
    if host_keys.is_empty() {
        return Err(Error::refused(format!(
            "connecting to {at}: no host key is pinned; write those that the forge publishes"
        )));
    }
    let mut config = Config { inactivity_timeout: Some(patience.silence), nodelay: true, ..Config::default() };
    // A server has several keys, and must not choose one of a kind that is not pinned.
    let is_pinned = |it: &russh::keys::Algorithm| {
        host_keys.iter().any(|key| match (key.0.algorithm(), it) {
            (russh::keys::Algorithm::Rsa { .. }, russh::keys::Algorithm::Rsa { hash }) => hash.is_some(),
            (pinned, offered) => pinned == *offered,
        })
    };
    config.preferred.key = config.preferred.key.iter().filter(|it| is_pinned(it)).cloned().collect();
    let unknown = Arc::new(Mutex::new(None));
    let pins = Pins { keys: host_keys.to_vec(), unknown: Arc::clone(&unknown) };
    let connected = connect(Arc::new(config), (at.host.as_str(), at.port), pins).await;
    let unknown = unknown.lock().unwrap_or_else(PoisonError::into_inner).take();
    connected.map_err(|error| not_connected(at, host_keys, unknown.as_deref(), &error))
}

async fn log_in(
    at: &SshAddress,
    key: &DeployKey,
    host_keys: &[HostKey],
    patience: &Patience,
) -> Result<Handle<Pins>, Error> {
    let mut connection = meet(at, host_keys, patience).await?;
    let failed = |error: russh::Error| Error::failed(format!("logging in at {at}: {}; try again", chain(&error)));
    let hash = match key.0.algorithm() {
        russh::keys::Algorithm::Rsa { .. } => {
            connection.best_supported_rsa_hash().await.map_err(failed)?.unwrap_or(Some(HashAlg::Sha512))
        }
        _ => None,
    };
    let offered = PrivateKeyWithHashAlg::new(Arc::clone(&key.0), hash);
    match connection.authenticate_publickey(at.user.as_str(), offered).await.map_err(failed)? {
        AuthResult::Success => Ok(connection),
        AuthResult::Failure { .. } => Err(Error::refused(format!(
            "logging in at {at}: the server did not take the deploy key {}; \
             it was revoked or never added: add its public half to the repository, for reading only",
            key.fingerprint()
        ))),
    }
}

fn not_connected(at: &SshAddress, host_keys: &[HostKey], unknown: Option<&str>, error: &russh::Error) -> Error {
    let pinned: Vec<_> = host_keys.iter().map(HostKey::fingerprint).collect();
    let pinned = pinned.join(", ");
    match (unknown, error) {
        (Some(found), _) => Error::refused(format!(
            "connecting to {at}: the server has the key {found}, and pinned is {pinned}; another server may stand between: \
             compare with what the forge publishes, and pin the new key if it is there"
        )),
        (None, russh::Error::NoCommonAlgo { kind, .. }) => Error::refused(format!(
            "connecting to {at}: the server has no key of the pinned kinds, or too old a cipher ({kind:?}); \
             pinned is {pinned}: compare with what the forge publishes"
        )),
        (None, error) => {
            Error::failed(format!("connecting to {at}: {}; check the address and that the server is up", chain(error)))
        }
    }
}

impl Output {
    fn hear(&mut self) -> io::Result<bool> {
        loop {
            match self.watch.wait(self.channel.wait())? {
                Some(ChannelMsg::Data { data }) => {
                    self.watch.count(data.len())?;
                    self.has_answered = true;
                    (self.chunk, self.at) = (data.to_vec(), 0);
                    return Ok(true);
                }
                Some(ChannelMsg::ExtendedData { data, .. }) => {
                    self.watch.count(data.len())?;
                    let room = LONGEST_REMARK.saturating_sub(self.remark.len());
                    self.remark.extend_from_slice(&data[..data.len().min(room)]);
                }
                Some(ChannelMsg::ExitStatus { exit_status }) if exit_status != 0 => return Err(self.ended()),
                Some(ChannelMsg::Failure) => return Err(self.ended()),
                Some(ChannelMsg::Close) | None => return if self.has_answered { Ok(false) } else { Err(self.ended()) },
                Some(_) => {}
            }
        }
    }

    /// Why the program ended before its time, by what it said.
    fn ended(&self) -> io::Error {
        let said = String::from_utf8_lossy(&self.remark);
        let said = place::shortened(said.trim(), 300);
        let remote = self.watch.remote();
        let lower = said.to_lowercase();
        let is_missing = ["not found", "not appear", "could not be found", "does not exist", "denied", "not exported"]
            .iter()
            .any(|it| lower.contains(it));
        self.watch.fail(if is_missing {
            Error::refused(format!(
                "reading {remote}: the server says `{said}`; check the path, and that the deploy key belongs to this repository"
            ))
        } else if said.is_empty() {
            Error::failed(format!("reading {remote}: the server ended the connection; try again"))
        } else {
            Error::failed(format!("reading {remote}: the server says `{said}`; try again"))
        })
    }
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() && !self.hear()? {
            return Ok(0);
        }
        let read = (&self.chunk[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

impl Write for Input {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.watch.wait(self.channel.write(bytes))?
    }

    fn flush(&mut self) -> io::Result<()> {
        self.watch.wait(self.channel.flush())?
    }
}
