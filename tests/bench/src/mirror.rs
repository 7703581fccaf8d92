//! A repository that is mirrored to S3, by `mirror-repository` and in the published way: one process, one bucket, one forge on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::process::Command;

use crate::canned_aws::CannedAws;
use crate::clock;
use crate::git_server::{File, GitServer, Repository, noise, templates};
use crate::life::{Cost, memory_kib};
use crate::mirrored_bucket::{BUCKET, LIST, MirroredBucket, message};
use crate::runtime_api::{Handled, RuntimeApi};
use crate::subject::{Endpoints, as_lambda_would, binary, log, mirror_peer};
use crate::tls::Tls;

/// The way to S3 and back. The forge is near.
const LATENCY: Duration = Duration::from_millis(20);

/// How many objects `mirror-repository` writes at a time.
const AT_ONCE: f64 = 40.0;

/// How many files a push changes.
const CHANGED: usize = 100;

/// What is mirrored. AWS speaks TLS.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// So many templates: for the first time, again with an empty bucket, and after a push that changed a hundred of them.
    Templates(usize),
    /// A few templates, whose former versions have so many megabytes.
    History(usize),
    /// A file of so many megabytes.
    Large(usize),
}

/// The circumstances of a mirror.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the results.
    pub name: &'static str,
    /// What is mirrored.
    pub what: What,
    /// Whether it is the published way.
    pub is_peer: bool,
    /// How often it is done.
    pub times: usize,
}

/// What one message took.
#[derive(Clone, Debug, Serialize)]
pub struct Copied {
    /// From the invocation to the answer.
    #[serde(flatten)]
    pub cost: Cost,
    /// How often AWS was asked for what.
    pub calls: BTreeMap<String, u32>,
    /// How many files the repository has.
    pub files: u32,
}

/// What one life of a process took.
#[derive(Clone, Debug, Serialize)]
pub struct Mirrored {
    /// The first copy, with nothing on the disk.
    pub first: Copied,
    /// The same again, where the bucket has lost everything and the disk has what was fetched.
    pub warm: Option<Copied>,
    /// After a push that changed some files.
    pub push: Option<Copied>,
    /// The most resident memory ever, in KiB.
    pub peak_kib: u32,
    /// How many bytes the repository has at its forge.
    pub repository: u64,
    /// How many bytes the largest file has.
    pub largest: u32,
}

impl Copied {
    /// How many AWS calls it made.
    pub fn number_of_calls(&self) -> f64 {
        self.calls.values().sum::<u32>().into()
    }

    /// Its time, to what its objects take at least, 40 at a time.
    pub fn to_floor(&self) -> f64 {
        let objects = f64::from(self.calls.get("PutObject").copied().unwrap_or_default());
        self.cost.wall_ms / (objects * LATENCY.as_secs_f64() * 1e3 / AT_ONCE)
    }
}

impl Mirrored {
    /// The most resident memory, in megabytes (10^6 bytes).
    pub fn peak_mb(&self) -> f64 {
        f64::from(self.peak_kib) * 1024.0 / 1e6
    }

    /// The same beyond the size of the largest file.
    pub fn peak_beyond_largest_mb(&self) -> f64 {
        self.peak_mb() - f64::from(self.largest) / 1e6
    }
}

/// Mirrors in a new process. What it logs is left in `folder`.
pub async fn mirror(setting: &Setting, tls: &Tls, folder: &Path) -> Result<Mirrored> {
    measure(setting, tls, folder).await.with_context(|| format!("{} (its log is in target/bench)", setting.name))
}

async fn measure(setting: &Setting, tls: &Tls, folder: &Path) -> Result<Mirrored> {
    let mut repository = Repository::make(&folder.join("repositories"))?;
    let files = made(setting.what, &mut repository)?;
    let bytes = repository.bytes()?;
    let forge = GitServer::start(&repository).await?;
    let largest = files.iter().map(|it| it.content.len()).max().unwrap_or_default();
    let bucket = Arc::new(MirroredBucket::of(&forge.url(), largest.max(1 << 20) as u64));
    let api = RuntimeApi::start().await?;
    let aws = CannedAws::start(Some(tls.acceptor.clone()), LATENCY, bucket.clone()).await?;
    let disk = Disk::make(folder)?;
    let (program, name) = if setting.is_peer {
        (mirror_peer()?, "mirror-published")
    } else {
        (Command::new(binary("mirror-repository", "mirror-repository")?), "mirror-repository")
    };
    let endpoints = Endpoints { runtime_api: api.address(), aws: aws.urls(), bundle: Some(&tls.bundle) };
    let mut command = as_lambda_would(program, &endpoints, log(name, folder)?)?;
    command.env("AWS_LAMBDA_FUNCTION_NAME", "mirror-repository").env("TMPDIR", &disk.0).env("HOME", &disk.0);
    command
        .env("SIGNALBOX_REPOSITORIES", LIST)
        .env("SIGNALBOX_MIRROR_BUCKET", BUCKET)
        .env("BENCH_REPOSITORY", forge.url());
    let mut child = command.spawn().context("starting it")?;
    let pid = child.id().context("it has no process id")?;
    let mut bench = Bench { pid, api, aws, bucket, repository, files };
    let mirrored = tokio::select! {
        mirrored = bench.run(setting) => mirrored,
        ended = child.wait() => Err(anyhow::anyhow!("it ended by itself: {}", ended?)),
    };
    child.kill().await.context("ending it")?;
    Ok(Mirrored { repository: bytes, largest: u32::try_from(largest)?, ..mirrored? })
}

/// Makes the commits: the files of the last one.
fn made(what: What, repository: &mut Repository) -> Result<Vec<File>> {
    let files = match what {
        What::Templates(number) => templates(number, 1),
        What::History(megabytes) => {
            for number in 0..megabytes / 10 {
                repository.commit(&[noise("data.bin", number as u64 + 1, 10_000_000)])?;
            }
            let mut files = templates(200, 1);
            files.push(noise("data.bin", 0, 1_000_000));
            files
        }
        What::Large(megabytes) => vec![noise("large.bin", 1, megabytes * 1_000_000)],
    };
    repository.commit(&files)?;
    repository.pack()?;
    Ok(files)
}

/// What stands for `/tmp`: empty, and gone with this.
struct Disk(PathBuf);

impl Disk {
    fn make(folder: &Path) -> Result<Self> {
        let path = folder.canonicalize()?.join("tmp");
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("removing {}", path.display()))?;
        }
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

struct Bench {
    pid: u32,
    api: RuntimeApi,
    aws: CannedAws,
    bucket: Arc<MirroredBucket>,
    repository: Repository,
    files: Vec<File>,
}

impl Bench {
    async fn run(&mut self, setting: &Setting) -> Result<Mirrored> {
        self.api.initialised().await?;
        let first = self.copy().await?;
        let (mut warm, mut push) = (None, None);
        if let What::Templates(_) = setting.what {
            if !setting.is_peer {
                self.bucket.empty();
                warm = Some(self.copy().await?);
            }
            let changed = templates(CHANGED.min(self.files.len()), 2);
            self.repository.commit(&changed)?;
            for (file, changed) in self.files.iter_mut().zip(changed) {
                *file = changed;
            }
            push = Some(self.copy().await?);
        }
        let peak_kib = memory_kib(self.pid, "VmHWM")?;
        Ok(Mirrored { first, warm, push, peak_kib, repository: 0, largest: 0 })
    }

    /// Sends a message, and waits until the bucket is as the branch.
    async fn copy(&mut self) -> Result<Copied> {
        let before = clock::cpu_at_rest(self.pid).await?;
        self.aws.take_calls();
        let begin = clock::now();
        let Handled { answered, body } = self.api.invoke(message()).await?;
        let cpu = clock::cpu_at_rest(self.pid).await?.saturating_sub(before);
        let answer: String = String::from_utf8_lossy(&body).chars().take(1000).collect();
        ensure!(answer.replace(' ', "") == r#"{"batchItemFailures":[]}"#, "it answered {answer}");
        self.bucket.require(self.files.iter())?;
        let mut calls = BTreeMap::new();
        for call in self.aws.take_calls() {
            *calls.entry(call).or_default() += 1;
        }
        let cost = Cost { wall_ms: (answered - begin).as_secs_f64() * 1e3, cpu_ms: cpu.as_secs_f64() * 1e3 };
        Ok(Copied { cost, calls, files: u32::try_from(self.files.len())? })
    }
}
