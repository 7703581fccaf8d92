//! `signalbox fleet`: one operation in every account and region of an organization.

mod arguments;
mod checkpoint;
mod exec;
mod remote;
mod sink;
mod sweeps;
mod view;
mod work;

use std::io::IsTerminal;
use std::pin::pin;

use fleet::{Brake, Fleet, Plan, Regions, Session, Targets, Tolerance};
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use operations::Context;
use place::AccountId;
use sweeps::Suite;

pub(super) use arguments::FleetCommand;
use arguments::RunArguments;
use checkpoint::Checkpoint;
use exec::Executable;
pub(super) use remote::listed;
use sink::Sink;
use work::{Prepared, Work};

use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::given::Given;
use crate::interruption;
use crate::output::{self, Format};

/// What to say to a first Ctrl-C.
const FAREWELL: &str =
    "interrupted: what runs is waited for, and nothing more is begun; Ctrl-C again gives up what runs";
const FAREWELL_OF_EXEC: &str =
    "interrupted: what runs is asked to end (SIGTERM), and nothing more is begun; Ctrl-C again kills what runs";

/// Does what was asked with many accounts.
pub(super) async fn fleet(
    aws: &AwsOptions,
    command: FleetCommand,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    match command {
        FleetCommand::Run(asked) => run(aws, &asked, given, output).await,
        FleetCommand::Runs(asked) => remote::runs(aws, &asked, output).await,
        FleetCommand::Show(asked) => remote::show(aws, &asked, output).await,
        FleetCommand::Stop(asked) => remote::stop(aws, &asked, output).await,
        FleetCommand::Resume(asked) => remote::resume(aws, &asked, output).await,
    }
}

/// Does one operation in many accounts, from here or on AWS.
async fn run(aws: &AwsOptions, asked: &RunArguments, given: &Given, output: Format) -> Result<(), Failure> {
    asked.check(output)?;
    let (targets, mode, work) = (asked.chosen.targets()?, asked.mode(), asked.operation);
    let sessions = connect(aws).await?;
    let region = sessions.region().map_err(Failure::configuration)?;
    let role = asked.role(region.partition())?;
    let suite = Suite { hub: sessions.clone(), given, operation: work, mode, is_unrecorded: asked.unrecorded };
    let variables = |name: &str| given.setting(name);
    let begin = |function: &'static str, account: &AccountId| suite.begin(function, account);
    let mut context = Context { hub: sessions.clone(), variables: &variables, mode, begin: &begin, note: None };
    if asked.on_aws.remote {
        given.check("the workflow, which has settings of its own,")?;
    } else {
        suite.check(&mut context)?;
    }
    if asked.on_aws.remote && !asked.plan {
        return remote::run(&sessions, asked, given, output).await;
    }
    let prepared = match work {
        Work::Own(operation) => Prepared::Own(operation, context),
        Work::Exec => Prepared::Exec(Executable::find(&asked.command, aws)?),
    };
    let regions = asked.chosen.regions(region)?;
    sessions.ask_home().await.map_err(Failure::service)?;
    role.check_caller(sessions.caller().unwrap_or_default()).map_err(Failure::usage)?;
    let home = sessions.home().map_err(Failure::service)?.clone();
    let fleet = Fleet::new(sessions.config().clone(), home, role, asked.bounds.limits()).map_err(Failure::usage)?;
    let mut plan = plan(&fleet, &targets, regions).await?;
    if asked.plan {
        return output::print(output, &view::Planned::of(&fleet, work, asked.apply, &plan));
    }
    let kept = work.described(mode, &asked.command);
    let (checkpoint, known) = Checkpoint::open(&asked.kept, &kept, &mut plan)?;
    let sink = Sink::new((asked.kept.form, output), work, known, plan.accounts.len());
    Run { checkpoint, sink, tolerated: asked.bounds.tolerate }.run(&fleet, plan, prepared).await
}

/// Which accounts and regions. A choice that leaves none is the command line's mistake; an error that AWS answered is AWS's, also
/// where asking again does not help, as where there is no organization.
async fn plan(fleet: &Fleet, targets: &Targets, regions: Regions) -> Result<Plan, Failure> {
    let regions = fleet.regions(regions).map_err(Failure::usage)?;
    let organization = fleet.organization(targets).await.map_err(Failure::service)?;
    fleet.choose(targets, organization, regions).map_err(Failure::usage)
}

/// A run, and where its entries go.
struct Run {
    checkpoint: Checkpoint,
    sink: Sink,
    tolerated: Option<Tolerance>,
}

impl Run {
    async fn run(mut self, fleet: &Fleet, plan: Plan, mut prepared: Prepared<'_>) -> Result<(), Failure> {
        let (brake, braking) = Brake::new();
        let farewell = match &mut prepared {
            Prepared::Own(..) => FAREWELL,
            Prepared::Exec(executable) => {
                executable.braking = braking.clone();
                FAREWELL_OF_EXEC
            }
        };
        let bar = bar(plan.size().1 + plan.skipped.len());
        let mut interrupted = None;
        {
            let operate = async move |session: Session| prepared.run(&session).await;
            let mut entries = pin!(fleet.run(plan, braking, operate));
            let mut interruption = pin!(interruption::wait(Some(farewell.to_owned())));
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
                self.checkpoint.add(&entry)?;
                self.sink.add(entry)?;
            }
        }
        bar.finish_and_clear();
        self.conclude(interrupted)
    }

    fn conclude(self, interrupted: Option<Failure>) -> Result<(), Failure> {
        let is_good = self.sink.conclude(self.tolerated)?;
        match interrupted {
            Some(failure) => Err(failure),
            None if is_good => Ok(()),
            None => Err(Failure::shown_service()),
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
