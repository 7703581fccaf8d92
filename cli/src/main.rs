//! `signalbox`: the suite on the command line.
//!
//! What a function would do to an event (`plan`), doing it from here (`run`), delivering it as EventBridge would
//! (`send`), and an AWS of one's own on loopback with everything deployed (`up`, `demo`). Data goes to standard
//! output, everything else to standard error; the exit codes are those of the AWS CLI.

mod arguments;
mod bound;
mod cluster;
mod commands;
mod connection;
mod event;
mod functions;
mod given;
mod organization;
#[cfg(test)]
mod reference;
mod settings;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use demo::{account, delivery, local, sample};
use terminal::{failure, interruption, output, progress};

use crate::arguments::Arguments;
use crate::failure::{Failure, USAGE};
use crate::given::Given;

fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where nobody reads standard output or error, there is nobody to be told.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run_until_interrupted(arguments)),
        Err(error) => Failure::configuration(error).tell(),
    }
}

/// Reads the command line, and notes which options stand on it.
fn parse() -> Result<Arguments, clap::Error> {
    let mut command = Arguments::command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let arguments = Arguments::from_arg_matches(&matches)?;
    Ok(Arguments { given: Given::of(&command, &matches), ..arguments })
}

async fn run_until_interrupted(arguments: Arguments) -> ExitCode {
    let Arguments { aws, output, command, given } = arguments;
    let (farewell, ends_by_itself) = (command.farewell(), command.ends_by_itself());
    let run = commands::run(&aws, command, &given, output, Arguments::command);
    if ends_by_itself { interruption::exit_code(run.await) } else { interruption::end(run, farewell).await }
}
