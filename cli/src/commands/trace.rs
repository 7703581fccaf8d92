//! `signalbox trace`: all that an event led to, by the one id that stands wherever something is told of it; or a recorded trace.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Serialize, Serializer};
use trace::{Document, Tree, documents};

use crate::connection::{AwsOptions, connect};
use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::output::{self, Format};

/// What to look for, and where.
#[derive(Debug, Args)]
pub(crate) struct TraceArguments {
    #[arg(required_unless_present = "file", conflicts_with = "file", value_parser = trail::id)]
    #[arg(help = "The id that a log line, a report or the audit has as correlation_id; or that of a trace")]
    pub(crate) id: Option<String>,
    /// Draw a recorded trace: what a daemon was sent, or what `aws xray batch-get-traces` printed; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How many hours to look back in the logs
    #[arg(long, default_value_t = 24, conflicts_with = "file", value_name = "HOURS")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=8_760))]
    pub(crate) hours: u32,
}

/// Shows what an id led to, or a recorded trace.
pub(super) async fn trace(aws: &AwsOptions, asked: &TraceArguments, output: Format) -> Result<(), Failure> {
    match (&asked.file, &asked.id) {
        (Some(file), _) => draw(file, output).await,
        (None, Some(id)) => follow(aws, id, asked.hours, output).await,
        (None, None) => Err(Failure::usage("give an id, or a recorded trace with --file")),
    }
}

async fn draw(file: &Path, output: Format) -> Result<(), Failure> {
    let recorded = documents(&read_text(file).await?);
    let recorded = recorded.map_err(|why| Failure::usage(format!("{} cannot be drawn: {why}", name_of(file))))?;
    if recorded.is_empty() {
        return Err(Failure::usage(format!("{} has no part of a trace in it", name_of(file))));
    }
    output::print(output, &Drawn(recorded))
}

async fn follow(aws: &AwsOptions, id: &str, hours: u32, output: Format) -> Result<(), Failure> {
    let sessions = connect(aws).await?;
    let found = trail::find(&sessions, id, hours).await.map_err(Failure::service)?;
    let is_empty = found.is_empty();
    output::print(output, &found)?;
    if is_empty { Err(Failure::shown_service()) } else { Ok(()) }
}

/// A recorded trace.
struct Drawn(Vec<Document>);

impl Serialize for Drawn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Tree::of(self.0.clone()).to_string().trim_end())
    }
}
