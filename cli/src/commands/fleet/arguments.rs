//! The command line of `signalbox fleet`.

mod form;
mod on_aws;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use fleet::{Limits, Regions, Role, Target, Targets, Tolerance};
use place::{Partition, Region};
use reaction::Mode;

use super::sweeps::SweepSettings;
use super::work::{self, Bound, Work};
use crate::failure::Failure;
use crate::output::Format;
pub(super) use form::Form;
pub(super) use on_aws::{Listing, Named, OnAws, Place, Resumed, Shown};

/// What to do with many accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum FleetCommand {
    /// Do one operation in every account and region
    ///
    /// Assumes a role in each account, once, and does the operation in each region, as many at the same time as
    /// --concurrency says. Without --target that is every account of the organization but the calling one. What may not be
    /// done (accounts that are suspended, regions that are not enabled, or that a service control policy denies) is skipped
    /// with its reason. Ctrl-C begins nothing more and waits for what runs; a second one gives that up too.
    ///
    /// An operation that writes only plans, unless --apply is given, and wants to be told where: --target or --all. In each
    /// account the sessions may only do what the operation does, whatever the role may do.
    ///
    /// `exec` runs an executable of yours on this computer, once for each account and region: its environment has the credentials of
    /// the role there and the region, and no AWS_* variable of yours. The sessions may only read (`ReadOnlyAccess`), unless --apply and
    /// --policy or --policy-arn say otherwise. What it writes to standard output is the result; another exit code than 0 is an
    /// exception, with the end of what it wrote to standard error. Ctrl-C and timeouts end it with all that it started.
    ///
    /// With --remote, the workflow of infra/fleet.yaml does it in AWS: this command starts it and follows it, and ending the command
    /// ends no run. The role, the settings and the tables are those of the workflow.
    #[command(after_help = RUN_HELP)]
    Run(Box<RunArguments>),
    /// List the last runs on AWS, the newest first
    Runs(Listing),
    /// Show what came of a run on AWS, so far or at its end
    ///
    /// Exit codes: 0 everything was done, and no more failed than is tolerated; 254 otherwise, also while the run goes on.
    #[command(after_help = SHOW_HELP)]
    Show(Shown),
    /// Stop a run on AWS
    ///
    /// Nothing more is begun. What works in an account goes on to its own end, and leaves its result.
    Stop(Named),
    /// Go on with what a run on AWS has not done, and follow it
    ///
    /// A run that was stopped, or whose time was over, goes on where it ended, for 14 days. Otherwise a new execution of the same run works
    /// on the accounts that have no result. An account that has one is not entered again, also where that tells of a failure.
    Resume(Resumed),
}

const SHOW_HELP: &str = "\
Examples:
  signalbox fleet show inventory-1 --follow
  signalbox fleet show inventory-1 --output json | jq -r '.Exceptions[].Id'";

const RUN_HELP: &str = "\
Examples:
  signalbox fleet run caller-identity --plan
  signalbox fleet run sharing-inventory --target ou-ab12-cd34ef56 --regions eu-west-1,eu-central-1
  signalbox fleet run rotation-state --checkpoint run.jsonl --output json
  signalbox fleet run rotation-state --resume run.jsonl
  signalbox fleet run share-sweep --target ou-ab12-cd34ef56 --manifest s3://com-example-bucket/share.json
  signalbox fleet run share-sweep --target ou-ab12-cd34ef56 --manifest s3://com-example-bucket/share.json \\
    --allowed-accounts 222233334444,ou-ab12-cd34ef56 --grants-table signalbox-grants --audit-table signalbox-audit --apply
  signalbox fleet run sharing-inventory --regions all --tolerate 5% --concurrency 40 --remote
  signalbox fleet run exec --target ou-ab12-cd34ef56 -- python3 report.py
  signalbox fleet run exec --target ou-ab12-cd34ef56 --policy policy.json --apply -- ./close-ports.sh";

/// What is to be done, and where.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// What is done in each account and region
    #[arg(value_parser = work::parser())]
    pub(crate) operation: Work,
    /// Of exec: the executable and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// Show the accounts and regions, and how many calls it takes at least, and do nothing in them
    #[arg(long, conflicts_with_all = ["apply", "checkpoint", "resume", "only_failed", "lines", "table"])]
    #[arg(conflicts_with_all = ["concurrency", "assume_concurrency", "tolerate", "account_timeout", "timeout"])]
    pub(crate) plan: bool,
    /// Of an operation that writes: do it. Without this it tells what it would do, with sessions that may only read. Of exec: with
    /// sessions that may do what --policy or --policy-arn allows
    #[arg(long)]
    pub(crate) apply: bool,
    /// Of share-sweep with --apply: share without tables of grants and of the audit. No record then says what was shared, and
    /// nothing of it is ever taken back
    #[arg(long, requires = "apply")]
    pub(crate) unrecorded: bool,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) assumed: Assumed,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
    #[command(flatten)]
    pub(crate) kept: Kept,
    #[command(flatten)]
    pub(crate) on_aws: OnAws,
    #[command(flatten)]
    pub(crate) settings: SweepSettings,
}

/// Which accounts and regions.
#[derive(Debug, Args)]
#[command(next_help_heading = "Accounts and regions")]
pub(crate) struct Chosen {
    /// Accounts, roots, organizational units with all below them, an organization, or tags (tag:KEY or tag:KEY=VALUE),
    /// separated by commas; every account of the organization by default, of an operation that only reads
    #[arg(long = "target", value_name = "IDS", value_delimiter = ',')]
    pub(crate) targets: Option<Vec<String>>,
    /// Every account of the organization but the calling one
    #[arg(long, conflicts_with = "targets")]
    pub(crate) all: bool,
    /// Accounts and the like to leave alone, whatever chose them
    #[arg(long = "ignore", value_name = "IDS", value_delimiter = ',')]
    pub(crate) ignored: Vec<String>,
    /// The calling account too: the role is assumed there as everywhere
    #[arg(long)]
    pub(crate) include_caller: bool,
    /// Regions, separated by commas, or `all` for those that each account has enabled; the region by default
    #[arg(long, value_name = "REGIONS", value_delimiter = ',')]
    pub(crate) regions: Option<Vec<String>>,
}

/// The role that is assumed.
#[derive(Debug, Args)]
#[command(next_help_heading = "The role that is assumed")]
pub(crate) struct Assumed {
    /// Its name in each account
    #[arg(long, value_name = "NAME", default_value = "OrganizationAccountAccessRole")]
    pub(crate) role_name: String,
    /// Its path
    #[arg(long, value_name = "PATH", default_value = "/")]
    pub(crate) role_path: String,
    /// What the sessions are called; as the role by default
    #[arg(long, value_name = "NAME")]
    pub(crate) session_name: Option<String>,
    /// A policy in JSON, beyond which the sessions may do nothing; the operation's own few actions by default
    #[arg(long, visible_alias = "policy", value_name = "FILE")]
    pub(crate) session_policy: Option<PathBuf>,
    /// Managed policies, beyond which the sessions may do nothing, in place of the operation's own
    #[arg(long = "policy-arn", value_name = "ARN")]
    pub(crate) policy_arns: Vec<String>,
    /// The external id
    #[arg(long, env = "SIGNALBOX_EXTERNAL_ID", value_name = "ID", hide_env_values = true)]
    pub(crate) external_id: Option<String>,
    /// How long the sessions last; an hour by default, and at most where the caller's own credentials are of a role
    #[arg(long, value_name = "SECONDS")]
    pub(crate) duration: Option<u64>,
    /// Who is behind the sessions, for CloudTrail
    #[arg(long, value_name = "NAME")]
    pub(crate) source_identity: Option<String>,
    /// The partition of the accounts; that of the credentials by default
    #[arg(long, value_name = "NAME")]
    pub(crate) partition: Option<String>,
}

/// What bounds the run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Bounds")]
pub(crate) struct Bounds {
    /// How much is in flight at the same time, in all accounts
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) concurrency: usize,
    /// How many roles are assumed at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) assume_concurrency: usize,
    /// In how many accounts something may fail, as a number or in percent: with more, nothing more is begun. Without this,
    /// everything is done, and one failure is an error
    #[arg(long, value_name = "NUMBER|PERCENT%")]
    pub(crate) tolerate: Option<Tolerance>,
    /// How long one account may take
    #[arg(long, value_name = "SECONDS")]
    pub(crate) account_timeout: Option<u64>,
    /// How long all of it may take
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
}

/// Where results are kept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Results")]
pub(crate) struct Kept {
    /// Write each result into this new file as soon as it is there, so that the run can be resumed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resume", "only_failed"])]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Go on with a run that left this file: what is in it is not done again
    #[arg(long, value_name = "FILE", conflicts_with = "only_failed")]
    pub(crate) resume: Option<PathBuf>,
    /// Do again only what failed in the run that left this file
    #[arg(long, value_name = "FILE")]
    pub(crate) only_failed: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) form: Form,
}

impl RunArguments {
    /// Refuses what does not go with the operation.
    pub(crate) fn check(&self, output: Format) -> Result<(), Failure> {
        let (operation, chosen) = (self.operation, &self.chosen);
        let refuse = |why: String| Err(Failure::usage(why));
        self.kept.form.check(output)?;
        if operation == Work::Exec {
            self.check_exec()?;
        } else if !self.command.is_empty() {
            return refuse(format!("a command after `--` is for exec, and {operation} is an operation; leave it out"));
        } else if !operation.writes(true) {
            let only_for_writers = [("--apply", self.apply), ("--unrecorded", self.unrecorded)];
            if let Some((option, _)) = only_for_writers.into_iter().find(|(_, is_given)| *is_given) {
                return refuse(format!("{option} is not for {operation}, which only reads; leave it out"));
            }
        }
        if operation.writes(self.apply) && chosen.targets.is_none() && !chosen.all {
            return refuse(format!(
                "{operation} writes: say where, with --target, or with --all for every account of the organization"
            ));
        }
        if self.unrecorded && !operation.has_records() {
            return refuse(format!("--unrecorded is not for {operation}, which has no tables; leave it out"));
        }
        if operation.is_of_all_regions() && chosen.regions.is_some() {
            return refuse("--regions is not for this operation: the manifest names the regions".into());
        }
        Ok(())
    }

    /// Refuses exec without a command, and a session that may write without --apply.
    fn check_exec(&self) -> Result<(), Failure> {
        let Assumed { session_policy, policy_arns, .. } = &self.assumed;
        if self.on_aws.remote {
            return Err(Failure::usage("exec runs on this computer, where the executable is; leave --remote out"));
        }
        if self.command.is_empty() {
            let example = "`signalbox fleet run exec -- python3 report.py`";
            return Err(Failure::usage(format!("exec needs an executable: name it after `--`, as in {example}")));
        }
        let is_chosen = session_policy.is_some() || !policy_arns.is_empty();
        if self.apply && !is_chosen {
            return Err(Failure::usage(
                "--apply lets the executable do more than read: say what, with --policy FILE or --policy-arn ARN",
            ));
        }
        let only_reads = session_policy.is_none() && policy_arns.iter().all(|arn| work::is_read_only_access(arn));
        if is_chosen && !self.apply && !only_reads {
            return Err(Failure::usage(
                "what --policy and --policy-arn allow may write: add --apply, or leave them out, and the sessions have ReadOnlyAccess",
            ));
        }
        Ok(())
    }

    /// Whether to act.
    pub(crate) fn mode(&self) -> Mode {
        if self.apply { Mode::Apply } else { Mode::Plan }
    }

    /// The role, in accounts of the partition in which our own region lies where no other is named.
    pub(crate) fn role(&self, ours: Partition) -> Result<Role, Failure> {
        let partition = self.assumed.partition.as_deref().unwrap_or(ours.as_str());
        self.assumed.role(self.operation.bound(self.mode(), partition))
    }
}

impl Chosen {
    /// The targets.
    pub(crate) fn targets(&self) -> Result<Targets, Failure> {
        let parse = |texts: &[String]| -> Result<BTreeSet<Target>, Failure> {
            let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
            texts.map(|text| text.parse().map_err(Failure::usage)).collect()
        };
        let chosen = self.targets.as_deref().map(parse).transpose()?;
        let targets = Targets { chosen, ignored: parse(&self.ignored)?, with_caller: self.include_caller };
        targets.check().map_err(Failure::usage)?;
        Ok(targets)
    }

    /// The regions; ours where none are named.
    pub(crate) fn regions(&self, ours: Region) -> Result<Regions, Failure> {
        Ok(self.named_regions()?.unwrap_or_else(|| Regions::These(vec![ours])))
    }

    /// The regions, if any are named.
    pub(crate) fn named_regions(&self) -> Result<Option<Regions>, Failure> {
        let Some(names) = &self.regions else { return Ok(None) };
        if names.iter().any(|name| name.trim() == "all") {
            return Ok(Some(Regions::All));
        }
        let names = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
        let these = names.map(|name| name.parse().map_err(Failure::usage)).collect::<Result<_, _>>();
        these.map(|these| Some(Regions::These(these)))
    }
}

impl Assumed {
    /// The text of the policy, if one is chosen.
    pub(crate) fn chosen_policy(&self) -> Result<Option<String>, Failure> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
        };
        self.session_policy.as_ref().map(read).transpose()
    }

    /// The role, with these policies where none is chosen.
    fn role(&self, own: Bound) -> Result<Role, Failure> {
        let chosen = self.chosen_policy()?;
        // STS allows what either allows, so ours would be no bound beside theirs, and theirs none beside ours.
        let is_chosen = chosen.is_some() || !self.policy_arns.is_empty();
        let theirs = Bound { policy: chosen, policy_arns: self.policy_arns.clone() };
        let Bound { policy, policy_arns } = if is_chosen { theirs } else { own };
        let role = Role {
            name: self.role_name.clone(),
            path: self.role_path.clone(),
            partition: self.partition.clone(),
            session_name: self.session_name.clone(),
            policy,
            policy_arns,
            external_id: self.external_id.clone().filter(|id| !id.is_empty()),
            duration: self.duration.map(Duration::from_secs),
            source_identity: self.source_identity.clone(),
        };
        role.check().map_err(Failure::usage)?;
        Ok(role)
    }
}

impl Bounds {
    /// The limits.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            concurrency: self.concurrency,
            entering: self.assume_concurrency,
            tolerance: self.tolerate,
            per_account: self.account_timeout.map(Duration::from_secs),
            in_all: self.timeout.map(Duration::from_secs),
        }
    }
}
