//! The commands, a file each.

mod apply;
mod completions;
mod counts;
mod demo;
mod dns;
mod fleet;
mod history;
mod list;
mod man;
mod manifest;
mod plan;
mod policy;
mod run;
mod send;
mod sweep;
mod up;

use reaction::{Outcome, Report};

pub(crate) use fleet::FleetCommand;
pub(crate) use policy::PolicyCommand;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::output::{self, Format};

/// Runs the command that was asked for.
pub(crate) async fn run(Arguments { aws, output, command, given }: Arguments) -> Result<(), Failure> {
    if (aws.is_given() || given.has("AWS_CA_BUNDLE")) && !command.speaks_to_aws() {
        let message = "--profile, --region, --endpoint-url and --ca-bundle are for plan, apply, run, send, history, dns and fleet: this command uses no AWS but its own";
        return Err(Failure::usage(message));
    }
    if output.is_of_findings() && !matches!(command, Command::Policy(_)) {
        return Err(Failure::usage("--output sarif and --output github write findings, and are for `policy check`"));
    }
    match command {
        Command::List => list::list(output),
        Command::Plan(asked) => plan::plan(&aws, asked, &given, output).await,
        Command::Apply { plan, settings } => {
            apply::apply(&aws, &plan, &|name| given.read(name, settings.variable(name)), &given, output).await
        }
        Command::Run(asked) => run::run(&aws, &asked, &given, output).await,
        Command::Send { event } => send::send(&aws, &event, output).await,
        Command::History(audited) => history::history(&aws, &audited, &given, output).await,
        Command::Dns(asked) => dns::dns(&aws, &asked, &given, output).await,
        Command::Fleet(asked) => fleet::fleet(&aws, asked, &given, output).await,
        Command::Up { port } => up::up(port, output).await,
        Command::Demo => demo::demo(output).await,
        Command::Manifest(asked) => manifest::manifest(&asked, &given, output).await,
        Command::Policy(asked) => policy::policy(&asked, output).await,
        Command::Completions { shell } => completions::completions(shell, output),
        Command::Man { folder } => man::man(&folder, output),
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
