//! `signalbox apply`: carries a stored plan out.

use std::collections::BTreeSet;
use std::fmt;
use std::io::IsTerminal;
use std::path::Path;

use aws::in_name_of;
use futures_util::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use place::{AccountId, plain};
use reaction::settings::Variables;
use reaction::{Error, Reaction};
use reconcile_shares::{Applied, ReconcileShares, StoredPlan};
use serde::Serialize;
use sharing::{Manifest, Principal, Share, digest};
use sharing_aws::Source;

use super::sweep;
use crate::bound;
use crate::connection::{AwsOptions, connect_for};
use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::functions::by_hand;
use crate::given::Given;
use crate::output::{self, Format};

/// Steps in flight; each keeps to the pace of its API.
const CONCURRENCY: usize = 20;

/// Carries the plan out, and prints what became of each step.
pub(super) async fn apply(
    aws: &AwsOptions,
    path: &Path,
    variables: Variables<'_>,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    let text = read_text(path).await?;
    let file = File::parse(&text).map_err(|error| Failure::usage(format!("{} {error}", name_of(path))))?;
    given.check_role(variables)?;
    let sessions = connect_for(aws, variables).await?;
    let source = Source::of_text(&sessions, "{}", sweep::allowed(variables)?);
    bound::require(given, variables)?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let ours = &sessions.home().map_err(Failure::service)?.account;
    if let Some(theirs) = file.account.as_ref().filter(|account| *account != ours) {
        return Err(Failure::configuration(format!(
            "the plan is for account {theirs}, and the credentials are of {ours}"
        )));
    }
    let function = sweep::function(&sessions, Source::of_text(&sessions, "{}", None), variables)?;
    given.check("apply")?;
    check(&file, &source).await?;
    let digest = digest(&text);
    let run = by_hand(&sessions, ReconcileShares::NAME, "apply", "signalbox apply");
    let steps = in_name_of(&run, carry_out(&function, &file.steps, &format!("plan/{digest}"))).await;
    let done = Done { plan: digest, steps, notes: source.notes() };
    output::print(output, &done)?;
    if done.steps.iter().all(|line| line.error.is_none()) { Ok(()) } else { Err(Failure::shown_service()) }
}

/// Refuses a plan that lets in a principal which the settings do not allow, before its first step.
async fn check(file: &File, source: &Source) -> Result<(), Failure> {
    let desired = source.complete(Ok(Manifest::default()), &[]).await.map_err(Failure::service)?;
    let Some(allowed) = &desired.allowed else { return Ok(()) };
    let outside = file.additions().into_iter().filter(|who| !allowed.admits(who, &desired.membership));
    let outside: Vec<_> = outside.map(|who| who.to_string()).collect();
    if outside.is_empty() {
        return Ok(());
    }
    Err(Failure::configuration(format!(
        "the plan lets in {}, which --allowed-accounts does not name; nothing was changed; correct the manifest and plan again, \
         or allow it",
        outside.join(", ")
    )))
}

/// Carries the steps out, phase after phase.
async fn carry_out(function: &ReconcileShares, steps: &[Share], occurrence: &str) -> Vec<Line> {
    let bar = bar(steps.len());
    let mut lines = Vec::new();
    for phase in steps.chunk_by(|one, other| reconcile_shares::phase(one) == reconcile_shares::phase(other)) {
        let steps = stream::iter(phase).map(async |step| {
            let result = function.apply_stored(occurrence, step).await;
            bar.inc(1);
            line(step, result)
        });
        lines.extend(steps.buffered(CONCURRENCY).collect::<Vec<_>>().await);
    }
    bar.finish_and_clear();
    lines
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

/// What is to be carried out.
struct File {
    /// The account that the plan was made for. One step alone says none: each of its things says whose it is, and is entered
    /// only where the settings admit that.
    account: Option<AccountId>,
    steps: Vec<Share>,
}

impl File {
    /// A plan, or one step alone, which an audit item carries to be reverted by.
    fn parse(text: &str) -> Result<Self, Error> {
        if let Ok(step) = serde_json::from_str::<Share>(text) {
            return Ok(Self { account: None, steps: vec![step] });
        }
        let StoredPlan { account, steps, .. } = StoredPlan::read(text)?;
        Ok(Self { account: Some(account), steps })
    }

    /// Every principal that it lets in.
    fn additions(&self) -> BTreeSet<Principal> {
        let changes = self.steps.iter().flat_map(|step| &step.changes);
        changes.flat_map(|change| change.difference().add).collect()
    }
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
    /// The SHA-256 of the plan, which the audit records too.
    plan: String,
    steps: Vec<Line>,
    /// What the reader should know beside the steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
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
            writeln!(f, "{outcome}: {}", plain(step))?;
            if let Some(error) = error {
                writeln!(f, "  {}", plain(error))?;
            }
        }
        for note in &self.notes {
            writeln!(f, "note: {}", plain(note))?;
        }
        let count = |outcome| self.steps.iter().filter(|line| line.outcome == outcome).count();
        let counted = ["applied", "unchanged", "refused", "failed"].map(|it| format!("{} {it}", count(it)));
        let steps = if self.steps.len() == 1 { "step" } else { "steps" };
        writeln!(f, "plan {}", self.plan)?;
        write!(f, "{} {steps}: {}", self.steps.len(), counted.join(", "))
    }
}
