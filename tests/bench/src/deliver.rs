//! Code that goes to a function in each of many accounts, by `signalbox deploy` and in the published way: one process of the AWS CLI for
//! each call, one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::canned_aws::CannedAws;
use crate::clock;
use crate::life::Cost;
use crate::many_functions::{FUNCTION, ManyFunctions, ZIP, account};
use crate::subject::{Endpoints, as_lambda_would, binary, log, workspace};
use crate::tls::Tls;

/// The way to AWS and back.
const LATENCY: Duration = Duration::from_millis(50);

/// A shell that runs a program, says that it is over, and stays until what it took was read.
const SHELL: &str = "\"$@\"; echo done $?; read line";

/// The circumstances of a delivery. AWS speaks TLS.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name in the results.
    pub name: &'static str,
    /// Whether it is the published way.
    pub is_peer: bool,
    /// How many accounts there are, with one function each.
    pub targets: usize,
    /// How often it is done.
    pub times: usize,
}

/// What a delivery took, and the way back from it.
#[derive(Clone, Debug, Serialize)]
pub struct Delivered {
    /// The delivery.
    pub forward: Way,
    /// The way back, by another process.
    pub back: Option<Way>,
    /// How many targets there were.
    pub targets: u32,
}

/// What one process took, or those of the AWS CLI together.
#[derive(Clone, Debug, Serialize)]
pub struct Way {
    /// From its start to its end.
    #[serde(flatten)]
    pub cost: Cost,
    /// How often AWS was asked for what.
    pub calls: BTreeMap<String, u32>,
    /// How many calls the longest path has, one after the other.
    pub path: u32,
}

/// What a deployment as a whole is asked, whatever its targets are.
const OF_ALL: [&str; 5] = ["GetCallerIdentity", "GetItem", "PutObject", "Query", "TransactWriteItems"];

impl Way {
    /// Its time, to what the calls of its longest path take.
    pub fn to_path(&self) -> f64 {
        self.cost.wall_ms / (f64::from(self.path) * LATENCY.as_secs_f64() * 1e3)
    }
}

impl Delivered {
    /// How many calls a target takes.
    pub fn calls_each(&self) -> f64 {
        let of_target = self.forward.calls.iter().filter(|(name, _)| !OF_ALL.contains(&name.as_str()));
        of_target.map(|(_, number)| f64::from(*number)).sum::<f64>() / f64::from(self.targets)
    }

    /// The wall time of a target.
    pub fn wall_each(&self) -> f64 {
        self.forward.cost.wall_ms / f64::from(self.targets)
    }

    /// The CPU time of a target.
    pub fn cpu_each(&self) -> f64 {
        self.forward.cost.cpu_ms / f64::from(self.targets)
    }
}

/// Delivers once, and goes back. What is said is left in `folder`.
pub async fn deliver(setting: &Setting, tls: &Tls, folder: &Path) -> Result<Delivered> {
    measure(setting, tls, folder).await.with_context(|| format!("{} (its log is in target/bench)", setting.name))
}

async fn measure(setting: &Setting, tls: &Tls, folder: &Path) -> Result<Delivered> {
    let functions = Arc::new(ManyFunctions::default());
    let aws = CannedAws::start(Some(tls.acceptor.clone()), LATENCY, functions.clone()).await?;
    let bench = Bench { setting, tls, folder, functions, aws };
    let targets = u32::try_from(setting.targets)?;
    if setting.is_peer {
        bench.functions.know(PEER_KEY, "new");
        let program = workspace().canonicalize()?.join("tests/bench/peer/deploy/deploy.sh");
        let (forward, _) = bench.run(Command::new("/bin/sh"), &[&program.display().to_string()]).await?;
        bench.functions.require(setting.targets, "2")?;
        return Ok(Delivered { forward, back: None, targets });
    }
    let artifact = bench.artifact()?;
    let signalbox = || Ok::<_, anyhow::Error>(Command::new(binary("signalbox", "signalbox")?));
    let (forward, said) = bench.run(signalbox()?, &["deploy", "run", &artifact.display().to_string()]).await?;
    bench.functions.require(setting.targets, "2")?;
    let id = said.lines().find_map(|line| line.strip_prefix("deployment ")?.split(' ').next());
    let (back, _) = bench.run(signalbox()?, &["deploy", "rollback", id.context("it named no deployment")?]).await?;
    bench.functions.require(setting.targets, "1")?;
    Ok(Delivered { forward, back: Some(back), targets })
}

/// The object that the published way has put already.
const PEER_KEY: &str = "code/orders.zip";

struct Bench<'a> {
    setting: &'a Setting,
    tls: &'a Tls,
    folder: &'a Path,
    functions: Arc<ManyFunctions>,
    aws: CannedAws,
}

impl Bench<'_> {
    fn accounts(&self) -> Vec<String> {
        (0..self.setting.targets).map(account).collect()
    }

    /// Writes the artifact: one function, all accounts in one wave, all at once.
    fn artifact(&self) -> Result<PathBuf> {
        let targets = serde_json::json!([{"accounts": self.accounts(), "regions": ["eu-west-1"]}]);
        let order = serde_json::json!({"functions": [{"name": FUNCTION}], "targets": targets}).to_string();
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [("deploy.json", order.as_bytes()), ("lambda.zip", ZIP)] {
            archive.start_file(name, SimpleFileOptions::default())?;
            archive.write_all(content)?;
        }
        let path = self.folder.canonicalize()?.join("orders.zip");
        fs::write(&path, archive.finish()?.into_inner())?;
        Ok(path)
    }

    /// Runs a program to its end: what it took, and what it said.
    async fn run(&self, program: Command, arguments: &[&str]) -> Result<(Way, String)> {
        self.aws.take_calls();
        self.functions.take_path(LATENCY);
        let endpoints = Endpoints { runtime_api: String::new(), aws: self.aws.urls(), bundle: Some(&self.tls.bundle) };
        let mut command = as_lambda_would(Command::new("/bin/sh"), &endpoints, log(self.setting.name, self.folder)?)?;
        command.args(["-c", SHELL, "sh"]).arg(program.as_std().get_program()).args(arguments);
        let accounts = self.accounts();
        command.env("SIGNALBOX_ACCOUNTS", accounts.join(",")).env("SIGNALBOX_MEMBER_ROLE", "delivery");
        command.env("SIGNALBOX_CODE_BUCKET", "signalbox-bench-code").env("SIGNALBOX_DEPLOY_FUNCTIONS", FUNCTION);
        command.env("BENCH_ACCOUNTS", accounts.join(" ")).env("BENCH_KEY", PEER_KEY);
        command.env("BENCH_AWS", workspace().canonicalize()?.join(".local/peers/bin/aws"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let begin = clock::now();
        let mut child = command.spawn().context("starting it")?;
        let said = said(&mut child).await?;
        let wall = clock::now() - begin;
        let cpu = clock::cpu_with_children(child.id().context("it has no process id")?)?;
        drop(child.stdin.take());
        child.wait().await?;
        let mut calls = BTreeMap::new();
        for call in self.aws.take_calls() {
            *calls.entry(call).or_default() += 1;
        }
        let cost = Cost { wall_ms: wall.as_secs_f64() * 1e3, cpu_ms: cpu.as_secs_f64() * 1e3 };
        Ok((Way { cost, calls, path: self.functions.take_path(LATENCY) }, said))
    }
}

/// What a program said until it ended well.
async fn said(child: &mut Child) -> Result<String> {
    let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await? {
        if let Some(code) = line.strip_prefix("done ") {
            ensure!(code == "0", "it ended with {code}: {said}");
            return Ok(said);
        }
        said += &line;
        said.push('\n');
    }
    anyhow::bail!("it ended before it was done")
}
