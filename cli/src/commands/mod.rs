//! The commands, a file each.

mod apply;
mod completions;
mod console;
mod counts;
mod deadletters;
mod deploy;
mod dns;
mod explain;
mod fleet;
mod history;
mod ledger;
mod list;
mod man;
mod manifest;
mod mirror;
mod patches;
mod plan;
mod policy;
mod replay;
mod run;
mod send;
mod sweep;
mod trace;
mod up;
mod usage;

use std::path::PathBuf;

use self::trace::TraceArguments;
use clap::Subcommand;
use clap_complete::Shell;
use console::ConsoleAsked;
use deadletters::DeadLettersCommand;
use deploy::DeployCommand;
use dns::NamesAsked;
use explain::ExplainArguments;
use fleet::FleetCommand;
use history::Audited;
use ledger::LedgerCommand;
use manifest::Manifest;
use mirror::MirrorCommand;
use patches::PatchesAsked;
use plan::PlanArguments;
use policy::PolicyCommand;
use reaction::{Outcome, Report};
use replay::ReplayArguments;
use run::RunArguments;

use crate::connection::AwsOptions;
use crate::failure::Failure;
use crate::functions::DEADLINE;
use crate::given::Given;
use crate::output::{self, Format};
use crate::settings::ApplySettings;

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
    /// Show how instances are patched, what is wrong, and how that came about
    ///
    /// Reads the instances of EC2 and of Systems Manager, their patch states and the history that report-patches keeps, and changes
    /// nothing. STATUS is compliant where a recent scan found nothing to do, non-compliant, or unknown: not managed, never scanned, or
    /// scanned too long ago. Unknown never counts as compliant. TREND has the open patches at each of the last scans.
    #[command(after_help = PATCHES_HELP)]
    Patches(PatchesAsked),
    /// Show what an event led to, by the id that its log lines, reports and changes have
    ///
    /// Asks CloudWatch Logs for what the functions of the account and Region that were chosen wrote of the id, in the last hours, and
    /// X-Ray for the traces that this names: who handled the event, in which phases, by which calls in which accounts, and who gained
    /// or lost what by it. Needs logs:DescribeLogGroups, logs:StartQuery, logs:GetQueryResults and xray:BatchGetTraces. With --file,
    /// draws a recorded trace and asks no AWS.
    #[command(after_help = TRACE_HELP)]
    Trace(TraceArguments),
    /// Say in three lines what was refused, by which rule, and what to do
    ///
    /// Reads a report, a line of a function's log, the record of an event that failed, or AWS's message of a denial, and asks no AWS.
    /// What to do about messages of Signalbox stands in the runbook, which is compiled in.
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainArguments),
    /// Look at events that failed and wait in the failure queues, hand them over once more, or drop them
    #[command(name = "deadletters", subcommand, arg_required_else_help = true)]
    DeadLetters(DeadLettersCommand),
    /// Have events of the past worked on once more: of an archive, a file or a failure queue
    ///
    /// A replay is an occurrence of its own: each event is worked on once for each replay's name, also where it was done before. Old
    /// events do no harm, since they say where to look and the present state counts. Without --apply, shows what would be replayed.
    /// Events of an archive go to the rules that hand them to Signalbox's functions; EventBridge needs ten minutes to archive an event,
    /// and what may be missing is `not archived yet`.
    #[command(after_help = REPLAY_HELP)]
    Replay(ReplayArguments),
    /// Look at the occurrences that the functions have claimed or dealt with, and have one worked on again
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(LedgerCommand),
    /// Do one operation in every account and region of an organization
    #[command(subcommand, arg_required_else_help = true)]
    Fleet(FleetCommand),
    /// Look at mirrored git repositories, copy one, or compare it with its bucket
    #[command(subcommand, arg_required_else_help = true)]
    Mirror(MirrorCommand),
    /// Bring a Lambda function's code to many accounts and Regions, look at what was delivered, and take it back
    #[command(subcommand, arg_required_else_help = true)]
    Deploy(DeployCommand),
    /// Serve a page on 127.0.0.1 that shows what Signalbox did and is about to do, until Ctrl-C
    ///
    /// Events as they come, shares, audit, policies, names, secrets, patches, deployments, repositories and fleet runs, as the commands
    /// read them. Prints a link that lets one browser in, once. The page only reads; that of `signalbox up` also sends sample events.
    /// A page that is open reads the ledger each second, which DynamoDB charges for.
    #[command(after_help = CONSOLE_HELP)]
    Console(ConsoleAsked),
    /// Start an AWS on this machine with everything deployed, until Ctrl-C
    ///
    /// Starts ministack and moto on 127.0.0.1, and deploys infra/ with CloudFormation (but what rotates secrets, for want of a
    /// server). To try things on, there are an image, a manifest, a cluster, and an organization of two units and three members, with
    /// images and a cluster of their own. Prints what to export, which commands to try, and the link of a console. Whatever happened there is forgotten at
    /// the end.
    #[command(after_help = "Example:\n  signalbox up --port 4566")]
    Up {
        /// The port to listen on; any free one by default
        #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "PORT")]
        port: u16,
    },
    /// Show the whole way of an event once, on an AWS on this machine
    ///
    /// Starts the same AWS as `up`, with share-ami alone in it, delivers the event of a new image, and shows who may use the image
    /// before and after.
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

const PATCHES_HELP: &str = "\
Examples:
  signalbox patches --group 'Linux Servers'
  signalbox patches --account 222233334444,333344445555 --role-name patch-reader
  signalbox patches --fleet --regions eu-west-1,eu-central-1 --output json";

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

const TRACE_HELP: &str = "\
Examples:
  signalbox trace 7bf73129-1428-4cd3-a780-95db273d1602 --profile production
  aws xray batch-get-traces --trace-ids 1-58406520-a006649127e371903a2de979 | signalbox trace --file -";

const EXPLAIN_HELP: &str = "\
Examples:
  signalbox explain 'User: arn:aws:sts::111122223333:assumed-role/share-ami/a is not authorized to perform: ec2:DescribeImages'
  signalbox send event.json --output json | signalbox explain --file -";

const REPLAY_HELP: &str = "\
Examples:
  signalbox replay --archive signalbox-events --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z --function share-ami
  signalbox replay --file events.json --name after-the-manifest-was-mended --apply
  signalbox replay --dlq share-ami-failures --name after-the-manifest-was-mended --apply";

const CONSOLE_HELP: &str = "\
Example:
  signalbox console --profile production";

const COMPLETIONS_HELP: &str = "\
Examples:
  source <(signalbox completions bash)
  signalbox completions fish > ~/.config/fish/completions/signalbox.fish";

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
                | Self::Explain(_)
                | Self::Completions { .. }
                | Self::Man { .. }
        );
        let is_recorded = matches!(self, Self::Trace(asked) if asked.file.is_some());
        !is_local && !is_recorded
    }

    /// Whether it hears Ctrl-C by itself, and ends in its own way.
    pub(crate) fn ends_by_itself(&self) -> bool {
        let waits = match self {
            Self::DeadLetters(asked) => asked.applies(),
            Self::Replay(asked) => asked.waits(),
            _ => false,
        };
        waits || matches!(self, Self::Fleet(_) | Self::Deploy(_))
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
            Self::Console(_) => "the console has ended".into(),
            Self::Up { .. } | Self::Demo => demo::FAREWELL.into(),
            Self::Apply { .. } => "steps that were begun may be done; run it again, and it goes on from there".into(),
            Self::DeadLetters(_) => deadletters::FAREWELL.into(),
            Self::Replay(asked) => asked.farewell()?,
            // The others change nothing that an interruption leaves half done.
            _ => return None,
        };
        Some(format!("interrupted: {farewell}"))
    }
}

/// Runs the command that was asked for.
///
/// `command_line` makes the tree of all commands, which the manual and the completions are made of.
pub(crate) async fn run(
    aws: &AwsOptions,
    command: Command,
    given: &Given,
    output: Format,
    command_line: fn() -> clap::Command,
) -> Result<(), Failure> {
    if (aws.is_given() || given.has("AWS_CA_BUNDLE")) && !command.speaks_to_aws() {
        let message = "--profile, --region, --endpoint-url and --ca-bundle are for plan, apply, run, send, history, dns, patches, trace, deadletters, replay, ledger, fleet, mirror, deploy and console: this command uses no AWS but its own";
        return Err(Failure::usage(message));
    }
    if output.is_of_findings() && !matches!(command, Command::Policy(_)) {
        return Err(Failure::usage("--output sarif and --output github write findings, and are for `policy check`"));
    }
    match command {
        Command::List => list::list(output),
        Command::Plan(asked) => plan::plan(aws, asked, given, output).await,
        Command::Apply { plan, .. } => apply::apply(aws, &plan, &|name| given.setting(name), given, output).await,
        Command::Run(asked) => run::run(aws, &asked, given, output).await,
        Command::Send { event } => send::send(aws, &event, output).await,
        Command::History(audited) => history::history(aws, &audited, given, output).await,
        Command::Dns(asked) => dns::dns(aws, &asked, given, output).await,
        Command::Patches(asked) => patches::patches(aws, &asked, given, output).await,
        Command::Trace(asked) => trace::trace(aws, &asked, output).await,
        Command::Explain(asked) => explain::explain(&asked, output).await,
        Command::DeadLetters(asked) => deadletters::deadletters(aws, &asked, output).await,
        Command::Replay(asked) => replay::replay(aws, &asked, output).await,
        Command::Ledger(asked) => ledger::ledger(aws, &asked, given, output).await,
        Command::Fleet(asked) => fleet::fleet(aws, asked, given, output).await,
        Command::Mirror(asked) => mirror::mirror(aws, &asked, given, output).await,
        Command::Deploy(asked) => deploy::deploy(aws, &asked, given, output).await,
        Command::Console(asked) => console::console(aws, &asked, given, output).await,
        Command::Up { port } => up::up(port, output).await,
        Command::Demo => demo::demo(output).await,
        Command::Manifest(asked) => manifest::manifest(&asked, given, output).await,
        Command::Policy(asked) => policy::policy(&asked, output).await,
        Command::Completions { shell } => completions::completions(command_line(), shell, output),
        Command::Man { folder } => man::man(command_line(), &folder, output),
    }
}

/// Prints a report; one that failed or refused is a service error.
fn conclude(output: Format, report: &Report) -> Result<(), Failure> {
    output::print(output, report)?;
    if output == Format::Text && !report.counts.is_empty() {
        output::print(output, &counts::Table(&report.counts))?;
    }
    if is_bad(report) { Err(Failure::shown_service()) } else { Ok(()) }
}

fn is_bad(report: &Report) -> bool {
    matches!(report.outcome, Outcome::Failed | Outcome::Refused)
}
