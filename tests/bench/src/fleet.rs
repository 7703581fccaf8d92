//! The fleet over many accounts, and botocove over the same: one process, one AWS, one question in each account and region.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::buckets::floor_ms;
use crate::canned::Canned;
use crate::canned_aws::CannedAws;
use crate::clock;
use crate::life::{Cost, memory_kib};
use crate::many_accounts::{ManyAccounts, TAG};
use crate::subject::{Endpoints, as_lambda_would, binary, log, peer};
use crate::tls::Tls;

/// The circumstances of a run. AWS speaks TLS.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the results.
    pub name: &'static str,
    /// Whether it is botocove that runs.
    pub is_peer: bool,
    /// Whether the functions of the workflow do it, state by state.
    pub is_workflow: bool,
    /// Whether the accounts are chosen by a tag, at the rates that Organizations documents.
    pub by_tag: bool,
    /// How many accounts there are beside the calling one.
    pub accounts: usize,
    /// In how many regions of each the question is asked.
    pub regions: usize,
    /// How much may be in flight.
    pub concurrency: usize,
    /// The way to AWS and back.
    pub latency: Duration,
    /// How often it is done.
    pub times: usize,
}

const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];

/// What a run took.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// From its start to the last result.
    #[serde(flatten)]
    pub cost: Cost,
    /// From the first role that was asked for to the last answer, in milliseconds.
    pub accounts_ms: f64,
    /// What it takes at least: requests x latency / concurrency.
    pub floor_ms: f64,
    /// The most resident memory ever, in KiB.
    pub peak_kib: u32,
    /// How many roles were assumed.
    pub assumed: u32,
    /// How many accounts there are.
    pub accounts: u32,
    /// From its start until the accounts were chosen, in milliseconds.
    pub choosing_ms: f64,
    /// What choosing takes at least, in milliseconds: a call for each account, at the rate that Organizations documents.
    pub choosing_floor_ms: f64,
    /// How many calls were refused for their rate.
    pub refused: u32,
}

impl Run {
    /// The time that choosing took, to what it takes at least.
    pub fn choosing_to_floor(&self) -> f64 {
        self.choosing_ms / self.choosing_floor_ms
    }

    /// The most resident memory, in megabytes (10^6 bytes).
    pub fn peak_mb(&self) -> f64 {
        f64::from(self.peak_kib) * 1024.0 / 1e6
    }

    /// The time in the accounts, to what it takes at least.
    pub fn to_floor(&self) -> f64 {
        self.accounts_ms / self.floor_ms
    }

    /// How many roles were assumed in an account.
    pub fn assumed_each(&self) -> f64 {
        f64::from(self.assumed) / f64::from(self.accounts)
    }
}

/// Runs once, in a new process. What it says is left in `folder`.
pub async fn run(setting: &Setting, tls: &Tls, folder: &Path) -> Result<Run> {
    measure(setting, tls, folder).await.with_context(|| format!("{} (its log is in target/bench)", setting.name))
}

async fn measure(setting: &Setting, tls: &Tls, folder: &Path) -> Result<Run> {
    let accounts = if setting.by_tag { ManyAccounts::at_rates } else { ManyAccounts::new };
    let accounts = Arc::new(accounts(setting.accounts));
    let aws = CannedAws::start(Some(tls.acceptor.clone()), setting.latency, accounts.clone()).await?;
    let (program, name) = if setting.is_peer {
        (peer("fleet")?, "botocove")
    } else {
        (Command::new(binary("bench-fleet", "bench-fleet")?), "fleet")
    };
    let endpoints = Endpoints { runtime_api: String::new(), aws: aws.urls(), bundle: Some(&tls.bundle) };
    let mut command = as_lambda_would(program, &endpoints, log(name, folder)?)?;
    command.args(setting.is_workflow.then_some("workflow"));
    command.arg(setting.concurrency.to_string()).args(&REGIONS[..setting.regions]);
    command.args(setting.by_tag.then_some(TAG));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let begin = clock::now();
    let mut child = command.spawn().context("starting it")?;
    let pid = child.id().context("it has no process id")?;
    let results = results(child.stdout.take().context("its output")?).await?;
    let wall = clock::now() - begin;
    ensure!(results == setting.accounts * setting.regions, "{results} results");
    // The threads of the peer are gone, and what they took stands only in the coarse account of the whole process.
    let cpu = if setting.is_peer { clock::cpu_in_all(pid)? } else { clock::cpu_at_rest(pid).await? };
    let peak_kib = memory_kib(pid, "VmHWM")?;
    end(child).await?;
    let assumed = aws.take_calls().iter().filter(|call| *call == "AssumeRole").count();
    let roles = if setting.is_peer { setting.regions } else { 1 };
    ensure!(accounts.is_right(setting.regions, u32::try_from(roles)?), "an account was not asked once in each region");
    let cost = Cost { wall_ms: wall.as_secs_f64() * 1e3, cpu_ms: cpu.as_secs_f64() * 1e3 };
    judged(setting, &accounts, cost, begin, (peak_kib, u32::try_from(assumed)?))
}

/// The figures of a run that began then and ended well.
fn judged(
    setting: &Setting,
    accounts: &ManyAccounts,
    cost: Cost,
    begin: Instant,
    (peak_kib, assumed): (u32, u32),
) -> Result<Run> {
    let time = accounts.time().context("no role was assumed")? + setting.latency;
    let choosing = accounts.first().context("no role was assumed")? - begin;
    // The calling account is listed, too, and asked for its tags.
    let tagged = if setting.by_tag { f64::from(u32::try_from(setting.accounts + 1)?) } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let requests = (setting.accounts * rounds(setting)) as f64 / setting.concurrency as f64;
    Ok(Run {
        cost,
        accounts_ms: time.as_secs_f64() * 1e3,
        floor_ms: requests * setting.latency.as_secs_f64() * 1e3,
        peak_kib,
        assumed,
        accounts: u32::try_from(setting.accounts)?,
        choosing_ms: choosing.as_secs_f64() * 1e3,
        choosing_floor_ms: floor_ms("ListTagsForResource", tagged),
        refused: accounts.take_refused(),
    })
}

/// How many requests follow each other in an account. The workflow asks for its results, enters it, asks in all Regions side by side,
/// and writes the results.
fn rounds(setting: &Setting) -> usize {
    if setting.is_workflow { 4 } else { 1 + setting.regions }
}

/// How many results there are, once they all are.
async fn results(output: ChildStdout) -> Result<usize> {
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(results) = line.strip_prefix("done ") {
            return results.parse().context("how many results");
        }
    }
    anyhow::bail!("it ended before it was done")
}

/// Ends it as it ends by itself.
async fn end(mut child: Child) -> Result<()> {
    drop(child.stdin.take());
    let ended = child.wait().await?;
    ensure!(ended.success(), "it ended with {ended}");
    Ok(())
}
