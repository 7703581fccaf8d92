//! The command line.

#[cfg(test)]
mod tests;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::commands::Command;
use crate::connection::AwsOptions;
use crate::given::Given;
use crate::output::Format;

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
    #[arg(long, global = true, value_parser = format(), value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
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

/// Reads a format's word.
fn format() -> impl TypedValueParser<Value = Format> {
    let words = PossibleValuesParser::new(Format::ALL.map(|(word, _)| word));
    words.map(|asked| Format::ALL.into_iter().find(|(word, _)| *word == asked).map_or(Format::Text, |(_, it)| it))
}
