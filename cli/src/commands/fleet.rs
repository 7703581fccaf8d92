//! `signalbox fleet`: one operation in every account and region of an organization.

mod arguments;
mod checkpoint;
mod operation;
mod rotation;
mod sharing;
mod sweeps;
mod view;

use std::io::IsTerminal;
use std::pin::pin;

use fleet::{Brake, Entry, Fleet, Plan, Session};
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use sweeps::Suite;

pub(crate) use arguments::FleetCommand;
use arguments::RunArguments;
use checkpoint::{Checkpoint, Known};
use reaction::Mode;

use crate::arguments::AwsOptions;
use crate::connection::connect;
use crate::failure::Failure;
use crate::interruption;
use crate::output::{self, Format};

/// What to say to a first Ctrl-C.
const FAREWELL: &str =
    "interrupted: what runs is waited for, and nothing more is begun; Ctrl-C again gives up what runs";

/// Does what was asked with many accounts.
pub(super) async fn fleet(aws: &AwsOptions, command: FleetCommand, output: Format) -> Result<(), Failure> {
    let FleetCommand::Run(asked) = command;
    let targets = asked.chosen.targets()?;
    if asked.operation.is_of_all_regions() && asked.chosen.regions.is_some() {
        return Err(Failure::usage("--regions is not for this operation: the manifest names the regions"));
    }
    let mode = if asked.dry_run { Mode::Plan } else { Mode::Apply };
    let role = asked.assumed.role(asked.operation.policy(mode))?;
    let sessions = connect(aws).await?;
    let suite = Suite { hub: sessions.clone(), settings: &asked.settings, mode };
    if asked.operation.writes() {
        suite.check(asked.operation.is_of_all_regions()).map_err(Failure::configuration)?;
    }
    let regions = asked.chosen.regions(sessions.region().map_err(Failure::configuration)?)?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let home = sessions.home().map_err(Failure::service)?.clone();
    let fleet = Fleet::new(sessions.config().clone(), home, role, asked.bounds.limits()).map_err(Failure::usage)?;
    let mut plan = fleet.plan(&targets, regions).await.map_err(refusal)?;
    if asked.plan {
        return output::print(output, &view::Planned::of(&fleet, asked.operation, &plan));
    }
    let (checkpoint, known) = Checkpoint::open(&asked.kept, &asked.operation.name(), &mut plan)?;
    Run { asked: &asked, checkpoint, known, output }.run(&fleet, plan, suite).await
}

/// What was chosen is the command line's mistake; what AWS did not answer is not.
fn refusal(error: reaction::Error) -> Failure {
    if error.is_refused() { Failure::usage(error) } else { Failure::service(error) }
}

/// A run, and where its entries go.
struct Run<'a> {
    asked: &'a RunArguments,
    checkpoint: Checkpoint,
    known: Known,
    output: Format,
}

impl Run<'_> {
    async fn run(mut self, fleet: &Fleet, plan: Plan, suite: Suite<'_>) -> Result<(), Failure> {
        let operation = self.asked.operation;
        let (brake, braking) = Brake::new();
        let bar = bar(plan.size().1 + plan.skipped.len());
        let mut tally = view::Tally::new(plan.accounts.len());
        let mut interrupted = None;
        {
            let operate = async move |session: Session| operation.run(&suite, &session).await;
            let mut entries = pin!(fleet.run(plan, braking, operate));
            let mut interruption = pin!(interruption::wait(Some(FAREWELL.to_owned())));
            loop {
                let entry = tokio::select! {
                    entry = entries.next() => entry,
                    failure = &mut interruption => {
                        brake.pull();
                        interrupted.get_or_insert(failure);
                        interruption.set(interruption::wait(None));
                        continue;
                    }
                };
                let Some(entry) = entry else { break };
                bar.inc(1);
                tally.count(&entry);
                self.keep(entry)?;
            }
        }
        bar.finish_and_clear();
        self.conclude(tally, interrupted)
    }

    fn keep(&mut self, entry: Entry<Value>) -> Result<(), Failure> {
        self.checkpoint.add(&entry)?;
        if self.asked.kept.lines {
            return output::print_line(&entry);
        }
        checkpoint::note(&mut self.known, entry);
        Ok(())
    }

    fn conclude(self, tally: view::Tally, interrupted: Option<Failure>) -> Result<(), Failure> {
        let bounds = &self.asked.bounds;
        if !self.asked.kept.lines {
            let done = view::Done::of(self.asked.operation, self.known.into_values());
            output::print(self.output, &done)?;
        }
        match interrupted {
            Some(failure) => Err(failure),
            None if tally.is_bad(bounds.tolerate) => Err(Failure::shown_service()),
            None => Ok(()),
        }
    }
}

/// A bar on a terminal, and nothing elsewhere.
fn bar(entries: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} accounts x regions {elapsed}");
    ProgressBar::new(entries as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
