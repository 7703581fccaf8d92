//! One job of one function: a new process, one event, and an AWS of its own. What it took, what AWS was asked for, and what it takes
//! at least where AWS documents a rate.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::process::Command;

use crate::buckets::floor_ms;
use crate::canned::Canned;
use crate::canned_aws::CannedAws;
use crate::clock;
use crate::closed_account::ClosedAccount;
use crate::life::{Cost, memory_kib};
use crate::many_clusters::ManyClusters;
use crate::many_images::ManyImages;
use crate::one_cluster::ZONE;
use crate::runtime_api::{Handled, RuntimeApi};
use crate::subject::{Endpoints, Subject, as_lambda_would, binary, log};
use crate::sweep::EVENT as SWEEP;
use crate::tls::Tls;

/// The circumstances of a job. AWS speaks TLS.
pub struct Job {
    /// Its name in the results.
    pub name: &'static str,
    /// The function.
    function: &'static str,
    event: String,
    environment: Vec<(&'static str, &'static str)>,
    /// The outcome that it has to answer.
    outcome: &'static str,
    aws: fn() -> Arc<dyn Canned>,
    /// The way to AWS and back.
    latency: Duration,
    /// The API whose rate is the limit, and how often it has to be called.
    paced: Option<(&'static str, f64)>,
    /// How often the job is done.
    pub times: usize,
}

/// What a job took, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// From the invocation to the answer.
    #[serde(flatten)]
    pub cost: Cost,
    /// How often AWS was asked for what; what was refused is counted too.
    pub calls: BTreeMap<String, u32>,
    /// How many of the calls were refused for their rate.
    pub refused: u32,
    /// What the documented rates let it take at least, in milliseconds; 0 where there are none.
    pub floor_ms: f64,
    /// The most resident memory ever, in KiB.
    pub peak_kib: u32,
}

impl Done {
    /// How many AWS calls it made.
    pub fn number_of_calls(&self) -> f64 {
        self.calls.values().sum::<u32>().into()
    }

    /// How many of them were to change who may use an image or a snapshot.
    pub fn number_of_shares(&self) -> f64 {
        let shares = self.calls.iter().filter(|(call, _)| call.starts_with("Modify"));
        shares.map(|(_, number)| number).sum::<u32>().into()
    }

    /// Its time, to what it takes at least.
    pub fn to_floor(&self) -> f64 {
        self.cost.wall_ms / self.floor_ms
    }
}

impl Job {
    /// A sweep of names over 30 clusters, at EMR's default quotas.
    pub fn clusters(name: &'static str) -> Self {
        Self {
            name,
            function: "emr-dns",
            event: SWEEP.to_owned(),
            environment: vec![("SIGNALBOX_DNS_ZONES", ZONE)],
            outcome: "applied",
            aws: || Arc::new(ManyClusters::new(30)),
            latency: Duration::ZERO,
            paced: Some(("DescribeCluster", 30.0)),
            times: 1,
        }
    }

    /// A dry sweep of 300 images in each of two regions, with one entry for all, and with 2,000 entries.
    pub fn entries([one, many]: [&'static str; 2]) -> [Self; 2] {
        let job = |name, aws| Self {
            name,
            function: "reconcile-shares",
            event: SWEEP.to_owned(),
            environment: vec![
                ("SIGNALBOX_MODE", "plan"),
                ("SIGNALBOX_RATES", "unlimited"),
                ("SIGNALBOX_MAX_REMOVALS", "100000"),
                ("SIGNALBOX_MAX_REMOVED_PERCENT", "100"),
            ],
            outcome: "planned",
            aws,
            latency: Duration::ZERO,
            paced: None,
            times: 5,
        };
        [job(one, || Arc::new(ManyImages::of_teams(300, 1))), job(many, || Arc::new(ManyImages::of_teams(300, 2_000)))]
    }

    /// An image for 300 accounts, one of which is closed, which EC2 does not say and says. AWS is 50 ms away.
    pub fn closed([unnamed, named]: [&'static str; 2]) -> [Self; 2] {
        let job = |name, aws| Self {
            name,
            function: "share-ami",
            event: Subject::ShareAmi.event(1),
            environment: Vec::new(),
            outcome: "refused",
            aws,
            latency: clock::FAR,
            paced: None,
            times: 3,
        };
        [
            job(unnamed, || Arc::new(ClosedAccount::among(300, false))),
            job(named, || Arc::new(ClosedAccount::among(300, true))),
        ]
    }

    /// Does it once, in a new process. What it logs is left in `folder`.
    pub async fn run(&self, tls: &Tls, folder: &Path) -> Result<Done> {
        self.measure(tls, folder).await.with_context(|| format!("{} (its log is in target/bench)", self.name))
    }

    async fn measure(&self, tls: &Tls, folder: &Path) -> Result<Done> {
        let canned = (self.aws)();
        let mut api = RuntimeApi::start().await?;
        let aws = CannedAws::start(Some(tls.acceptor.clone()), self.latency, canned.clone()).await?;
        let endpoints = Endpoints { runtime_api: api.address(), aws: aws.urls(), bundle: Some(&tls.bundle) };
        let program = Command::new(binary(self.function, self.function)?);
        let mut command = as_lambda_would(program, &endpoints, log(self.function, folder)?)?;
        // Services that the job does not need are refused here, and not looked for elsewhere.
        command.envs(aws.urls().into_iter().take(1).map(|(_, url)| ("AWS_ENDPOINT_URL", url)));
        command.env("AWS_LAMBDA_FUNCTION_NAME", self.function).envs(self.environment.iter().copied());
        let mut child = command.spawn().context("starting it")?;
        let pid = child.id().context("it has no process id")?;
        let done = tokio::select! {
            done = self.invoke(&mut api, &aws, pid) => done,
            ended = child.wait() => Err(anyhow::anyhow!("it ended by itself: {}", ended?)),
        };
        child.kill().await.context("ending it")?;
        let done = done?;
        canned.check()?;
        Ok(Done { refused: canned.take_refused(), ..done })
    }

    async fn invoke(&self, api: &mut RuntimeApi, aws: &CannedAws, pid: u32) -> Result<Done> {
        api.initialised().await?;
        let before = clock::cpu_at_rest(pid).await?;
        aws.take_calls();
        let begin = clock::now();
        let Handled { answered, body } = api.invoke(self.event.clone()).await?;
        let cpu = clock::cpu_at_rest(pid).await?.saturating_sub(before);
        let answer = String::from_utf8_lossy(&body);
        let is_so = serde_json::from_str(&answer).is_ok_and(|it: serde_json::Value| it["outcome"] == self.outcome);
        ensure!(is_so, "instead of `{}` it answered {}", self.outcome, answer.chars().take(1000).collect::<String>());
        let mut calls = BTreeMap::new();
        for call in aws.take_calls() {
            *calls.entry(call).or_default() += 1;
        }
        Ok(Done {
            cost: Cost { wall_ms: (answered - begin).as_secs_f64() * 1e3, cpu_ms: cpu.as_secs_f64() * 1e3 },
            calls,
            refused: 0,
            floor_ms: self.paced.map_or(0.0, |(api, calls)| floor_ms(api, calls)),
            peak_kib: memory_kib(pid, "VmHWM")?,
        })
    }
}
