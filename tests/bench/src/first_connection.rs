//! What a process needs until it opens its first connection, to whomever: its life up to there, and no further.
//!
//! All its endpoints are one port whose queue is full, so that the first connection is never made. The process comes to
//! rest at exactly that point, and its CPU time can be read at leisure.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::canned_aws::SERVICES;
use crate::clock;
use crate::subject::{Build, Endpoints, Subject, log};
use crate::tls::Tls;

const PAUSE: Duration = Duration::from_millis(2);
const PATIENCE: u32 = 5000;
/// A connection that waits for its first answer, as `/proc/net/tcp` writes it.
const SYN_SENT: &str = "02";

/// The CPU time, in milliseconds, until the first connection, where AWS would speak TLS.
pub async fn before_connection(subject: Subject, tls: &Tls, folder: &Path) -> Result<f64> {
    let log = log(subject.name(), folder)?;
    measure(subject, tls, log).await.with_context(|| format!("{} (first connection)", subject.name()))
}

async fn measure(subject: Subject, tls: &Tls, log: File) -> Result<f64> {
    let wall = Wall::build().await?;
    let address = format!("127.0.0.1:{}", wall.port);
    let aws = SERVICES.map(|service| (service, format!("https://{address}"))).to_vec();
    let endpoints = Endpoints { runtime_api: address, aws, bundle: Some(&tls.bundle) };
    let mut child = subject.command(&endpoints, Build::This, log)?.spawn().context("starting it")?;
    let pid = child.id().context("it has no process id")?;
    let cpu = tokio::select! {
        cpu = wall.cpu_at(pid) => cpu,
        ended = child.wait() => Err(anyhow::anyhow!("it ended by itself: {}", ended?)),
    };
    child.kill().await.context("ending it")?;
    Ok(cpu?.as_secs_f64() * 1e3)
}

/// A port that takes no connection.
struct Wall {
    port: u16,
    _listener: TcpListener,
    _queued: TcpStream,
}

impl Wall {
    async fn build() -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        // A queue of length 0 takes one connection that is never accepted; the next has to wait.
        let listener = socket.listen(0)?;
        let address = listener.local_addr()?;
        let queued = TcpStream::connect(address).await?;
        Ok(Self { port: address.port(), _listener: listener, _queued: queued })
    }

    async fn cpu_at(&self, pid: u32) -> Result<Duration> {
        for _ in 0..PATIENCE {
            if self.is_knocked_at()? {
                return clock::cpu_at_rest(pid).await;
            }
            clock::pass(PAUSE).await;
        }
        bail!("it connected to nothing")
    }

    fn is_knocked_at(&self) -> Result<bool> {
        let table = fs::read_to_string("/proc/net/tcp").context("reading the connections of this machine")?;
        let remote = format!("0100007F:{:04X}", self.port);
        Ok(table
            .lines()
            .map(|line| line.split_whitespace().skip(2))
            .any(|mut fields| fields.next() == Some(remote.as_str()) && fields.next() == Some(SYN_SENT)))
    }
}
