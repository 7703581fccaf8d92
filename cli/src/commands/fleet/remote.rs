//! Runs on AWS: the deployed workflow is started, followed, stopped and resumed. Ending this command ends no run.

mod follow;
mod view;
mod workflow;

use std::time::{Duration, UNIX_EPOCH};

use aws::Sessions;
use aws_sdk_sfn::primitives::{DateTime, DateTimeFormat};
use aws_sdk_sfn::types::ExecutionStatus;
use console::FleetRun;
use fleet::{Account, Entry, Reason, Tolerance};
use fleet_runs::{AllOr, Planned, Request, RunId, Select, Session};
use operations::Operation;
use place::plain;
use reaction::Error;

use super::arguments::{Form, Listing, Named, Place, Resumed, RunArguments, Shown};
use super::checkpoint::Known;
use super::sink::Sink;
use super::work::Work;
use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::given::Given;
use crate::interruption;
use crate::output::{self, Format};
use crate::progress;
use follow::Follower;
use view::Runs;
use workflow::{Execution, Workflow};

/// Options of a run that its workflow has settled, or that are of runs on this computer.
const SETTLED: [&str; 12] = [
    "account-timeout",
    "assume-concurrency",
    "checkpoint",
    "external-id",
    "only-failed",
    "partition",
    "resume",
    "role-name",
    "role-path",
    "session-name",
    "source-identity",
    "timeout",
];

/// Starts a run, and follows it.
pub(super) async fn run(
    sessions: &Sessions,
    asked: &RunArguments,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    let Work::Own(operation) = asked.operation else { return Err(Failure::usage("exec is of no workflow")) };
    if let Some(option) = SETTLED.into_iter().find(|option| given.has_option(option)) {
        let why = "is of runs on this computer, or settled by the workflow";
        return Err(Failure::usage(format!("--{option} would have no effect with --remote: it {why}; leave it out")));
    }
    let writes = operation.writes();
    let request = request(asked, operation, sessions.seconds())?;
    request.check(writes).map_err(Failure::usage)?;
    let form = (asked.kept.form, output);
    sessions.ask_home().await.map_err(Failure::service)?;
    let on = On::of(sessions, &request.run, writes, &asked.on_aws.place, form)?;
    let starting = async {
        on.workflow.start(&request, 1).await.map_err(Failure::service)?;
        progress::say(&format!("run {} has begun; {}", request.run, on.ways()));
        on.follow(1, &request).await
    };
    on.unless_interrupted(starting).await
}

/// What the options ask for.
fn request(asked: &RunArguments, operation: Operation, seconds: u64) -> Result<Request, Failure> {
    let targets = asked.chosen.targets()?;
    let run = match &asked.on_aws.run {
        Some(name) => name.clone(),
        None => format!("{operation}-{}", compact(seconds)).parse().map_err(Failure::usage)?,
    };
    let chosen = targets.chosen.map_or(AllOr::All, |chosen| AllOr::These(chosen.into_iter().collect()));
    let select =
        Select { targets: chosen, ignore: targets.ignored.into_iter().collect(), include_caller: targets.with_caller };
    let session = Session {
        policy: asked.assumed.chosen_policy()?,
        policy_arns: asked.assumed.policy_arns.clone(),
        seconds: asked.assumed.duration,
    };
    let regions = asked.chosen.named_regions()?.map(|regions| match regions {
        fleet::Regions::All => AllOr::All,
        fleet::Regions::These(these) => AllOr::These(these),
    });
    let work = fleet_runs::Work { operation, apply: asked.apply, regions, regions_at_once: 8, session };
    let tolerance = fleet_runs::Tolerance::of(asked.bounds.tolerate);
    let concurrency = u32::try_from(asked.bounds.concurrency).unwrap_or(u32::MAX);
    Ok(Request { run, select, work, tolerance, concurrency, series: None })
}

/// A time in the letters that a name may have: `20261129T015123Z`.
fn compact(seconds: u64) -> String {
    let date = DateTime::from(UNIX_EPOCH + Duration::from_secs(seconds));
    date.fmt(DateTimeFormat::DateTime).unwrap_or_default().replace(['-', ':'], "")
}

/// Lists the last runs.
pub(super) async fn runs(aws: &AwsOptions, asked: &Listing, output: Format) -> Result<(), Failure> {
    let sessions = connected(aws).await?;
    let workflow = Workflow::of(&sessions, asked.writes, None).map_err(Failure::configuration)?;
    let listed = workflow.executions(asked.most.into()).await.map_err(Failure::service)?;
    output::print(output, &Runs(listed))
}

/// The last runs, as the console shows them.
pub(in crate::commands) async fn listed(
    sessions: &Sessions,
    writes: bool,
    most: usize,
) -> Result<Vec<FleetRun>, Error> {
    let listed = Workflow::of(sessions, writes, None)?.executions(most).await?;
    Ok(Runs(listed).rows().collect())
}

/// Shows what came of a run so far, or at its end.
pub(super) async fn show(aws: &AwsOptions, asked: &Shown, output: Format) -> Result<(), Failure> {
    asked.form.check(output)?;
    let sessions = connected(aws).await?;
    let on = On::named(&sessions, &asked.named, &asked.place, (asked.form, output))?;
    let showing = async {
        let (attempt, execution) = on.last().await?;
        let planned = on.planned(&execution).await?;
        if asked.follow && execution.status == ExecutionStatus::Running {
            return on.follow(attempt, &planned.request).await;
        }
        let mut follower = on.follower(&planned.request, planned.accounts, false);
        follower.take().await?;
        on.conclude(follower, &execution, &planned.request).await
    };
    on.unless_interrupted(showing).await
}

/// Stops a run.
pub(super) async fn stop(aws: &AwsOptions, asked: &Named, output: Format) -> Result<(), Failure> {
    let sessions = connected(aws).await?;
    let (place, form) = (Place { runs_bucket: None }, Form { lines: false, table: false });
    let on = On::named(&sessions, asked, &place, (form, output))?;
    let (_, execution) = on.last().await?;
    if execution.status != ExecutionStatus::Running {
        return Err(Failure::usage(format!(
            "run {} has ended ({}): there is nothing to stop",
            on.run, execution.status
        )));
    }
    let cause = sessions.person_as_actor("signalbox fleet stop");
    on.workflow.stop(&execution, &cause).await.map_err(Failure::service)?;
    output::print(output, &view::Stopped { run: on.run, resume: on.command("resume") })
}

/// Goes on with what a run has not done.
pub(super) async fn resume(aws: &AwsOptions, asked: &Resumed, output: Format) -> Result<(), Failure> {
    asked.form.check(output)?;
    let sessions = connected(aws).await?;
    let on = On::named(&sessions, &asked.named, &asked.place, (asked.form, output))?;
    let resuming = async {
        let (attempt, execution) = on.last().await?;
        let planned = on.planned(&execution).await?;
        let attempt = on.go_on(attempt, &execution, &planned).await?;
        on.follow(attempt, &planned.request).await
    };
    on.unless_interrupted(resuming).await
}

async fn connected(aws: &AwsOptions) -> Result<std::sync::Arc<Sessions>, Failure> {
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    Ok(sessions)
}

/// One run on AWS.
struct On<'a> {
    workflow: Workflow,
    run: &'a RunId,
    writes: bool,
    place: &'a Place,
    form: (Form, Format),
}

impl<'a> On<'a> {
    fn of(
        sessions: &Sessions,
        run: &'a RunId,
        writes: bool,
        place: &'a Place,
        form: (Form, Format),
    ) -> Result<Self, Failure> {
        let workflow = Workflow::of(sessions, writes, place.runs_bucket.as_deref()).map_err(Failure::configuration)?;
        Ok(Self { workflow, run, writes, place, form })
    }

    fn named(sessions: &Sessions, asked: &'a Named, place: &'a Place, form: (Form, Format)) -> Result<Self, Failure> {
        Self::of(sessions, &asked.run, asked.writes, place, form)
    }

    /// The command that does this with the run.
    fn command(&self, what: &str) -> String {
        let writes = if self.writes { " --writes" } else { "" };
        let bucket = self.place.runs_bucket.as_ref().map(|name| format!(" --runs-bucket {name}")).unwrap_or_default();
        format!("`signalbox fleet {what} {}{writes}{bucket}`", self.run)
    }

    fn ways(&self) -> String {
        let [follow, stop, resume] = ["show", "stop", "resume"].map(|what| self.command(what));
        let follow = follow.replacen("fleet show", "fleet show --follow", 1);
        format!("follow it by {follow}, stop it by {stop}, go on with it afterwards by {resume}")
    }

    /// Work that an interruption ends; the run on AWS does not notice.
    async fn unless_interrupted(&self, work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
        let farewell = format!("interrupted: run {} goes on by itself; {}", self.run, self.ways());
        tokio::select! {
            done = work => done,
            failure = interruption::wait(Some(farewell)) => Err(failure),
        }
    }

    /// The last attempt at the run.
    async fn last(&self) -> Result<(u32, Execution), Failure> {
        let last = self.workflow.last(self.run).await.map_err(Failure::service)?;
        last.ok_or_else(|| {
            let (writes, other) = if self.writes { (" --writes", "leave --writes out") } else { ("", "add --writes") };
            Failure::usage(format!(
                "there is no run {}: `signalbox fleet runs{writes}` lists those that there are; {other} for those of the other workflow",
                self.run
            ))
        })
    }

    /// What the run is going to do.
    async fn planned(&self, execution: &Execution) -> Result<Planned, Failure> {
        let planned = self.workflow.planned(self.run).await.map_err(Failure::service)?;
        planned.ok_or_else(|| {
            let why = execution.why.as_deref().map(|why| format!(": {}", plain(why))).unwrap_or_default();
            Failure::service(format!("run {} ({}) has no plan, and so no results{why}", self.run, execution.status))
        })
    }

    fn follower(&self, request: &Request, accounts: usize, tells: bool) -> Follower<'_> {
        let sink = Sink::new(self.form, Work::Own(request.work.operation), Known::new(), accounts);
        Follower::new(&self.workflow, self.run, sink, tells)
    }

    /// Follows an attempt to its end, and writes what came of the run.
    async fn follow(&self, attempt: u32, request: &Request) -> Result<(), Failure> {
        let mut follower = self.follower(request, 0, true);
        let execution = follower.follow(attempt).await?;
        self.conclude(follower, &execution, request).await
    }

    /// Writes what came of the run, and judges it.
    async fn conclude(&self, follower: Follower<'_>, execution: &Execution, request: &Request) -> Result<(), Failure> {
        let mut sink = follower.into_sink();
        let manifest = self.workflow.manifest(self.run).await.map_err(Failure::service)?;
        if let Some(manifest) = &manifest {
            sink.is_of(manifest.accounts);
            for id in &manifest.without_result {
                let why = format!("it has no result: {} works on it", self.command("resume"));
                sink.add(Entry::skipped(Account::unknown(id.clone()), None, Reason::NotBegun(why)))?;
            }
        }
        let is_good = sink.conclude(tolerated(request))?;
        progress::say(&self.told(execution));
        if is_good && execution.status == ExecutionStatus::Succeeded && manifest.is_some() {
            return Ok(());
        }
        Err(Failure::shown_service())
    }

    fn told(&self, execution: &Execution) -> String {
        let Execution { status, began, ended, why, .. } = execution;
        let until = ended.as_ref().map(|ended| format!(" to {ended}")).unwrap_or_default();
        let why = why.as_deref().map(|why| format!(": {}", plain(why))).unwrap_or_default();
        let next = match status {
            ExecutionStatus::Succeeded => String::new(),
            ExecutionStatus::Running => format!("; {}", self.ways()),
            _ => format!("; go on with it by {}", self.command("resume")),
        };
        format!("run {}: {status}, {began}{until}{why}{next}", self.run)
    }

    /// Goes on with a run that has ended, and gives the number of the attempt.
    async fn go_on(&self, attempt: u32, execution: &Execution, planned: &Planned) -> Result<u32, Failure> {
        let refuse = |why: &str| Err(Failure::usage(format!("run {} {why}", self.run)));
        let manifest = self.workflow.manifest(self.run).await.map_err(Failure::service)?;
        match (&execution.status, manifest) {
            (ExecutionStatus::Running, _) => refuse(&format!("goes on; follow it by {}", self.command("show"))),
            (_, Some(manifest)) if manifest.without_result.is_empty() => {
                refuse("has a result of every account: there is nothing to resume")
            }
            // What failed was caught by the workflow, which then told of it: a redrive would begin after that.
            (ExecutionStatus::Aborted | ExecutionStatus::TimedOut, None) if execution.can_be_redriven => {
                self.workflow.redrive(execution).await.map_err(Failure::service)?;
                progress::say(&format!("run {} goes on where it ended", self.run));
                Ok(attempt)
            }
            _ => {
                self.workflow.start(&planned.request, attempt + 1).await.map_err(Failure::service)?;
                progress::say(&format!("run {} goes on, by a new execution, with what has no result", self.run));
                Ok(attempt + 1)
            }
        }
    }
}

/// How much may fail in a run that is good, by its request; without bounds nothing, as of the option that is left out.
fn tolerated(request: &Request) -> Option<Tolerance> {
    let fleet_runs::Tolerance { percent, accounts } = request.tolerance;
    if percent < 100.0 {
        return Some(Tolerance::Percent(percent));
    }
    (accounts < fleet_runs::EVERY_ACCOUNT).then(|| Tolerance::Count(usize::try_from(accounts).unwrap_or(usize::MAX)))
}
