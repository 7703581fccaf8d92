//! `signalbox trace`: all that an event led to, by the one id that stands wherever something is told of it; or a recorded trace.

mod found;
mod logs;
mod xray;

use std::path::{Path, PathBuf};

use clap::Args;
use reaction::{Doing, Error};
use trace::{Tree, documents};

use crate::connection::{AwsOptions, connect};
use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::output::{self, Format};
use found::{Drawn, Found};

/// What to look for, and where.
#[derive(Debug, Args)]
pub(crate) struct TraceArguments {
    #[arg(required_unless_present = "file", conflicts_with = "file", value_parser = id)]
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

/// An id in the letters that ids have: it becomes a part of a query.
fn id(text: &str) -> Result<String, String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || "-_.:/+=@".contains(it);
    match text {
        "" => Err("an id is not empty".into()),
        _ if text.len() > 200 => Err("an id has at most 200 characters".into()),
        _ if text.chars().all(is_part) => Ok(text.into()),
        _ => Err("an id has letters, digits and -_.:/+=@, such as 7bf73129-1428-4cd3-a780-95db273d1602".into()),
    }
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
    let found = find(&sessions, id, hours).await.map_err(Failure::service)?;
    let is_empty = found.is_empty();
    output::print(output, &found)?;
    if is_empty { Err(Failure::shown_service()) } else { Ok(()) }
}

async fn find(sessions: &aws::Sessions, id: &str, hours: u32) -> Result<Found, Error> {
    let (config, now) = (sessions.config(), sessions.now());
    let lines = logs::lines(&aws_sdk_cloudwatchlogs::Client::new(config), id, (now, hours)).await;
    let mut found = Found::of(id, lines.doing(|| "asking CloudWatch Logs")?);
    let xray = aws_sdk_xray::Client::new(config);
    let mut wanted = found.traces_named();
    // What led to a trace is a trace of its own, which the first one only links to.
    for _ in 0..2 {
        let documents = xray::documents(&xray, &wanted).await.doing(|| "asking X-Ray")?;
        found.documents.extend(documents);
        wanted = Tree::of(found.documents.clone()).linked();
    }
    Ok(found)
}
