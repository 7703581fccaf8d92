//! The sweep over many drifted images, and the way of 2015 over the same: one process, one AWS, one or two sweeps.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::process::Command;

use crate::buckets::Buckets;
use crate::canned::Canned;
use crate::canned_aws::CannedAws;
use crate::clock;
use crate::life::{Cost, memory_kib};
use crate::many_images::ManyImages;
use crate::runtime_api::{Handled, RuntimeApi};
use crate::subject::{Endpoints, as_lambda_would, binary, log, python};
use crate::tls::Tls;

/// What starts a sweep.
pub const EVENT: &str = r#"{"signalbox": "sweep", "force": null}"#;
const FUNCTION: &str = "reconcile-shares";
/// The way to AWS and back that the bar speaks of.
const LATENCY: Duration = Duration::from_millis(50);

/// How a sweep reads who has what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It asks for each image.
    Asking,
    /// It lists images by account, where that takes fewer calls: it is not the first sweep of the day. In the first minutes of a day
    /// (UTC) each one is.
    Listing,
}

/// The circumstances of a sweep. AWS is 50 ms away and speaks TLS.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the results.
    pub name: &'static str,
    /// Whether it is done in the way of 2015.
    pub is_of_2015: bool,
    /// How many images there are.
    pub images: u32,
    /// How many of them have drifted: the last ones.
    pub drifted: u32,
    /// How it reads who has what.
    pub reading: Reading,
    /// Whether EC2 has its documented buckets, and is called at its documented rates.
    pub has_buckets: bool,
    /// Whether each change is recorded in the tables of grants and of the audit.
    pub has_tables: bool,
    /// How often it is done.
    pub times: usize,
}

/// What a sweep took, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Sweep {
    /// How many images had drifted.
    pub images: u32,
    /// From the invocation to the answer.
    #[serde(flatten)]
    pub cost: Cost,
    /// How often AWS was asked for what; what was refused is counted too.
    pub calls: BTreeMap<String, u32>,
    /// How many of the calls were refused.
    pub refused: u32,
    /// The most resident memory ever, in KiB, a second sweep included.
    pub peak_kib: u32,
    /// What AWS was asked for by a second sweep, which has nothing to do. The way of 2015 has none, and neither have those of which little
    /// has drifted.
    pub second: Option<BTreeMap<String, u32>>,
}

impl Sweep {
    /// How many AWS calls it made.
    pub fn number_of_calls(&self) -> f64 {
        total(self.calls.values())
    }

    /// The part of its calls that was refused, in percent.
    pub fn percent_refused(&self) -> f64 {
        f64::from(self.refused) / self.number_of_calls() * 100.0
    }

    /// The most resident memory, in megabytes (10^6 bytes).
    pub fn peak_mb(&self) -> f64 {
        f64::from(self.peak_kib) * 1024.0 / 1e6
    }

    /// How many changes the second sweep made.
    pub fn second_changes(&self) -> Option<f64> {
        let changes = self.second.as_ref()?.iter().filter(|(call, _)| call.starts_with("Modify"));
        Some(total(changes.map(|(_, number)| number)))
    }
}

fn total<'a>(numbers: impl Iterator<Item = &'a u32>) -> f64 {
    numbers.sum::<u32>().into()
}

/// Sweeps once, in a new process. What it logs is left in `folder`.
pub async fn sweep(setting: &Setting, tls: &Tls, folder: &Path) -> Result<Sweep> {
    let name = if setting.is_of_2015 { "sweep-of-2015" } else { FUNCTION };
    measure(setting, tls, folder, name).await.with_context(|| format!("{} (its log is in target/bench)", setting.name))
}

async fn measure(setting: &Setting, tls: &Tls, folder: &Path, name: &str) -> Result<Sweep> {
    let buckets = if setting.has_buckets { Buckets::documented() } else { Buckets::default() };
    let images = Arc::new(ManyImages::partly_drifted(setting.images, setting.drifted, buckets));
    let api = RuntimeApi::start().await?;
    let aws = CannedAws::start(Some(tls.acceptor.clone()), LATENCY, images.clone()).await?;
    let program = if setting.is_of_2015 { python("sweep")? } else { Command::new(binary(FUNCTION, FUNCTION)?) };
    let endpoints = Endpoints { runtime_api: api.address(), aws: aws.urls(), bundle: Some(&tls.bundle) };
    let mut command = as_lambda_would(program, &endpoints, log(name, folder)?)?;
    // Services that a sweep of images does not need are refused here, and not looked for elsewhere.
    command.envs(aws.urls().into_iter().take(1).map(|(_, url)| ("AWS_ENDPOINT_URL", url)));
    command.env("AWS_LAMBDA_FUNCTION_NAME", FUNCTION).envs(environment(setting));
    let mut child = command.spawn().context("starting it")?;
    let pid = child.id().context("it has no process id")?;
    let mut bench = Bench { pid, api, aws, images };
    let sweep = tokio::select! {
        sweep = bench.run(setting) => sweep,
        ended = child.wait() => Err(anyhow::anyhow!("it ended by itself: {}", ended?)),
    };
    child.kill().await.context("ending it")?;
    sweep
}

/// More goes than a sweep may take away by default: every second share.
fn environment(setting: &Setting) -> Vec<(&'static str, &'static str)> {
    let rates = if setting.has_buckets { "documented" } else { "unlimited" };
    let mut environment = vec![
        ("SIGNALBOX_MODE", "apply"),
        ("SIGNALBOX_MAX_REMOVALS", "100000"),
        ("SIGNALBOX_MAX_REMOVED_PERCENT", "100"),
        ("SIGNALBOX_RATES", rates),
    ];
    if setting.reading == Reading::Listing {
        environment.push(("SIGNALBOX_SWEEP_PERIOD", "1"));
    }
    if setting.has_tables {
        environment
            .extend([("SIGNALBOX_GRANTS_TABLE", "signalbox-grants"), ("SIGNALBOX_AUDIT_TABLE", "signalbox-audit")]);
    }
    environment
}

struct Bench {
    pid: u32,
    api: RuntimeApi,
    aws: CannedAws,
    images: Arc<ManyImages>,
}

impl Bench {
    async fn run(&mut self, setting: &Setting) -> Result<Sweep> {
        self.api.initialised().await?;
        let before = clock::cpu_at_rest(self.pid).await?;
        self.aws.take_calls();
        let begin = clock::now();
        let answered = self.invoke("applied").await?;
        let cpu = clock::cpu_at_rest(self.pid).await?.saturating_sub(before);
        let wrong = self.images.number_of_wrong();
        ensure!(wrong == 0, "{wrong} of {} images are not shared as the manifest says", setting.images);
        let (calls, refused) = (self.calls(), self.images.take_refused());
        let second = if setting.is_of_2015 || setting.drifted < setting.images {
            None
        } else {
            self.invoke("unchanged").await?;
            Some(self.calls())
        };
        let cost = Cost { wall_ms: (answered - begin).as_secs_f64() * 1e3, cpu_ms: cpu.as_secs_f64() * 1e3 };
        let peak_kib = memory_kib(self.pid, "VmHWM")?;
        Ok(Sweep { images: setting.images, cost, calls, refused, peak_kib, second })
    }

    async fn invoke(&mut self, outcome: &str) -> Result<std::time::Instant> {
        let Handled { answered, body } = self.api.invoke(EVENT.to_owned()).await?;
        let answer = String::from_utf8_lossy(&body);
        let is_so = serde_json::from_str(&answer).is_ok_and(|it: serde_json::Value| it["outcome"] == outcome);
        let start: String = answer.chars().take(1000).collect();
        ensure!(is_so, "instead of `{outcome}` it answered {start}");
        Ok(answered)
    }

    fn calls(&self) -> BTreeMap<String, u32> {
        let mut calls = BTreeMap::new();
        for call in self.aws.take_calls() {
            *calls.entry(call).or_default() += 1;
        }
        calls
    }
}
