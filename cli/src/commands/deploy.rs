//! `signalbox deploy`: code is brought to many accounts and Regions from here, as the function does it for a pipeline; and its records are
//! looked at, compared and taken back.

mod arguments;
mod view;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws::{Sessions, in_name_of};
use delivery::{Artifact, Code, Delivery, Deployment, Order, Pause, Record, Request, Settings, Status};
use reaction::{Deadline, Finding};

pub(super) use arguments::DeployCommand;

use crate::connection::{AwsOptions, connect_for};
use crate::failure::Failure;
use crate::functions::by_hand;
use crate::given::Given;
use crate::output::{self, Format};
use crate::progress::Progress;

/// The function whose work this is: members' roles know it by this name.
const FUNCTION: &str = "deploy-lambda";

/// How long one round may take.
const ROUND: Duration = Duration::from_mins(5);

/// The pauses between two rounds: Lambda takes a second or so for most changes, and a shift of traffic takes minutes.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

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
    let artifact = asked.artifact().map(|path| read(path, &settings)).transpose()?;
    let sessions = connect_for(aws, &variables).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let delivery = Delivery::new(sessions.clone(), settings);
    let deploying = Deploying { sessions, delivery, output };
    match asked {
        DeployCommand::Plan { .. } => deploying.plan(artifact).await,
        DeployCommand::Run { resume: Some(id), .. } => deploying.resume(id).await,
        DeployCommand::Run { .. } => deploying.run(artifact).await,
        DeployCommand::Status { deployment, .. } => {
            let record = deploying.record(deployment).await?;
            output::print(output, &view::Whole(&record))
        }
        DeployCommand::Rollback { deployment, .. } => deploying.roll_back(deployment).await,
        DeployCommand::History { function, most, .. } => {
            let records = deploying.delivery.history(function, *most).await.map_err(Failure::service)?;
            output::print(output, &view::Lines(records))
        }
        DeployCommand::Drift { functions, .. } => deploying.drift(functions).await,
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

    fn request(&self, source: String) -> Request {
        let who = self.sessions.person_as_actor("signalbox deploy");
        Request { deployment: uuid::Uuid::new_v4().to_string(), who, source }
    }

    async fn look(&self, artifact: Option<Asked>) -> Result<Deployment, Failure> {
        let Some((order, codes)) = artifact else { return Err(Failure::usage("give the artifact's file")) };
        let request = self.request("a file of this computer".into());
        let looked = self.acting(&request.deployment.clone(), self.delivery.look(&order, codes, request)).await;
        looked.map_err(Failure::service)?.map_err(|findings| {
            Failure::service(format!("the preflight failed, and nothing was changed anywhere:\n{}", lines(&findings)))
        })
    }

    async fn plan(&self, artifact: Option<Asked>) -> Result<(), Failure> {
        let it = self.look(artifact).await?;
        output::print(self.output, &view::Planned(&it.record))?;
        if it.is_unchanged() { Ok(()) } else { Err(Failure::differences()) }
    }

    async fn run(&self, artifact: Option<Asked>) -> Result<(), Failure> {
        let progress = Progress::start();
        progress.next("looking at every target");
        let mut it = self.look(artifact).await?;
        let id = it.record.deployment.clone();
        if it.is_unchanged() {
            return output::print(self.output, &view::Whole(&it.record));
        }
        progress.next("putting the code, and rehearsing every change");
        let before = self.acting(&id, async {
            self.delivery.put_code(&mut it).await?;
            self.delivery.rehearse(&it).await
        });
        before.await.map_err(Failure::service)?;
        self.delivery.begin(&mut it).await.map_err(Failure::service)?;
        self.carry_out(it, progress).await
    }

    async fn resume(&self, id: &str) -> Result<(), Failure> {
        let it = self.delivery.resume(id).await.map_err(Failure::service)?;
        self.carry_out(it.ok_or_else(|| unknown(id))?, Progress::start()).await
    }

    async fn roll_back(&self, id: &str) -> Result<(), Failure> {
        let (record, progress) = (self.record(id).await?, Progress::start());
        let request = self.request(format!("the records, from before deployment {id}"));
        let back = self.acting(&request.deployment.clone(), self.delivery.way_back(&record, request)).await;
        let mut it = back.map_err(Failure::service)?;
        if it.record.targets.is_empty() || it.is_unchanged() {
            return output::print(self.output, &view::Whole(&it.record));
        }
        self.delivery.begin(&mut it).await.map_err(Failure::service)?;
        self.carry_out(it, progress).await
    }

    /// Carries a deployment on until it has ended. It is not undone where this is interrupted: its record says how it stands.
    async fn carry_out(&self, mut it: Deployment, progress: Progress) -> Result<(), Failure> {
        let id = it.record.deployment.clone();
        progress.next(format!("deployment {id}"));
        let mut pause = SHORTEST_PAUSE;
        loop {
            let deadline = Deadline::new(self.sessions.now() + ROUND, self.sessions.clock());
            let advanced = self.acting(&id, self.delivery.advance(&mut it, &deadline)).await;
            match advanced.map_err(|error| interrupted(&id, &error))? {
                Pause::Over => break,
                Pause::Waiting(why) => {
                    progress.next(why);
                    wait(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        drop(progress);
        output::print(self.output, &view::Whole(&it.record))?;
        if is_good(&it.record) { Ok(()) } else { Err(Failure::shown_service()) }
    }

    async fn record(&self, id: &str) -> Result<Record, Failure> {
        let it = self.delivery.resume(id).await.map_err(Failure::service)?;
        it.map(|it| it.record).ok_or_else(|| unknown(id))
    }

    async fn drift(&self, functions: &[String]) -> Result<(), Failure> {
        let now = self.sessions.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string();
        let rows = self.acting(&now, self.delivery.drift(functions)).await.map_err(Failure::service)?;
        let is_equal = rows.iter().all(|it| it.state == delivery::State::None);
        output::print(self.output, &view::Rows(rows))?;
        if is_equal { Ok(()) } else { Err(Failure::differences()) }
    }
}

/// Waits before AWS is asked again, which does not tell by itself when it is ready.
async fn wait(pause: Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the pause between two questions, of a command that a person waits for"
    )]
    tokio::time::sleep(pause).await;
}

/// Whether everything is where the deployment was to bring it.
fn is_good(record: &Record) -> bool {
    record.status == Status::Succeeded
}

fn unknown(id: &str) -> Failure {
    Failure::usage(format!(
        "there is no deployment {id}; `signalbox deploy history FUNCTION` lists those of a function"
    ))
}

fn interrupted(id: &str, error: &reaction::Error) -> Failure {
    Failure::service(format!(
        "deployment {id} does not go on: {error}; carry it on with `signalbox deploy run --resume {id}`, or take it back with `signalbox deploy \
         rollback {id}`"
    ))
}
