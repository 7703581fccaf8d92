//! The console in front of large tables: its first pages, and events that come quickly.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::canned::{ACCOUNT, IMAGE};
use crate::canned_aws::CannedAws;
use crate::clock;
use crate::life::memory_kib;
use crate::many_records::{ManyRecords, NEW, RATE};
use crate::subject::{Endpoints, as_lambda_would, binary, log};
use crate::tls::Tls;

/// What the pages took.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The first page that a console shows, in milliseconds: the list of events.
    pub events_ms: f64,
    /// The matrix of shares.
    pub shares_ms: f64,
    /// The resources that have an audit.
    pub audit_ms: f64,
    /// The audit of one image, whose hashes are checked.
    pub history_ms: f64,
    /// How many of the events that came did not reach an open page.
    pub lost: u32,
    /// How long after the last event the page had all, in milliseconds.
    pub behind_ms: f64,
    /// The most resident memory ever, in KiB.
    pub peak_kib: u32,
}

impl Shown {
    /// The most resident memory, in megabytes (10^6 bytes).
    pub fn peak_mb(&self) -> f64 {
        f64::from(self.peak_kib) * 1024.0 / 1e6
    }
}

/// Looks at the pages once, in a new process. What it logs is left in `folder`.
pub async fn look(tls: &Tls, folder: &Path) -> Result<Shown> {
    measure(tls, folder).await.context("the console (its log is in target/bench)")
}

async fn measure(tls: &Tls, folder: &Path) -> Result<Shown> {
    let records = Arc::new(ManyRecords::new());
    let aws = CannedAws::start(Some(tls.acceptor.clone()), Duration::ZERO, records.clone()).await?;
    let endpoints = Endpoints { runtime_api: String::new(), aws: aws.urls(), bundle: Some(&tls.bundle) };
    let program = Command::new(binary("signalbox", "signalbox")?);
    let mut command = as_lambda_would(program, &endpoints, log("console", folder)?)?;
    let mut child = command.arg("console").stderr(Stdio::piped()).spawn().context("starting it")?;
    let pid = child.id().context("it has no process id")?;
    let mut said = BufReader::new(child.stderr.take().context("what it says")?).lines();
    let (address, token) = loop {
        let line = said.next_line().await?.context("it ended before it served")?;
        if let Some((address, token)) = line.split_once("open http://").and_then(|(_, it)| it.split_once("/?token=")) {
            break (address.to_owned(), token.to_owned());
        }
    };
    let mut browser = Browser { address, cookie: String::new() };
    browser.enter(&token).await?;
    let history = format!("/history?resource=arn:aws:ec2:eu-west-1::image/{IMAGE}&account={ACCOUNT}");
    let events_ms = browser.time("/", "old-00000").await?;
    let shares_ms = browser.time("/shares", "5000").await?;
    let audit_ms = browser.time("/audit", "ami-0").await?;
    let history_ms = browser.time(&history, "10000 items agree").await?;
    let (lost, behind_ms) = browser.watch(&records).await?;
    let peak_kib = memory_kib(pid, "VmHWM")?;
    child.kill().await.context("ending it")?;
    Ok(Shown { events_ms, shares_ms, audit_ms, history_ms, lost, behind_ms, peak_kib })
}

struct Browser {
    address: String,
    cookie: String,
}

impl Browser {
    async fn ask(&self, path: &str) -> Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let (host, cookie) = (&self.address, &self.cookie);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        Ok(stream)
    }

    async fn page(&self, path: &str) -> Result<String> {
        let mut page = String::new();
        self.ask(path).await?.read_to_string(&mut page).await?;
        Ok(page)
    }

    /// Exchanges the link's token for the cookie.
    async fn enter(&mut self, token: &str) -> Result<()> {
        let answer = self.page(&format!("/?token={token}")).await?;
        let cookie = answer.lines().find_map(|it| it.strip_prefix("set-cookie: ")).context("it gave no cookie")?;
        cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
        Ok(())
    }

    /// The time that a page takes, which has to say this.
    async fn time(&self, path: &str, says: &str) -> Result<f64> {
        let begin = clock::now();
        let page = self.page(path).await?;
        let took = clock::now() - begin;
        ensure!(page.contains(says), "{path} does not say {says}: {page}");
        Ok(took.as_secs_f64() * 1e3)
    }

    /// Watches events come: how many are lost, and how long after the last one all are there.
    async fn watch(&self, records: &ManyRecords) -> Result<(u32, f64)> {
        let mut lines = BufReader::new(self.ask("/live").await?).lines();
        while !lines.next_line().await?.context("the stream has ended")?.is_empty() {}
        records.begin();
        let begin = clock::now();
        let patience = Duration::from_secs(u64::from(NEW / RATE) * 6);
        let mut come = BTreeSet::new();
        let all = async {
            while come.len() < NEW as usize {
                let line = lines.next_line().await?.context("the stream has ended")?;
                let name = line.find("/new-").map(|at| line[at..].chars().take("/new-00000".len()).collect::<String>());
                come.extend(name);
            }
            anyhow::Ok(())
        };
        // What has not come by then is lost.
        let _ = tokio::time::timeout(patience, all).await;
        let took = clock::now() - begin;
        let last = Duration::from_secs((NEW / RATE).into());
        Ok((NEW - u32::try_from(come.len())?, took.saturating_sub(last).as_secs_f64() * 1e3))
    }
}
