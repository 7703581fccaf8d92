//! Checking AWS's managed policies: by Signalbox, parliament and cloudsplaining, all in one process and one file in a process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStdout, Command};

use crate::clock;
use crate::life::{Cost, memory_kib};
use crate::subject::{binary, log, workspace};

/// Who checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checker {
    /// `shared/policy`, as `signalbox policy check` calls it.
    Signalbox,
    /// The one with the action list of 2025.
    Parliament,
    /// The one that looks for escalations.
    Cloudsplaining,
}

/// Who checks how many files in one process.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the results.
    pub name: &'static str,
    /// Who.
    pub checker: Checker,
    /// Whether a process checks one file, as a hook before a commit does.
    pub is_one: bool,
    /// How often it is done.
    pub times: usize,
}

/// What a process took.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// From its start to the last verdict.
    #[serde(flatten)]
    pub cost: Cost,
    /// The most resident memory ever, in KiB.
    pub peak_kib: u32,
    /// How many files there were.
    pub files: u32,
}

impl Checked {
    /// The most resident memory, in megabytes (10^6 bytes).
    pub fn peak_mb(&self) -> f64 {
        f64::from(self.peak_kib) * 1024.0 / 1e6
    }

    /// CPU time for one file.
    pub fn cpu_each(&self) -> f64 {
        self.cost.cpu_ms / f64::from(self.files)
    }
}

/// Checks once, in a new process. What it says is left in `folder`.
pub async fn check(setting: &Setting, folder: &Path) -> Result<Checked> {
    measure(setting, folder).await.with_context(|| format!("{} (its log is in target/bench)", setting.name))
}

async fn measure(setting: &Setting, folder: &Path) -> Result<Checked> {
    let mut files = policies(folder).await?;
    if setting.is_one {
        files.truncate(1);
    }
    let mut command = program(setting.checker)?;
    command.args(&files).env_clear().env("PATH", "/usr/bin:/bin");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log(setting.name, folder)?).kill_on_drop(true);
    let begin = clock::now();
    let mut child = command.spawn().context("starting it")?;
    let pid = child.id().context("it has no process id")?;
    let done = done(child.stdout.take().context("its output")?).await?;
    let wall = clock::now() - begin;
    ensure!(done == files.len(), "{done} of {} files", files.len());
    let cpu = clock::cpu_at_rest(pid).await?;
    let peak_kib = memory_kib(pid, "VmHWM")?;
    drop(child.stdin.take());
    ensure!(child.wait().await?.success(), "it failed");
    let cost = Cost { wall_ms: wall.as_secs_f64() * 1e3, cpu_ms: cpu.as_secs_f64() * 1e3 };
    Ok(Checked { cost, peak_kib, files: u32::try_from(files.len())? })
}

fn program(checker: Checker) -> Result<Command> {
    let peer = |name: &str| {
        let root = workspace().canonicalize().context("the workspace that the benchmark was built from is gone")?;
        let python = root.join(".local/peers/bin/python");
        ensure!(python.exists(), "{} is missing: make bench installs it", python.display());
        let mut command = Command::new(python);
        command.arg(root.join("tests/bench/peer/policies/check.py")).arg(name);
        Ok(command)
    };
    match checker {
        Checker::Signalbox => Ok(Command::new(binary("bench-policies", "bench-policies")?)),
        Checker::Parliament => peer("parliament"),
        Checker::Cloudsplaining => peer("cloudsplaining"),
    }
}

/// How many files it has checked, once it has.
async fn done(output: ChildStdout) -> Result<usize> {
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(files) = line.strip_prefix("done ") {
            return files.parse().context("how many files");
        }
    }
    anyhow::bail!("it ended before it was done")
}

/// AWS's managed policies as moto has them, a file each, in the order of their names. The first is one of average size.
async fn policies(folder: &Path) -> Result<Vec<PathBuf>> {
    let folder = folder.join("policies");
    if !folder.exists() {
        let write = "import json, pathlib, sys
from moto.iam.aws_managed_policies import aws_managed_policies_data
folder = pathlib.Path(sys.argv[1])
folder.mkdir()
for name, policy in json.loads(aws_managed_policies_data).items():
    (folder / f'{name}.json').write_text(json.dumps(policy['Document'], indent=4))";
        let python = workspace().canonicalize()?.join(".local/venv/bin/python");
        let written =
            Command::new(python).args(["-c", write]).arg(&folder).status().await.context("moto's policies")?;
        ensure!(written.success(), "moto's policies are not written");
    }
    let mut files =
        fs::read_dir(&folder)?.map(|it| Ok(it?.path())).collect::<Result<Vec<_>>>().context("the policies")?;
    files.sort();
    ensure!(files.len() >= 1_000, "{} policies", files.len());
    let sizes = files.iter().map(|it| Ok(fs::metadata(it)?.len())).collect::<Result<Vec<_>>>()?;
    let average = sizes.iter().sum::<u64>() / u64::try_from(files.len())?;
    let near = sizes.iter().enumerate().min_by_key(|(_, size)| size.abs_diff(average));
    files.swap(0, near.map_or(0, |it| it.0));
    Ok(files)
}
