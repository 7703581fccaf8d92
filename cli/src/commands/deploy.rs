//! `signalbox deploy`: code is brought to many accounts and Regions from here, as the function does it for a pipeline; and its records are
//! looked at, compared and taken back.

mod arguments;
mod rounds;
mod view;

use std::path::Path;
use std::sync::Arc;

use aws::{Sessions, in_name_of};
use delivery::{Artifact, Code, Delivery, Deployment, Difference, Order, Record, Request, Settings};
use reaction::Finding;

pub(super) use arguments::DeployCommand;
use rounds::{Rounds, Wanted};

use crate::connection::{AwsOptions, connect_for};
use crate::failure::Failure;
use crate::functions::by_hand;
use crate::given::Given;
use crate::interruption;
use crate::output::{self, Format};
use crate::progress::Progress;

/// The function whose work this is: members' roles know it by this name.
const FUNCTION: &str = "deploy-lambda";

/// What to say where a command is interrupted before the first change.
const UNCHANGED: &str = "interrupted: nothing was changed at any target";

/// Does what was asked.
pub(super) async fn deploy(
    aws: &AwsOptions,
    asked: &DeployCommand,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    let variables = |name: &str| given.setting(name);
    let settings = if asked.delivers() { Settings::read(&variables) } else { Settings::of_records(&variables) };
    let settings = settings.map_err(Failure::configuration)?;
    given.check_role(&variables)?;
    let artifact = asked.artifact().map(|path| read(path, &settings)).transpose()?;
    let sessions = connect_for(aws, &variables).await?;
    let delivery = Delivery::new(sessions.clone(), settings);
    let deploying = Deploying { sessions, delivery, output };
    before_a_change(deploying.sessions.ask_home()).await?.map_err(Failure::service)?;
    match asked {
        DeployCommand::Plan { .. } => before_a_change(deploying.plan(artifact)).await?,
        DeployCommand::Run { resume: Some(id), .. } => deploying.resume(id).await,
        DeployCommand::Run { .. } => deploying.run(artifact).await,
        DeployCommand::Status { deployment, .. } => {
            let record = before_a_change(deploying.record(deployment)).await??;
            output::print(output, &view::Whole(&record))
        }
        DeployCommand::Rollback { deployment, .. } => deploying.roll_back(deployment).await,
        DeployCommand::History { function, most, .. } => {
            let records = before_a_change(deploying.delivery.history(function, *most)).await?;
            output::print(output, &view::History { function, records: records.map_err(Failure::service)? })
        }
        DeployCommand::Drift { functions, .. } => before_a_change(deploying.drift(functions)).await?,
    }
}

/// Work that an interruption ends at once, since it changes nothing at a target.
async fn before_a_change<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::select! {
        done = work => Ok(done),
        failure = interruption::wait(Some(UNCHANGED.to_owned())) => Err(failure),
    }
}

/// What an artifact asks for, and its codes.
type Asked = (Order, Vec<Code>);

/// Reads an artifact; everything that is wrong with its `deploy.json` is said at once.
fn read(path: &Path, settings: &Settings) -> Result<Asked, Failure> {
    let of_file = |what: &dyn std::fmt::Display| Failure::usage(format!("{}: {what}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| of_file(&error))?;
    let mut artifact = Artifact::open(&bytes).map_err(|error| of_file(&error))?;
    let text = artifact.order().map_err(|error| of_file(&error))?;
    let order = Order::read(&text, settings).map_err(|findings| of_file(&lines(&findings)))?;
    let codes = artifact.code(&order).map_err(|error| of_file(&error))?;
    Ok((order, codes))
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What the commands have in common.
struct Deploying {
    sessions: Arc<Sessions>,
    delivery: Delivery,
    output: Format,
}

impl Deploying {
    /// Does something in the accounts of a deployment, in the name of the function.
    async fn acting<T>(&self, deployment: &str, work: impl Future<Output = T>) -> T {
        let run = by_hand(&self.sessions, FUNCTION, deployment, "signalbox deploy");
        in_name_of(&run, work).await
    }

    fn who(&self) -> String {
        self.sessions.person_as_actor("signalbox deploy")
    }

    fn request(&self, source: String) -> Request {
        Request { deployment: uuid::Uuid::new_v4().to_string(), who: self.who(), source }
    }

    async fn look(&self, artifact: Option<Asked>) -> Result<Deployment, Failure> {
        let Some((order, codes)) = artifact else { return Err(Failure::usage("give the artifact's file")) };
        let request = self.request("a file of this computer".into());
        let (id, functions) = (request.deployment.clone(), order.functions.iter().map(|it| it.name.as_str()));
        let looked = self.acting(&id, self.delivery.look(&order, codes, request));
        let (free, looked) = tokio::join!(self.delivery.check_free(functions), looked);
        free.map_err(Failure::service)?;
        looked.map_err(Failure::service)?.map_err(|findings| {
            Failure::service(format!("the preflight failed, and nothing was changed anywhere:\n{}", lines(&findings)))
        })
    }

    async fn plan(&self, artifact: Option<Asked>) -> Result<(), Failure> {
        let it = self.look(artifact).await?;
        output::print(self.output, &view::Planned::of(&it.record))?;
        if it.is_unchanged() { Ok(()) } else { Err(Failure::differences()) }
    }

    async fn run(&self, artifact: Option<Asked>) -> Result<(), Failure> {
        let progress = Progress::start();
        progress.next("looking at every target");
        let mut it = before_a_change(self.look(artifact)).await??;
        if it.is_unchanged() {
            drop(progress);
            return output::print(self.output, &view::Planned::of(&it.record));
        }
        let id = it.record.deployment.clone();
        progress.next("putting the code, and rehearsing every change");
        let rehearsed = self.acting(&id, async {
            self.delivery.put_code(&mut it).await?;
            self.delivery.rehearse(&it).await
        });
        before_a_change(rehearsed).await?.map_err(Failure::service)?;
        self.begin(it, progress).await
    }

    /// Writes the record, and carries the deployment out.
    async fn begin(&self, mut it: Deployment, progress: Progress) -> Result<(), Failure> {
        let mut rounds = Rounds::of(self, &it.record.deployment);
        rounds.through(self.delivery.begin(&mut it)).await?.map_err(Failure::service)?;
        rounds.carry_out(it, Wanted::Success, progress).await
    }

    async fn resume(&self, id: &str) -> Result<(), Failure> {
        let it = self.found(id).await?;
        Rounds::of(self, id).carry_out(it, Wanted::Success, Progress::start()).await
    }

    /// Takes a deployment back: in its own record where it has not ended, and by a new one otherwise.
    async fn roll_back(&self, id: &str) -> Result<(), Failure> {
        let progress = Progress::start();
        let mut found = self.found(id).await?;
        if !found.record.status.is_over() {
            let (mut rounds, who) = (Rounds::of(self, id), self.who());
            rounds.through(self.delivery.turn_back(&mut found, &who)).await?.map_err(Failure::service)?;
            return rounds.carry_out(found, Wanted::WayBack, progress).await;
        }
        let request = self.request(format!("the records, from before deployment {id}"));
        let new = request.deployment.clone();
        let back = self.acting(&new, self.delivery.way_back(&found.record, request));
        let it = before_a_change(back).await?.map_err(Failure::service)?;
        if it.is_unchanged() {
            drop(progress);
            return output::print(self.output, &view::Back);
        }
        self.begin(it, progress).await
    }

    async fn found(&self, id: &str) -> Result<Deployment, Failure> {
        let it = before_a_change(self.delivery.resume(id)).await?.map_err(Failure::service)?;
        it.ok_or_else(|| {
            let what = place::shortened(id, 80);
            Failure::usage(format!(
                "there is no deployment {what}; `signalbox deploy history FUNCTION` lists those of a function"
            ))
        })
    }

    async fn record(&self, id: &str) -> Result<Record, Failure> {
        Ok(self.found(id).await?.record)
    }

    async fn drift(&self, functions: &[String]) -> Result<(), Failure> {
        let now = self.sessions.seconds().to_string();
        let rows = self.acting(&now, self.delivery.drift(functions)).await.map_err(Failure::service)?;
        let differences: Vec<_> = rows.iter().flat_map(|it| &it.differences).collect();
        let done = match differences.as_slice() {
            [] => Ok(()),
            all if all.iter().any(|it| matches!(it, Difference::Unread(_))) => Err(Failure::shown_service()),
            _ => Err(Failure::differences()),
        };
        output::print(self.output, &view::Rows(rows)).and(done)
    }
}
