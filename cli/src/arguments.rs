//! The command line.

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::commands::{FleetCommand, PolicyCommand};
use crate::functions::DEADLINE;
use crate::given::Given;
use crate::output::Format;
use crate::settings::{ApplySettings, FunctionSettings, Naming, Pacing};

const AFTER_HELP: &str = "\
Examples:
  signalbox demo                                    everything once, on this machine
  signalbox up                                      an AWS on this machine, until Ctrl-C
  signalbox plan event.json --profile production    what would be done, and nothing done

Exit codes: 0 done; 2 there is something to do (plan without an event) or found (policy check); 130 Ctrl-C; 252 the command line,
or a file it names, is wrong; 253 settings, credentials or the manifest are wrong; 254 AWS, or a function,
failed or refused.";

/// Runs Signalbox, AWS automation that shares what an event points to, from the command line.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    #[arg(help = "How to write data on standard output: text or json; for `policy check` also sarif or github")]
    pub(crate) output: Format,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Which options were given, as opposed to set in the environment.
    #[arg(skip)]
    pub(crate) given: Given,
}

/// Which AWS to speak to. The environment is not read here: the SDK knows its order of precedence.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "AWS, for plan, apply, run, send, history, dns and fleet")]
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
    /// Without one, compares everything with the manifest, which may be a file of this computer, and prints who gains (+) and
    /// who loses (-); exits 0 where there is nothing to do, and 2 where there is.
    #[command(after_help = PLAN_HELP)]
    Plan(PlanArguments),
    /// Carry out a plan that `signalbox plan --out` wrote
    ///
    /// Exactly that plan: what is as it was when the plan was made is changed, what is as the plan wants it is left alone,
    /// and what is neither is refused. So it can be stopped at any time and run again. A plan that lets in an account that
    /// --allowed-accounts does not name is refused before its first step.
    #[command(after_help = APPLY_HELP)]
    Apply {
        /// The plan's file, or one step of a plan as `signalbox history` shows; - is standard input
        plan: PathBuf,
        #[command(flatten)]
        settings: ApplySettings,
    },
    /// Do what a function does about an event, from here
    ///
    /// The same as the deployed function does, with the credentials of the caller: the occurrence is claimed in the
    /// ledger, and one that was handled before is not handled again. A step of a rotation is refused, since Secrets Manager
    /// asks for it and for the next one; `plan` shows what it would do.
    #[command(after_help = RUN_HELP)]
    Run(RunArguments),
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
    /// Show which accounts gained and lost what, when, why, and who changed it
    ///
    /// Reads the audit of a resource, one line per item. With --verify it checks the chain of their hashes too, from the first
    /// item to the one that the grants table has as the last. That shows changes by those who can write one of the two tables
    /// only: the hashes have no key, so a writer of both can rewrite the history. The function's log has each item too.
    #[command(after_help = HISTORY_HELP)]
    History(Audited),
    /// Show the names of clusters, where they lead to, whose they are, and what a sweep would do about them
    ///
    /// Reads all living clusters and all records of the zones, as the sweep of emr-dns does, and changes nothing. DRIFT is
    /// none; missing, stale or dangling, which a sweep sets right; refused or kept, which the operator has to look at; waiting,
    /// for the cluster; or foreign, for a name of somebody else's that is left alone.
    #[command(after_help = DNS_HELP)]
    Dns(NamesAsked),
    /// Do one operation in every account and region of an organization
    #[command(subcommand, arg_required_else_help = true)]
    Fleet(FleetCommand),
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
    /// Check IAM policies, without an account
    #[command(subcommand, arg_required_else_help = true)]
    Policy(PolicyCommand),
    /// Print a script that lets a shell complete commands and options
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// The shell that reads the script
        shell: Shell,
    },
    /// Write the manual, a page for each command
    ///
    /// Makes the folder if it is missing, and replaces the pages of an earlier version. `man` finds them in the folder man1 of a
    /// folder of its MANPATH.
    #[command(after_help = "Example:\n  signalbox man ~/.local/share/man/man1")]
    Man {
        /// The folder to write to
        folder: PathBuf,
    },
}

const PLAN_HELP: &str = "\
Examples:
  signalbox plan event.json --manifest s3://com-example-bucket/share.json
  signalbox plan - --profile production < event.json
  signalbox plan --manifest share.json --out plan.json";

const APPLY_HELP: &str = "\
Example:
  signalbox apply plan.json --allowed-accounts 222233334444,o-exampleorgid --profile production";

const RUN_HELP: &str = "\
Example:
  signalbox run event.json --manifest s3://com-example-bucket/share.json --allowed-accounts 222233334444 --profile production";

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

const COMPLETIONS_HELP: &str = "\
Examples:
  source <(signalbox completions bash)
  signalbox completions fish > ~/.config/fish/completions/signalbox.fish";

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

/// What is to be done about an event.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) occurrence: Occurrence,
    /// The DynamoDB table that keeps the ledger
    #[arg(long, env = "SIGNALBOX_LEDGER_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-ledger")]
    pub(crate) ledger_table: String,
}

/// Which names are to be shown.
#[derive(Debug, Args)]
pub(crate) struct NamesAsked {
    /// Only those that are not as they should be
    #[arg(long)]
    pub(crate) drift: bool,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    #[command(flatten)]
    pub(crate) naming: Naming,
}

impl NamesAsked {
    /// A setting by the name of the function's environment variable, where it is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        match name {
            "SIGNALBOX_RATES" => self.pacing.rates.clone().filter(|value| !value.is_empty()),
            _ => self.naming.variable(name),
        }
    }
}

/// A resource, and where its audit lies.
#[derive(Debug, Args)]
pub(crate) struct Audited {
    #[arg(help = "An ARN; or an id such as ami-.. or snap-.. in the region that was chosen; or s3://bucket")]
    pub(crate) resource: String,
    /// Check that the items agree with their hashes, with each other and with the grants table
    #[arg(long)]
    pub(crate) verify: bool,
    /// The DynamoDB table of the audit
    #[arg(long, env = "SIGNALBOX_AUDIT_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-audit")]
    pub(crate) audit_table: String,
    /// The DynamoDB table of grants, which has the audit's end; for --verify
    #[arg(long, env = "SIGNALBOX_GRANTS_TABLE", value_name = "TABLE", hide_env_values = true)]
    #[arg(default_value = "signalbox-grants")]
    pub(crate) grants_table: String,
}

impl Command {
    /// Whether it speaks to the AWS that was chosen.
    pub(crate) fn speaks_to_aws(&self) -> bool {
        let is_local = matches!(
            self,
            Self::List
                | Self::Up { .. }
                | Self::Demo
                | Self::Manifest(_)
                | Self::Policy(_)
                | Self::Completions { .. }
                | Self::Man { .. }
        );
        !is_local
    }

    /// Whether it hears Ctrl-C by itself, and ends in its own way.
    pub(crate) fn ends_by_itself(&self) -> bool {
        matches!(self, Self::Fleet(_))
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
            // The others change nothing that an interruption leaves half done.
            _ => return None,
        };
        Some(format!("interrupted: {farewell}"))
    }
}
