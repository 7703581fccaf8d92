//! `signalbox apply`: carries a stored plan out.

use std::fmt;
use std::io::IsTerminal;
use std::path::Path;

use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use permissions::Source;
use reaction::Error;
use reconcile_shares::{Applied, StoredPlan};
use serde::Serialize;
use sharing::Share;

use super::sweep;
use crate::arguments::{AwsOptions, FunctionSettings};
use crate::connection::connect;
use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::output::{self, Format};

/// Steps in flight; each keeps to the pace of its API.
const CONCURRENCY: usize = 20;

/// Carries the plan out, and prints what became of each step.
pub(super) async fn apply(
    aws: &AwsOptions,
    path: &Path,
    settings: &FunctionSettings,
    output: Format,
) -> Result<(), Failure> {
    let plan = read(path).await?;
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let ours = &sessions.home().map_err(Failure::service)?.account;
    if plan.account != *ours {
        let theirs = &plan.account;
        return Err(Failure::configuration(format!(
            "the plan is for account {theirs}, and the credentials are of {ours}"
        )));
    }
    let function = sweep::function(&sessions, Source::of_text(&sessions, "{}", None), settings)?;
    let bar = bar(plan.steps.len());
    let occurrence = format!("plan/{}", plan.manifest);
    let mut lines = Vec::new();
    for turn in plan.steps.chunk_by(|one, other| reconcile_shares::turn(one) == reconcile_shares::turn(other)) {
        let steps = stream::iter(turn).map(async |step| {
            let result = function.apply_stored(&occurrence, step).await;
            bar.inc(1);
            line(step, result)
        });
        lines.extend(steps.buffered(CONCURRENCY).collect::<Vec<_>>().await);
    }
    bar.finish_and_clear();
    let done = Done { steps: lines };
    output::print(output, &done)?;
    if done.steps.iter().all(|line| line.error.is_none()) { Ok(()) } else { Err(Failure::shown_service()) }
}

/// What became of a step, as it is shown.
fn line(step: &Share, result: Result<Applied, Error>) -> Line {
    let (outcome, error) = match result {
        Ok(Applied::Done) => ("applied", None),
        Ok(Applied::AlreadyDone) => ("unchanged", None),
        Err(error) => (if error.is_refused() { "refused" } else { "failed" }, Some(error.to_string())),
    };
    Line { step: step.to_string(), outcome, error }
}

async fn read(path: &Path) -> Result<StoredPlan, Failure> {
    let name = name_of(path);
    let text = read_text(path).await?;
    // One step alone is what an audit item carries to be reverted by.
    let step = serde_json::from_str::<Share>(&text).ok().and_then(of_step);
    let plan = step.map_or_else(|| StoredPlan::read(&text), Ok);
    plan.map_err(|error| Failure::usage(format!("{name} {error}")))
}

/// The plan that is this step alone.
fn of_step(step: Share) -> Option<StoredPlan> {
    let account = step.changes.first()?.resource.account.clone();
    Some(StoredPlan { version: StoredPlan::VERSION, account, manifest: step.manifest.clone(), steps: vec![step] })
}

/// A bar on a terminal, and nothing elsewhere.
fn bar(steps: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} steps {elapsed}");
    ProgressBar::new(steps as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[derive(Serialize)]
struct Done {
    steps: Vec<Line>,
}

/// What became of a step.
#[derive(Serialize)]
struct Line {
    step: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { step, outcome, error } in &self.steps {
            writeln!(f, "{outcome}: {step}")?;
            if let Some(error) = error {
                writeln!(f, "  {error}")?;
            }
        }
        let count = |outcome| self.steps.iter().filter(|line| line.outcome == outcome).count();
        let counted = ["applied", "unchanged", "refused", "failed"].map(|it| format!("{} {it}", count(it)));
        let steps = if self.steps.len() == 1 { "step" } else { "steps" };
        write!(f, "{} {steps}: {}", self.steps.len(), counted.join(", "))
    }
}
