//! The commands, a file each.

mod demo;
mod history;
mod list;
mod manifest;
mod plan;
mod run;
mod send;
mod up;

use reaction::{Outcome, Report};

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::output::{self, Format};

/// Runs the command that was asked for.
pub(crate) async fn run(Arguments { aws, output, command }: Arguments) -> Result<(), Failure> {
    if aws.is_given() && !uses_aws(&command) {
        let message = "--profile, --region and --endpoint-url are for plan, run, send and history: this command uses no AWS but its own";
        return Err(Failure::usage(message));
    }
    match command {
        Command::List => list::list(output),
        Command::Plan(occurrence) => plan::plan(&aws, &occurrence, output).await,
        Command::Run(occurrence) => run::run(&aws, &occurrence, output).await,
        Command::Send { event } => send::send(&aws, &event, output).await,
        Command::History(audited) => history::history(&aws, &audited, output).await,
        Command::Up { port } => up::up(port, output).await,
        Command::Demo => demo::demo(output).await,
        Command::Manifest(asked) => manifest::manifest(&asked, output).await,
    }
}

fn uses_aws(command: &Command) -> bool {
    matches!(command, Command::Plan(_) | Command::Run(_) | Command::Send { .. } | Command::History(_))
}

/// Prints a report; one that failed or refused is a service error.
fn conclude(output: Format, report: &Report) -> Result<(), Failure> {
    output::print(output, report)?;
    if is_bad(report) { Err(Failure::shown_service()) } else { Ok(()) }
}

fn is_bad(report: &Report) -> bool {
    matches!(report.outcome, Outcome::Failed | Outcome::Refused)
}
