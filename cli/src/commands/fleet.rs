//! `signalbox fleet`: one operation in every account and region of an organization.

mod arguments;
mod checkpoint;
mod sweeps;
mod view;

use std::io::IsTerminal;
use std::pin::pin;

use fleet::{Brake, Entry, Fleet, Plan, Regions, Session, Targets};
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use operations::Context;
use place::AccountId;
use reaction::Mode;
use serde_json::Value;
use sweeps::Suite;

pub(super) use arguments::FleetCommand;
use arguments::RunArguments;
use checkpoint::{Checkpoint, Known};

use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::given::Given;
use crate::interruption;
use crate::output::{self, Format};

/// What to say to a first Ctrl-C.
const FAREWELL: &str =
    "interrupted: what runs is waited for, and nothing more is begun; Ctrl-C again gives up what runs";

/// Does what was asked with many accounts.
pub(super) async fn fleet(
    aws: &AwsOptions,
    command: FleetCommand,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    let FleetCommand::Run(asked) = command;
    asked.check()?;
    let (targets, mode, operation) = (asked.chosen.targets()?, asked.mode(), asked.operation);
    let role = asked.assumed.role(operation.policy(mode))?;
    let sessions = connect(aws).await?;
    let is_unrecorded = asked.unrecorded;
    let suite = Suite { hub: sessions.clone(), given, operation, mode, is_unrecorded };
    let variables = |name: &str| given.setting(name);
    let begin = |function: &'static str, account: &AccountId| suite.begin(function, account);
    let mut context = Context { hub: sessions.clone(), variables: &variables, mode, begin: &begin, note: None };
    if operation.writes() {
        suite.check(&context).map_err(Failure::configuration)?;
    }
    given.note_read("SIGNALBOX_EXTERNAL_ID");
    given.check(operation.name())?;
    context.note = suite.check_bound()?;
    let regions = asked.chosen.regions(sessions.region().map_err(Failure::configuration)?)?;
    sessions.ask_home().await.map_err(Failure::service)?;
    role.check_caller(sessions.caller().unwrap_or_default()).map_err(Failure::usage)?;
    let home = sessions.home().map_err(Failure::service)?.clone();
    let fleet = Fleet::new(sessions.config().clone(), home, role, asked.bounds.limits()).map_err(Failure::usage)?;
    let mut plan = plan(&fleet, &targets, regions).await?;
    if asked.plan {
        return output::print(output, &view::Planned::of(&fleet, operation, &plan));
    }
    // What was only planned is not done: a run that acts does not go on from its file.
    let kept =
        if operation.writes() && mode == Mode::Plan { format!("plan of {operation}") } else { operation.to_string() };
    let (checkpoint, known) = Checkpoint::open(&asked.kept, &kept, &mut plan)?;
    Run { asked: &asked, checkpoint, known, output }.run(&fleet, plan, context).await
}

/// Which accounts and regions. A choice that leaves none is the command line's mistake; an error that AWS answered is AWS's, also
/// where asking again does not help, as where there is no organization.
async fn plan(fleet: &Fleet, targets: &Targets, regions: Regions) -> Result<Plan, Failure> {
    let regions = fleet.regions(regions).map_err(Failure::usage)?;
    let organization = fleet.organization(targets).await.map_err(Failure::service)?;
    fleet.choose(targets, organization, regions).map_err(Failure::usage)
}

/// A run, and where its entries go.
struct Run<'a> {
    asked: &'a RunArguments,
    checkpoint: Checkpoint,
    known: Known,
    output: Format,
}

impl Run<'_> {
    async fn run(mut self, fleet: &Fleet, plan: Plan, context: Context<'_>) -> Result<(), Failure> {
        let operation = self.asked.operation;
        let (brake, braking) = Brake::new();
        let bar = bar(plan.size().1 + plan.skipped.len());
        let mut tally = view::Tally::new(plan.accounts.len());
        let mut interrupted = None;
        {
            let operate = async move |session: Session| operation.run(&context, &session).await;
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
        let mut tally = tally;
        if !self.asked.kept.lines {
            // What an earlier run left in the file counts too, and what was mended does not.
            tally = tally.anew(self.known.values());
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
