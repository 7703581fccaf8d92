//! `signalbox mirror`: the mirrored repositories, as an operator looks at them, copies them and compares them.

use std::fmt;
use std::sync::Arc;

use aws::{Sessions, in_name_of};
use clap::{Args, Subcommand};
use mirror_repository::{MirrorRepository, RepositoryName, Row, Settings};
use place::plain;
use reaction::Reaction;
use serde::Serialize;
use serde_json::json;
use suite::FUNCTIONS;

use super::conclude;
use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::functions::by_hand;
use crate::given::Given;
use crate::output::{self, Format};

const RUN_HELP: &str = "\
Examples:
  signalbox mirror run acme/templates --repositories ssm:/signalbox/repositories --bucket com-example-mirror
  signalbox mirror run acme/templates --force 1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";

const VERIFY_HELP: &str = "\
Example:
  signalbox mirror verify acme/templates --output json | jq '.drift[]'

Exit codes: 0 the bucket is as the branches are; 2 it differs.";

/// What to do about mirrored repositories.
#[derive(Debug, Subcommand)]
pub(crate) enum MirrorCommand {
    /// List the mirrored repositories, and how far each is
    ///
    /// Asks each forge for its branches, and the bucket for manifests and pointers.
    List(MirrorSettings),
    /// Show what would be written and deleted; nothing is changed
    Plan {
        /// The repository, as the list names it
        repository: RepositoryName,
        #[command(flatten)]
        settings: MirrorSettings,
    },
    /// Mirror a repository as its branches are now
    ///
    /// The same as the deployed function does, with the credentials of the caller; while another run is at work on the repository,
    /// this one ends.
    #[command(after_help = RUN_HELP)]
    Run {
        /// The repository, as the list names it
        repository: RepositoryName,
        /// Delete more files than one commit may, where this is the commit that the branch has
        #[arg(long, value_name = "COMMIT")]
        force: Option<String>,
        /// The DynamoDB table that keeps the ledger
        #[arg(long, env = "SIGNALBOX_LEDGER_TABLE", value_name = "TABLE", hide_env_values = true)]
        #[arg(default_value = "signalbox-ledger")]
        ledger_table: String,
        #[command(flatten)]
        settings: MirrorSettings,
    },
    /// Say where the bucket differs from the branches, by path
    ///
    /// Compares what git lists with the manifest, and the manifest with what S3 lists: no object of the repository is downloaded. An
    /// object that was overwritten, deleted or added shows, and a file of another blob. What S3 holds in place of the bytes that were
    /// sent does not show, and a manifest is believed.
    #[command(after_help = VERIFY_HELP)]
    Verify {
        /// The repository, as the list names it
        repository: RepositoryName,
        #[command(flatten)]
        settings: MirrorSettings,
    },
}

/// What mirroring has to know. It is checked where it is read.
#[derive(Debug, Args)]
pub(crate) struct MirrorSettings {
    #[arg(help = "Where the list of mirrored repositories lies: s3://bucket/key or ssm:/name")]
    #[arg(long, env = "SIGNALBOX_REPOSITORIES", value_name = "LOCATION", hide_env_values = true)]
    repositories: Option<String>,
    /// The bucket that repositories are mirrored to
    #[arg(long, env = "SIGNALBOX_MIRROR_BUCKET", value_name = "NAME", hide_env_values = true)]
    bucket: Option<String>,
    /// The percentage of a repository's files that one commit may delete, where it has ten or more; 50 by default
    #[arg(long, env = "SIGNALBOX_MAX_DELETED_PERCENT", value_name = "PERCENT", hide_env_values = true)]
    max_deleted_percent: Option<String>,
    /// How many copies of commits stay of each branch in `copies`, 2 at least; 10 by default
    #[arg(long, env = "SIGNALBOX_KEPT_COPIES", value_name = "NUMBER", hide_env_values = true)]
    kept_copies: Option<String>,
}

/// Runs the command.
pub(super) async fn mirror(
    aws: &AwsOptions,
    asked: &MirrorCommand,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    let variables = |name: &str| given.setting(name);
    let settings = Settings::read(&variables).map_err(Failure::configuration)?;
    match asked {
        MirrorCommand::List(_) => {
            let function = open(aws, settings).await?.0;
            output::print(output, &Rows(function.list().await.map_err(Failure::service)?))
        }
        MirrorCommand::Verify { repository, .. } => {
            let (function, sessions) = open(aws, settings).await?;
            let run = by_hand(&sessions, MirrorRepository::NAME, "verify", "signalbox mirror verify");
            let verified = function.verify(repository, &run).await.map_err(Failure::service)?;
            output::print(output, &verified)?;
            if verified.is_equal() { Ok(()) } else { Err(Failure::differences()) }
        }
        MirrorCommand::Plan { repository, .. } => react(aws, repository, None, None, given, output).await,
        MirrorCommand::Run { repository, force, ledger_table, .. } => {
            react(aws, repository, force.as_deref(), Some(ledger_table.clone()), given, output).await
        }
    }
}

async fn open(aws: &AwsOptions, settings: Settings) -> Result<(MirrorRepository, Arc<Sessions>), Failure> {
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    Ok((MirrorRepository::new(sessions.clone(), settings), sessions))
}

/// Has the function react to a message about this repository: it acts where there is a table for the ledger.
async fn react(
    aws: &AwsOptions,
    repository: &RepositoryName,
    force: Option<&str>,
    ledger_table: Option<String>,
    given: &Given,
    output: Format,
) -> Result<(), Failure> {
    let function = FUNCTIONS.iter().find(|it| it.name == MirrorRepository::NAME);
    let function = function.ok_or_else(|| Failure::service("the function is not in the suite"))?;
    let sessions = connect(aws).await?;
    sessions.ask_home().await.map_err(Failure::service)?;
    let opened = function.open(sessions.clone(), &|name: &str| given.setting(name)).map_err(Failure::configuration)?;
    let run = by_hand(&sessions, MirrorRepository::NAME, repository.as_str(), "signalbox mirror run");
    let message = json!({"repository": repository, "force": force}).to_string();
    let report = in_name_of(&run, opened.react(ledger_table, &run, &message)).await;
    conclude(output, &report)
}

#[derive(Serialize)]
#[serde(transparent)]
struct Rows(Vec<Row>);

/// What may be long stands at the end of a line.
impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = output::table(["REPOSITORY", "BRANCH", "WHAT", "MIRRORED", "HEAD", "STATE"]);
        for Row { repository, branch, what, mirrored, head, state } in &self.0 {
            let short = |commit: &Option<mirror_repository::CommitId>| {
                commit.as_ref().map_or_else(|| "-".to_owned(), |it| it.as_str().chars().take(12).collect())
            };
            table.add_row([
                repository.to_string(),
                plain(branch),
                (*what).to_owned(),
                short(mirrored),
                short(head),
                plain(state),
            ]);
        }
        f.write_str(&table.trim_fmt())
    }
}
