//! What `signalbox deploy` is asked.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::settings::Elsewhere;

const PLAN_HELP: &str = "\
Example:
  signalbox deploy plan orders.zip --deploy-functions orders --code-bucket com-example-code-{region} --accounts 222233334444

Exit codes: 0 every target has the code; 2 there is something to deliver; 254 the preflight failed.";

const RUN_HELP: &str = "\
Examples:
  signalbox deploy run orders.zip --deploy-functions orders --code-bucket com-example-code-{region} --accounts 222233334444
  signalbox deploy run --resume 11111111-2222-3333-4444-555566667777 --deploy-functions orders --code-bucket \
    com-example-code-{region} --accounts 222233334444

Exit codes: 0 every target has the code; 130 interrupted; 252 the artifact or the command line is wrong; 253 a setting is; 254 the \
preflight failed, or the deployment did.";

const ROLLBACK_HELP: &str = "\
Example:
  signalbox deploy rollback 11111111-2222-3333-4444-555566667777 --accounts 222233334444

Exit codes: 0 every alias is at the version from before; 130 interrupted; 252 there is no such deployment; 254 an alias was left alone.";

const HISTORY_HELP: &str = "\
Example:
  signalbox deploy history orders --output json | jq -r '.[0].deployment'";

const DRIFT_HELP: &str = "\
Example:
  signalbox deploy drift orders --output json | jq -r '.[] | select(.differences != []) | .target'

Exit codes: 0 everything is as the records left it; 2 something is not; 254 a target could not be read.";

/// What to do about the delivery of Lambda functions.
#[derive(Debug, Subcommand)]
pub(crate) enum DeployCommand {
    /// Show which targets would get the code, wave by wave; nothing is changed
    ///
    /// Reads every target as the preflight of `run` does, and says what forbids the deployment. Only `run` lets Lambda rehearse the
    /// changes, since the code has to be in its bucket for that.
    #[command(after_help = PLAN_HELP)]
    Plan {
        /// The artifact: a zip with deploy.json and the zips of code
        artifact: PathBuf,
        #[command(flatten)]
        settings: DeliverySettings,
        #[command(flatten)]
        elsewhere: Elsewhere,
    },
    /// Bring code to its targets, wave by wave
    ///
    /// The same as the deployed function does, with the credentials of the caller. A wave that fails is the last one; what was moved is
    /// moved back, unless deploy.json says otherwise. Ctrl-C undoes nothing: what runs is waited for, no further call is begun, and the
    /// command says how to go on. The code of a deployment stays in its bucket.
    #[command(after_help = RUN_HELP)]
    Run {
        /// The artifact: a zip with deploy.json and the zips of code
        #[arg(required_unless_present = "resume")]
        artifact: Option<PathBuf>,
        /// Carry on the deployment of this id in place of beginning one
        #[arg(long, value_name = "DEPLOYMENT", conflicts_with = "artifact")]
        resume: Option<String>,
        #[command(flatten)]
        settings: DeliverySettings,
        #[command(flatten)]
        elsewhere: Elsewhere,
    },
    /// Show how a deployment stands, target by target
    Status {
        /// Its id
        deployment: String,
        #[command(flatten)]
        table: DeploymentsTable,
    },
    /// Move aliases to the versions from before a deployment
    ///
    /// Later deployments of the same targets are taken back with it, so that each version that a deployment of the history had before can
    /// be reached. An alias that another hand moved is left alone, and so is a target whose version is not there any more or which cannot
    /// be read; the others go back. A deployment that has not ended is turned: end a run of it that still goes on first.
    #[command(after_help = ROLLBACK_HELP)]
    Rollback {
        /// The deployment that is taken back
        deployment: String,
        #[command(flatten)]
        table: DeploymentsTable,
        #[command(flatten)]
        elsewhere: Elsewhere,
    },
    /// List the deployments of a function, the newest first
    #[command(after_help = HISTORY_HELP)]
    History {
        /// The function's name
        function: String,
        /// How many
        #[arg(long, default_value_t = 20, value_name = "NUMBER", value_parser = clap::value_parser!(i32).range(1..=1000))]
        most: i32,
        #[command(flatten)]
        table: DeploymentsTable,
    },
    /// Compare aliases and code with what the last deployment left
    ///
    /// Tells of aliases that another hand moved, of other code, and of versions that are gone. Nothing is changed.
    #[command(after_help = DRIFT_HELP)]
    Drift {
        /// The functions; all that have a record by default
        functions: Vec<String>,
        #[command(flatten)]
        table: DeploymentsTable,
        #[command(flatten)]
        elsewhere: Elsewhere,
    },
}

/// Where deployments are recorded.
#[derive(Debug, Args)]
pub(crate) struct DeploymentsTable {
    /// The DynamoDB table of deployments
    #[arg(long, env = "SIGNALBOX_DEPLOYMENTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-deployments")]
    deployments_table: String,
}

/// What bounds a delivery. It is checked where it is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "What may be delivered")]
pub(crate) struct DeliverySettings {
    #[command(flatten)]
    table: DeploymentsTable,
    /// The versioned bucket in which code is put for Lambda; {region} in it stands for the target's Region
    #[arg(long, env = "SIGNALBOX_CODE_BUCKET", value_name = "NAME", hide_env_values = true)]
    code_bucket: Option<String>,
    /// The functions that may be delivered, separated by commas; a name that ends with * stands for all that begin so
    #[arg(long, env = "SIGNALBOX_DEPLOY_FUNCTIONS", value_name = "NAMES", hide_env_values = true)]
    deploy_functions: Option<String>,
    /// The aliases that may be moved, separated by commas; live by default
    #[arg(long, env = "SIGNALBOX_DEPLOY_ALIASES", value_name = "NAMES", hide_env_values = true)]
    deploy_aliases: Option<String>,
    /// The functions that may be invoked as hooks, separated by commas; none by default
    #[arg(long, env = "SIGNALBOX_DEPLOY_HOOKS", value_name = "NAMES", hide_env_values = true)]
    deploy_hooks: Option<String>,
    /// The functions of stacks whose code the pipeline owns all the same, separated by commas; none by default
    #[arg(long, env = "SIGNALBOX_DEPLOY_OWNED", value_name = "NAMES", hide_env_values = true)]
    deploy_owned: Option<String>,
    /// How many versions are kept beside those that an alias or a record needs; none is deleted by default
    #[arg(long, env = "SIGNALBOX_DEPLOY_KEEP", value_name = "NUMBER", hide_env_values = true)]
    deploy_keep: Option<String>,
    /// How many invocations prove something of the new version; 100 by default
    #[arg(long, env = "SIGNALBOX_DEPLOY_TRAFFIC", value_name = "NUMBER", hide_env_values = true)]
    deploy_traffic: Option<String>,
    /// What follows where there were fewer: go-on (the default) or fail
    #[arg(long, env = "SIGNALBOX_DEPLOY_QUIET", value_name = "CHOICE", hide_env_values = true)]
    deploy_quiet: Option<String>,
    /// How many percentage points the new error rate may be above the old one; 1 by default
    #[arg(long, env = "SIGNALBOX_DEPLOY_ERRORS", value_name = "POINTS", hide_env_values = true)]
    deploy_errors: Option<String>,
}

impl DeployCommand {
    /// The artifact, where there is one.
    pub(super) fn artifact(&self) -> Option<&Path> {
        match self {
            Self::Plan { artifact, .. } => Some(artifact),
            Self::Run { artifact, .. } => artifact.as_deref(),
            _ => None,
        }
    }

    /// Whether code is delivered: settings bound it.
    pub(super) fn delivers(&self) -> bool {
        matches!(self, Self::Plan { .. } | Self::Run { .. })
    }
}
