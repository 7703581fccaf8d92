//! One life of one process: started, initialised, given its first event and then warm ones, and ended; with what each
//! part took.

use std::fs::{self, File};
use std::net::UdpSocket;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::process::Command;

use crate::canned_aws::CannedAws;
use crate::clock;
use crate::cpu_share::CpuShare;
use crate::runtime_api::{Handled, RuntimeApi};
use crate::subject::{Build, Endpoints, Subject, TABLES, log};
use crate::tls::Tls;

/// The circumstances of a life.
pub struct Setting<'a> {
    /// Its name in the results.
    pub name: &'static str,
    /// TLS between the process and AWS, or plain HTTP.
    pub tls: Option<&'a Tls>,
    /// How far away AWS is: added to each call.
    pub latency: Duration,
    /// Whether only the CPU share of 128 MB is left after init.
    pub small: bool,
    /// Whether a daemon beside the process takes its traces.
    pub traced: bool,
    /// Whether what shares has its tables.
    pub recorded: bool,
    /// Which build is measured.
    pub build: Build,
    /// How many events follow the first one.
    pub warm: usize,
    /// How many lives each subject has.
    pub lives: usize,
}

/// What something took, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// From begin to end.
    pub wall_ms: f64,
    /// Of all processors, user and system.
    pub cpu_ms: f64,
}

/// What one event took.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Until the answer (wall), and until it rested again (CPU).
    #[serde(flatten)]
    pub cost: Cost,
    /// The AWS calls, in their order of arrival.
    pub calls: Vec<String>,
}

/// What one life took.
#[derive(Clone, Debug, Serialize)]
pub struct Life {
    /// Until the first event was asked for.
    pub init: Cost,
    /// What AWS was asked in that time.
    pub opened: Vec<String>,
    /// The first event.
    pub first: Event,
    /// The events after it.
    pub warm: Vec<Event>,
    /// Resident memory at the end, in KiB.
    pub resident_kib: u32,
}

impl Event {
    /// How many AWS calls it made.
    pub fn number_of_calls(&self) -> f64 {
        self.calls.iter().fold(0.0, |number, _| number + 1.0)
    }
}

impl Life {
    /// The CPU time of its warm events together, in seconds.
    pub fn warm_cpu_s(&self) -> f64 {
        self.warm.iter().map(|event| event.cost.cpu_ms).sum::<f64>() / 1e3
    }

    /// Resident memory at the end, in megabytes (10^6 bytes).
    pub fn resident_mb(&self) -> f64 {
        f64::from(self.resident_kib) * 1024.0 / 1e6
    }
}

/// Lives one life. What it logs is left in `folder`.
pub async fn live(subject: Subject, setting: &Setting<'_>, folder: &Path) -> Result<Life> {
    let log = log(subject.name(), folder)?;
    let life = measure(subject, setting, log).await;
    life.with_context(|| format!("{} ({}; its log is in target/bench)", subject.name(), setting.name))
}

async fn measure(subject: Subject, setting: &Setting<'_>, log: File) -> Result<Life> {
    let api = RuntimeApi::start().await?;
    let bundle = setting.tls.map(|tls| tls.bundle.as_path());
    let canned = subject.canned(bundle)?;
    let aws = CannedAws::start(setting.tls.map(|tls| tls.acceptor.clone()), setting.latency, canned).await?;
    let endpoints = Endpoints { runtime_api: api.address(), aws: aws.urls(), bundle };
    let mut command = subject.command(&endpoints, setting.build, log)?;
    if setting.recorded {
        command.envs(TABLES);
    }
    let daemon = if setting.traced { Some(daemon_of(&mut command)?) } else { None };

    let begin = clock::now();
    let mut child = command.spawn().context("starting it")?;
    let pid = child.id().context("it has no process id")?;
    let share = if setting.small { Some(CpuShare::create().context("making a control group")?) } else { None };
    let mut bench = Bench { subject, pid, api, aws, served: 0, cpu: Duration::ZERO };
    let life = tokio::select! {
        life = bench.run(begin, setting, share.as_ref()) => life,
        ended = child.wait() => Err(anyhow::anyhow!("it ended by itself: {}", ended?)),
    };
    child.kill().await.context("ending it")?;
    if let Some(daemon) = daemon {
        ensure!(daemon.recv(&mut vec![0; 70_000]).is_ok(), "it sent no trace");
    }
    life
}

/// A daemon of X-Ray beside a process: it takes what it is sent, and does nothing with it.
fn daemon_of(command: &mut Command) -> Result<UdpSocket> {
    let daemon = UdpSocket::bind("127.0.0.1:0").context("a socket for the daemon")?;
    daemon.set_nonblocking(true)?;
    command.env("AWS_XRAY_DAEMON_ADDRESS", daemon.local_addr()?.to_string());
    Ok(daemon)
}

struct Bench {
    subject: Subject,
    pid: u32,
    api: RuntimeApi,
    aws: CannedAws,
    served: usize,
    /// What the process had used when it last came to rest.
    cpu: Duration,
}

impl Bench {
    async fn run(&mut self, begin: Instant, setting: &Setting<'_>, share: Option<&CpuShare>) -> Result<Life> {
        let asked = self.api.initialised().await?;
        let init = self.cost(begin, asked).await?;
        let opened = self.aws.take_calls();
        if let Some(share) = share {
            share.hold(self.pid)?;
        }
        let first = self.event().await?;
        let mut warm = Vec::with_capacity(setting.warm);
        for _ in 0..setting.warm {
            warm.push(self.event().await?);
        }
        Ok(Life { init, opened, first, warm, resident_kib: memory_kib(self.pid, "VmRSS")? })
    }

    async fn event(&mut self) -> Result<Event> {
        self.served += 1;
        let begin = clock::now();
        let Handled { answered, body } = self.api.invoke(self.subject.event(self.served)).await?;
        let answer = String::from_utf8_lossy(&body);
        ensure!(self.subject.did(&answer), "it did not do its job: {answer}");
        Ok(Event { cost: self.cost(begin, answered).await?, calls: self.aws.take_calls() })
    }

    async fn cost(&mut self, begin: Instant, end: Instant) -> Result<Cost> {
        let cpu = clock::cpu_at_rest(self.pid).await?;
        let used = cpu.saturating_sub(self.cpu);
        self.cpu = cpu;
        Ok(Cost { wall_ms: (end - begin).as_secs_f64() * 1e3, cpu_ms: used.as_secs_f64() * 1e3 })
    }
}

/// Resident memory now (`VmRSS`), or the most that it ever was (`VmHWM`), in KiB.
pub fn memory_kib(pid: u32, what: &str) -> Result<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("reading its status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let line = line.with_context(|| format!("its status has no {what}"))?;
    line.trim().trim_end_matches(" kB").parse().with_context(|| what.to_owned())
}
