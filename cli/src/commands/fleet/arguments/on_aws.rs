//! Runs that AWS carries out: which one is meant, and how it is looked at.

use clap::Args;
use fleet_runs::RunId;

use super::form::Form;

/// Where a run on AWS is.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "On AWS")]
pub(crate) struct Place {
    /// The bucket of its results; that of the stack by default
    #[arg(long, value_name = "NAME")]
    pub(crate) runs_bucket: Option<String>,
}

/// A run on AWS.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The run's name
    pub(in crate::commands::fleet) run: RunId,
    /// It is a run of an operation that writes, which has a workflow of its own
    #[arg(long)]
    pub(in crate::commands::fleet) writes: bool,
}

/// How a run is looked at.
#[derive(Debug, Args)]
pub(crate) struct Shown {
    #[command(flatten)]
    pub(in crate::commands::fleet) named: Named,
    /// Wait for its end, and tell failures as they occur
    #[arg(long)]
    pub(in crate::commands::fleet) follow: bool,
    #[command(flatten)]
    pub(in crate::commands::fleet) form: Form,
    #[command(flatten)]
    pub(in crate::commands::fleet) place: Place,
}

/// How a run is resumed.
#[derive(Debug, Args)]
pub(crate) struct Resumed {
    #[command(flatten)]
    pub(in crate::commands::fleet) named: Named,
    #[command(flatten)]
    pub(in crate::commands::fleet) form: Form,
    #[command(flatten)]
    pub(in crate::commands::fleet) place: Place,
}

/// Which runs are listed.
#[derive(Debug, Args)]
pub(crate) struct Listing {
    /// Runs of operations that write, which have a workflow of their own
    #[arg(long)]
    pub(in crate::commands::fleet) writes: bool,
    /// How many
    #[arg(long, default_value_t = 20, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(in crate::commands::fleet) most: u16,
}

/// A run that AWS carries out.
#[derive(Debug, Args)]
#[command(next_help_heading = "On AWS")]
pub(crate) struct OnAws {
    /// Have the deployed workflow do it, and follow it
    #[arg(long)]
    pub(crate) remote: bool,
    /// What the run is called; the operation and the time by default
    #[arg(long, value_name = "NAME", requires = "remote")]
    pub(crate) run: Option<RunId>,
    #[command(flatten)]
    pub(crate) place: Place,
}
