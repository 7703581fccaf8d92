//! `signalbox completions`: what a shell reads to complete commands and options.

use clap_complete::Shell;

use crate::failure::Failure;
use crate::output::{self, Format};

/// Prints the script of a shell for this command line.
pub(super) fn completions(mut command: clap::Command, shell: Shell, output: Format) -> Result<(), Failure> {
    if output == Format::Json {
        return Err(Failure::usage("--output json would have no effect: a script of a shell is text; leave it out"));
    }
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    clap_complete::generate(shell, &mut command, name, &mut script);
    let script = String::from_utf8(script).map_err(Failure::service)?;
    output::print_text(script.trim_end())
}
