//! `signalbox policy`: whether IAM policies are safe and mean what they say, without an account.

mod annotations;
mod sarif;

use std::fmt;
use std::path::{Path, PathBuf};

use ::policy::{Kind, Source, Verdict};
use clap::{Args, Subcommand, ValueEnum};
use serde::{Serialize, Serializer};

use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::output::{self, Format};

const CHECK_HELP: &str = "\
Examples:
  signalbox policy check role.json
  signalbox policy check policies/*.json --deny central-deny.json
  signalbox policy check --type scp guardrail.json --output sarif > policies.sarif

Exit codes: 0 nothing is found; 2 something is found; 252 the command line is wrong, or a file cannot be read.";

/// What output for programs says of a second opinion: what was not run has not passed.
const SECOND_OPINION: &str = "not run (needs an account)";

/// What to do about policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say what is wrong with policies, and where
    ///
    /// Judges each policy by its text: rights that amount to an administrator's or lead to them, principals, names that AWS does not
    /// have, things and conditions that do not fit, form and size. Actions are compared with AWS's list as of the day that the verdict
    /// names. Nothing is asked of AWS, so that there is no second opinion of IAM Access Analyzer: check-policy can ask for one.
    #[command(after_help = CHECK_HELP)]
    Check(Checked),
}

/// Which policies are to be checked, and as what.
#[derive(Debug, Args)]
pub(crate) struct Checked {
    /// The policies' files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the policies are: identity, resource, trust, scp or rcp; by default what each looks like
    #[arg(long = "type", value_enum, value_name = "TYPE", hide_possible_values = true)]
    of: Option<Type>,
    /// Statements that will be appended to each policy: they count for size and rights, and may only deny
    #[arg(long, value_name = "FILE")]
    deny: Option<PathBuf>,
}

/// The types of policies.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Type {
    Identity,
    Resource,
    Trust,
    Scp,
    Rcp,
}

impl From<Type> for Kind {
    fn from(it: Type) -> Self {
        match it {
            Type::Identity => Self::Identity,
            Type::Resource => Self::Resource,
            Type::Trust => Self::Trust,
            Type::Scp => Self::Scp,
            Type::Rcp => Self::Rcp,
        }
    }
}

/// Runs the command.
pub(super) async fn policy(PolicyCommand::Check(asked): &PolicyCommand, output: Format) -> Result<(), Failure> {
    let all = asked.files.iter().chain(&asked.deny);
    if all.filter(|it| it.as_path() == Path::new("-")).count() > 1 {
        return Err(Failure::usage("standard input is named twice, and can be read once; name a file"));
    }
    let denies = match &asked.deny {
        Some(file) => Some((name_of(file), read_text(file).await?)),
        None => None,
    };
    let denies = denies.as_ref().map(|(name, text)| Source { name, text });
    let mut verdicts = Vec::new();
    for file in &asked.files {
        let (name, text) = (name_of(file), read_text(file).await?);
        verdicts.push(::policy::check(&Source { name: &name, text: &text }, denies.as_ref(), asked.of.map(Kind::from)));
    }
    match output {
        Format::Sarif => output::print_json(&sarif::of(&verdicts))?,
        Format::Github => output::print_text(&annotations::of(&verdicts))?,
        Format::Text | Format::Json => output::print(output, &View(&verdicts))?,
    }
    if verdicts.iter().all(|it| it.findings.is_empty()) { Ok(()) } else { Err(Failure::differences()) }
}

struct View<'a>(&'a [Verdict]);

/// A verdict as programs read it.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    verdict: &'a Verdict,
    second_opinion: &'static str,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|verdict| Shown { verdict, second_opinion: SECOND_OPINION }))
    }
}

impl fmt::Display for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines =
            self.0.iter().flat_map(|it| it.findings.iter().map(|it| plain(&it.to_string())).chain([conclusion(it)]));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

/// The last line about a policy.
fn conclusion(Verdict { file, kind, actions, findings }: &Verdict) -> String {
    let found = match findings.len() {
        0 => "nothing found".into(),
        1 => "1 finding".into(),
        many => format!("{many} findings"),
    };
    format!("{}: {found} (type {kind}, AWS's actions of {})", plain(file), actions.date)
}

/// The text in one line, without what a terminal would obey: a policy may have any character in its texts.
fn plain(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}
