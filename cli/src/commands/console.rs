//! `signalbox console`: a page on this computer that shows what Signalbox did and is about to do.

use std::future::Future;
use std::sync::Arc;

use aws::Sessions;
use clap::Args;
use console::{Console, FleetRuns, Sender, Server, Tables};
use reaction::settings::Variables;

use super::{fleet, mirror::MirrorSettings};
use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::given::Given;
use crate::output::Format;
use crate::progress;
use crate::settings::{Naming, Pacing};

/// How many runs of a workflow are shown.
const RUNS: usize = 50;

/// Where the console listens, and where what it shows is recorded.
#[derive(Debug, Args)]
pub(crate) struct ConsoleAsked {
    /// The port of 127.0.0.1 to listen on; any free one by default
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "PORT")]
    port: u16,
    /// The DynamoDB table that keeps the ledger
    #[arg(long, env = "SIGNALBOX_LEDGER_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-ledger")]
    ledger_table: String,
    /// The DynamoDB table of grants
    #[arg(long, env = "SIGNALBOX_GRANTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-grants")]
    grants_table: String,
    /// The DynamoDB table of the audit
    #[arg(long, env = "SIGNALBOX_AUDIT_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-audit")]
    audit_table: String,
    /// The DynamoDB table in which report-patches keeps the history
    #[arg(long, env = "SIGNALBOX_PATCHES_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-patches")]
    patches_table: String,
    /// The DynamoDB table of deployments
    #[arg(long, env = "SIGNALBOX_DEPLOYMENTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-deployments")]
    deployments_table: String,
    #[command(flatten)]
    mirror: MirrorSettings,
    #[command(flatten)]
    pacing: Pacing,
    #[command(flatten)]
    naming: Naming,
}

/// Serves the console of the AWS that was chosen, until the operator ends it. It only reads.
pub(super) async fn console(
    aws: &AwsOptions,
    asked: &ConsoleAsked,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    if output == Format::Json {
        return Err(Failure::usage("--output json would have no effect: the console serves pages; leave it out"));
    }
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let console = of(sessions, &|name: &str| given.setting(name), None)?;
    given.check("console")?;
    let (link, serving) = served(asked.port, console).await?;
    progress::say(&format!("The console listens until Ctrl-C; open {link}"));
    serving.await
}

/// The console of these settings. Only what has started the AWS itself gives a sender.
pub(super) fn of(
    sessions: Arc<Sessions>,
    variables: Variables<'_>,
    sender: Option<Sender>,
) -> Result<Console, Failure> {
    let table = |name: &str| variables(name).unwrap_or_default();
    let runs_of = sessions.clone();
    let fleet_runs: FleetRuns = Arc::new(move |writes| {
        let sessions = runs_of.clone();
        Box::pin(async move { fleet::listed(&sessions, writes, RUNS).await })
    });
    Ok(Console {
        tables: Tables {
            ledger: table("SIGNALBOX_LEDGER_TABLE"),
            grants: table("SIGNALBOX_GRANTS_TABLE"),
            audit: table("SIGNALBOX_AUDIT_TABLE"),
            patches: table("SIGNALBOX_PATCHES_TABLE"),
        },
        limits: patching::Limits::read(variables).map_err(Failure::configuration)?,
        naming: naming_sweep::Settings::read(variables),
        mirror: mirror_repository::Settings::read(variables),
        delivery: delivery::Settings::of_records(variables),
        fleet_runs,
        sender,
        sessions,
    })
}

/// Listens for the console: its link, and the serving, which goes on until it is dropped.
pub(super) async fn served(
    port: u16,
    console: Console,
) -> Result<(String, impl Future<Output = Result<(), Failure>>), Failure> {
    let server = Server::bind(port).await.map_err(|error| {
        Failure::configuration(format!("cannot listen on port {port} of 127.0.0.1: {error}; choose another by --port"))
    })?;
    let link = server.link();
    let serving = async move { server.serve(console, progress::say).await.map_err(Failure::configuration) };
    Ok((link, serving))
}
