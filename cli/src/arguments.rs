//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::functions::DEADLINE;
use crate::output::Format;

const AFTER_HELP: &str = "\
Examples:
  signalbox demo                                    everything once, on this machine
  signalbox up                                      an AWS on this machine, until Ctrl-C
  signalbox plan event.json --profile production    what would be done, and nothing done

Exit codes: 0 done; 2 there is something to do (plan without an event); 130 Ctrl-C; 252 the command line,
or a file it names, is wrong; 253 settings, credentials or the manifest are wrong; 254 AWS, or a function,
failed or refused.";

/// Runs Signalbox, AWS automation that shares what an event points to, from a desk.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    #[arg(help = "How to write data on standard output: text or json")]
    pub(crate) output: Format,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which AWS to speak to. The environment is not read here: the SDK knows its order of precedence.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "AWS, for plan, apply, run, send, history and dns")]
pub(crate) struct AwsOptions {
    #[arg(long, global = true, value_name = "NAME")]
    #[arg(help = "A profile of ~/.aws/config, whatever keys the environment has [env: AWS_PROFILE]")]
    pub(crate) profile: Option<String>,
    #[arg(long, global = true, value_name = "REGION", help = "The region [env: AWS_REGION]")]
    pub(crate) region: Option<String>,
    #[arg(long, global = true, value_name = "URL")]
    #[arg(help = "One endpoint for every service, in place of AWS's own [env: AWS_ENDPOINT_URL]")]
    pub(crate) endpoint_url: Option<String>,
    /// Certificates to trust in place of the system's, in PEM
    #[arg(long, global = true, env = "AWS_CA_BUNDLE", value_name = "FILE", hide_env_values = true)]
    pub(crate) ca_bundle: Option<PathBuf>,
}

impl AwsOptions {
    /// Whether AWS was chosen.
    pub(crate) fn is_given(&self) -> bool {
        self.profile.is_some() || self.region.is_some() || self.endpoint_url.is_some()
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the functions and the events that they listen to
    List,
    /// Show what a function would do about an event, or what a manifest would change; nothing is changed
    ///
    /// With an event, reads the event, the manifest and how things are now, as the function does, and prints the steps
    /// that it would take; a step of a rotation needs --function, and the function's own variables in the environment.
    /// Without one, compares everything with the manifest, which may be a file of this desk, and prints who gains (+) and
    /// who loses (-); exits 0 where there is nothing to do, and 2 where there is.
    #[command(after_help = PLAN_HELP)]
    Plan(PlanArguments),
    /// Carry out a plan that `signalbox plan --out` wrote
    ///
    /// Exactly that plan: what is as it was when the plan was made is changed, what is as the plan wants it is left alone,
    /// and what is neither is refused. So it can be stopped at any time and run again.
    #[command(after_help = APPLY_HELP)]
    Apply {
        /// The plan's file, or one step of a plan as `signalbox history` shows; - is standard input
        plan: PathBuf,
        #[command(flatten)]
        settings: FunctionSettings,
    },
    /// Do what a function does about an event, from here
    ///
    /// The same as the deployed function does, with the credentials of this desk: the occurrence is claimed in the
    /// ledger, and one that was handled before is not handled again. A step of a rotation is refused, since Secrets Manager
    /// asks for it and for the next one; `plan` shows what it would do.
    #[command(after_help = RUN_HELP)]
    Run(Occurrence),
    /// Deliver an event to the deployed functions, as EventBridge would
    ///
    /// Each enabled rule of the default bus is asked whether its pattern matches, and each Lambda function among the
    /// targets of those that do is invoked; what it answers is shown. That no rule matches is said, and is no error.
    /// EventBridge itself takes no events of AWS's own sources from others, so this is the way to send one again.
    #[command(after_help = SEND_HELP)]
    Send {
        /// The event's file; - is standard input
        event: PathBuf,
    },
    /// Show who was granted and lost what, when, by whom and why
    ///
    /// Reads the audit of a resource, one line per item. With --verify the chain of its hashes is proved too, from the first
    /// item to the one that the grants table knows as the last.
    #[command(after_help = HISTORY_HELP)]
    History(Audited),
    /// Show the names of clusters, where they lead to, whose they are, and what a sweep would do about them
    ///
    /// Reads all living clusters and all records of the zones, as the sweep of emr-dns does, and changes nothing. DRIFT is
    /// none; missing, stale or dangling, which a sweep sets right; refused or kept, which somebody has to look at; waiting,
    /// for the cluster; or foreign, for a name of somebody else's that is left alone.
    #[command(after_help = DNS_HELP)]
    Dns(NamesAsked),
    /// Start an AWS on this machine with everything deployed, until Ctrl-C
    ///
    /// Starts ministack and moto on 127.0.0.1, deploys infra/ with CloudFormation (but what rotates secrets, for want of a
    /// server), registers an image and a manifest, and runs a cluster to try things on. Prints what to export, and which commands to try. Whatever happened there is
    /// forgotten at the end.
    #[command(after_help = "Example:\n  signalbox up --port 4566")]
    Up {
        /// The port to listen on; any free one by default
        #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "PORT")]
        port: u16,
    },
    /// Show the whole way of an event once, on an AWS on this machine
    ///
    /// Starts what `up` starts, delivers the event of a new image, and shows who may use the image before and after.
    Demo,
    /// Check a share manifest, or print its schema
    #[command(subcommand, arg_required_else_help = true)]
    Manifest(Manifest),
}

const PLAN_HELP: &str = "\
Examples:
  signalbox plan event.json --manifest s3://com-example-bucket/share.json
  signalbox plan - --profile production < event.json
  signalbox plan --manifest share.json --out plan.json";

const APPLY_HELP: &str = "\
Example:
  signalbox apply plan.json --profile production";

const RUN_HELP: &str = "\
Example:
  signalbox run event.json --manifest s3://com-example-bucket/share.json --profile production";

const SEND_HELP: &str = "\
Example:
  signalbox send event.json --profile production";

const HISTORY_HELP: &str = "\
Examples:
  signalbox history ami-0123456789abcdef0 --verify --profile production
  signalbox history s3://com-example-bucket --output json";

const DNS_HELP: &str = "\
Examples:
  signalbox dns --profile production
  signalbox dns --drift --output json | jq -r '.names[].name'";

const CHECK_HELP: &str = "\
Examples:
  signalbox manifest check share.json
  git show HEAD:share.json | signalbox manifest check -";

/// What to do about a manifest.
#[derive(Debug, Subcommand)]
pub(crate) enum Manifest {
    /// Say whether a share manifest is valid, or where it is not
    #[command(after_help = CHECK_HELP)]
    Check {
        /// The manifest's file; - is standard input
        file: PathBuf,
    },
    /// Print the JSON Schema of the share manifest
    #[command(after_help = "Example:\n  signalbox manifest schema > share-manifest.schema.json")]
    Schema,
}

/// What is to be planned.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// The event's file; - is standard input. Without an event, everything is compared with the manifest
    pub(crate) event: Option<PathBuf>,
    /// The function, where the event does not tell it
    #[arg(long, value_name = "NAME", requires = "event")]
    pub(crate) function: Option<String>,
    /// Keep the plan in this file, for `signalbox apply`
    #[arg(long, value_name = "FILE", conflicts_with = "event")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) settings: FunctionSettings,
}

/// An event, and what the function that it is for has to know.
#[derive(Debug, Args)]
pub(crate) struct Occurrence {
    /// The event's file; - is standard input
    pub(crate) event: PathBuf,
    /// The function, where the event does not tell it
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Option<String>,
    #[command(flatten)]
    pub(crate) settings: FunctionSettings,
}

/// What a function has to know.
#[derive(Debug, Args)]
pub(crate) struct FunctionSettings {
    #[arg(
        help = "Where the share manifest lies: s3://bucket/key or ssm:/name (`plan` without an event also takes a file)"
    )]
    #[arg(long, env = "SIGNALBOX_MANIFEST", value_name = "LOCATION", hide_env_values = true)]
    pub(crate) manifest: Option<String>,
    /// Whom the manifest may name: ids of accounts, organizations and organizational units, separated by commas;
    /// everybody by default
    #[arg(long, env = "SIGNALBOX_ALLOWED_ACCOUNTS", value_name = "IDS", hide_env_values = true)]
    pub(crate) allowed_accounts: Option<String>,
    /// The DynamoDB table that keeps the ledger (`plan` only reads it, for steps of rotations)
    #[arg(long, env = "SIGNALBOX_LEDGER_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-ledger")]
    pub(crate) ledger_table: String,
    /// Whether snapshots that RDS made for itself are copied, so that the copies can be shared: true or false
    #[arg(long, env = "SIGNALBOX_COPY_AUTOMATED", value_name = "BOOLEAN", hide_env_values = true)]
    pub(crate) copy_automated: Option<String>,
    /// The DynamoDB table of grants, where changes are recorded; give --audit-table too
    #[arg(long, env = "SIGNALBOX_GRANTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    pub(crate) grants_table: Option<String>,
    /// The DynamoDB table of the audit; give --grants-table too
    #[arg(long, env = "SIGNALBOX_AUDIT_TABLE", value_name = "TABLE", hide_env_values = true)]
    pub(crate) audit_table: Option<String>,
    #[command(flatten)]
    pub(crate) limits: Limits,
    #[command(flatten)]
    pub(crate) naming: Naming,
    #[command(flatten)]
    pub(crate) elsewhere: Elsewhere,
}

/// The other accounts in which a function may act. It is checked where it is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Other accounts")]
pub(crate) struct Elsewhere {
    /// In which accounts the function acts: ids of accounts, organizational units and organizations, separated by
    /// commas; its own only by default
    #[arg(long, env = "SIGNALBOX_ACCOUNTS", value_name = "IDS", hide_env_values = true)]
    pub(crate) accounts: Option<String>,
    /// The role that it assumes in the others
    #[arg(long, env = "SIGNALBOX_MEMBER_ROLE", value_name = "NAME", hide_env_values = true)]
    pub(crate) member_role: Option<String>,
    /// What the trust of that role asks for
    #[arg(long, env = "SIGNALBOX_EXTERNAL_ID", value_name = "ID", hide_env_values = true)]
    pub(crate) external_id: Option<String>,
}

/// What bounds a sweep. They are checked where they are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "The sweep's limits")]
pub(crate) struct Limits {
    /// How many shares one sweep may take away; 25 by default
    #[arg(long, env = "SIGNALBOX_MAX_REMOVALS", value_name = "NUMBER", hide_env_values = true)]
    pub(crate) max_removals: Option<String>,
    /// Which part of the shares one sweep may take away where there are ten or more; 30 by default
    #[arg(long, env = "SIGNALBOX_MAX_REMOVED_PERCENT", value_name = "PERCENT", hide_env_values = true)]
    pub(crate) max_removed_percent: Option<String>,
    /// Minutes between two sweeps, by which missed events are counted; a day by default
    #[arg(long, env = "SIGNALBOX_SWEEP_PERIOD", value_name = "MINUTES", hide_env_values = true)]
    pub(crate) sweep_period: Option<String>,
    /// How fast AWS is called: documented (the default) or unlimited
    #[arg(long, env = "SIGNALBOX_RATES", value_name = "RATES", hide_env_values = true)]
    pub(crate) rates: Option<String>,
}

/// How clusters are named. It is checked where it is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Names of clusters")]
pub(crate) struct Naming {
    /// Whose the records are; signalbox by default
    #[arg(long, env = "SIGNALBOX_OWNER", value_name = "NAME", hide_env_values = true)]
    pub(crate) owner: Option<String>,
    /// The key of the tag that holds a cluster's name; `cluster_name` by default
    #[arg(long, env = "SIGNALBOX_DNS_TAG", value_name = "KEY", hide_env_values = true)]
    pub(crate) dns_tag: Option<String>,
    /// How long a resolver may keep a name; 60 by default
    #[arg(long, env = "SIGNALBOX_DNS_TTL", value_name = "SECONDS", hide_env_values = true)]
    pub(crate) dns_ttl: Option<String>,
    /// Whether names are taken away too: sync (the default) or upsert-only
    #[arg(long, env = "SIGNALBOX_DNS_POLICY", value_name = "POLICY", hide_env_values = true)]
    pub(crate) dns_policy: Option<String>,
    /// The hosted zones that may be changed: their ids, separated by commas; every private one of the account by default
    #[arg(long, env = "SIGNALBOX_DNS_ZONES", value_name = "IDS", hide_env_values = true)]
    pub(crate) dns_zones: Option<String>,
}

/// Which names are to be shown.
#[derive(Debug, Args)]
pub(crate) struct NamesAsked {
    /// Only those that are not as they should be
    #[arg(long)]
    pub(crate) drift: bool,
    #[command(flatten)]
    pub(crate) naming: Naming,
}

/// A resource, and where its audit lies.
#[derive(Debug, Args)]
pub(crate) struct Audited {
    #[arg(help = "An ARN; or an id such as ami-.. or snap-.. in the region that was chosen; or s3://bucket")]
    pub(crate) resource: String,
    /// Prove that no item was altered, taken away or put in
    #[arg(long)]
    pub(crate) verify: bool,
    /// The DynamoDB table of the audit
    #[arg(long, env = "SIGNALBOX_AUDIT_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-audit")]
    pub(crate) audit_table: String,
    /// The DynamoDB table of grants, which knows the audit's end
    #[arg(long, env = "SIGNALBOX_GRANTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-grants")]
    pub(crate) grants_table: String,
}

impl FunctionSettings {
    /// A setting by the name of the function's environment variable, where it is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "SIGNALBOX_LEDGER_TABLE" => return Some(self.ledger_table.clone()),
            "SIGNALBOX_MANIFEST" => &self.manifest,
            "SIGNALBOX_ALLOWED_ACCOUNTS" => &self.allowed_accounts,
            "SIGNALBOX_COPY_AUTOMATED" => &self.copy_automated,
            "SIGNALBOX_GRANTS_TABLE" => &self.grants_table,
            "SIGNALBOX_AUDIT_TABLE" => &self.audit_table,
            "SIGNALBOX_MAX_REMOVALS" => &self.limits.max_removals,
            "SIGNALBOX_MAX_REMOVED_PERCENT" => &self.limits.max_removed_percent,
            "SIGNALBOX_SWEEP_PERIOD" => &self.limits.sweep_period,
            "SIGNALBOX_RATES" => &self.limits.rates,
            "SIGNALBOX_ACCOUNTS" => &self.elsewhere.accounts,
            "SIGNALBOX_MEMBER_ROLE" => &self.elsewhere.member_role,
            "SIGNALBOX_EXTERNAL_ID" => &self.elsewhere.external_id,
            _ => return self.naming.variable(name),
        };
        value.clone().filter(|value| !value.is_empty())
    }
}

impl Naming {
    /// A setting by the name of the function's environment variable, where it is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "SIGNALBOX_OWNER" => &self.owner,
            "SIGNALBOX_DNS_TAG" => &self.dns_tag,
            "SIGNALBOX_DNS_TTL" => &self.dns_ttl,
            "SIGNALBOX_DNS_POLICY" => &self.dns_policy,
            "SIGNALBOX_DNS_ZONES" => &self.dns_zones,
            _ => return without_option(name),
        };
        value.clone().filter(|value| !value.is_empty())
    }
}

/// A variable that no option stands for, as those of the functions that rotate: there are too many of them.
fn without_option(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the desk, as clap reads those that are options")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Command {
    /// Whether it speaks to the AWS that was chosen.
    pub(crate) fn speaks_to_aws(&self) -> bool {
        let is_local = matches!(self, Self::List | Self::Up { .. } | Self::Demo | Self::Manifest(_));
        !is_local
    }

    /// What to say when the command is interrupted.
    pub(crate) fn farewell(&self) -> Option<String> {
        let farewell = match self {
            Self::Run(_) => format!(
                "steps that were begun may be done; the claim on this occurrence is not given back and lapses by \
                 itself within {} minutes, after which the event can be run or sent again",
                DEADLINE.as_secs() / 60
            ),
            Self::Send { .. } => "a function that was invoked goes on by itself; its log says how it ended".into(),
            Self::Up { .. } | Self::Demo => "ending the local AWS".into(),
            Self::Apply { .. } => "steps that were begun may be done; run it again, and it goes on from there".into(),
            Self::List | Self::Plan(_) | Self::History(_) | Self::Dns(_) | Self::Manifest(_) => return None,
        };
        Some(format!("interrupted: {farewell}"))
    }
}
