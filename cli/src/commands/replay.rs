//! `signalbox replay`: events of the past once more, as occurrences of their own: from an archive, a file or a failure queue.

mod archive;
mod events;

use std::path::PathBuf;
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format as TimeFormat;
use clap::Args;

use super::deadletters::{Bound, Chosen, Queues, redrive};
use crate::connection::{AwsOptions, connect};
use crate::failure::Failure;
use crate::output::Format;
use archive::Window;

/// What is replayed, and by which name.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["archive", "file", "dlq"]))]
pub(crate) struct ReplayArguments {
    /// An archive of EventBridge, whose events go to the bus that they came from
    #[arg(long, value_name = "NAME", requires = "from", requires = "to")]
    archive: Option<String>,
    /// Of an archive: the time of the first event, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, requires = "archive")]
    from: Option<SystemTime>,
    /// Of an archive: the time until which events are replayed
    #[arg(long, value_name = "TIME", value_parser = time, requires = "archive")]
    to: Option<SystemTime>,
    /// Events in a file, one or a line each or a JSON array, which go to the functions themselves; - is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A failure queue, whose messages go to its function
    #[arg(long, value_name = "QUEUE")]
    dlq: Option<String>,
    /// The replay's name, which becomes a part of each occurrence: with the same name, what was done is not done again
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    /// Only to this function
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// Do it; without this, shows what would be replayed
    #[arg(long, requires = "name")]
    apply: bool,
    /// Of a failure queue: how many messages are read, at most; 100 by default
    #[arg(long, value_name = "NUMBER", requires = "dlq")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    most: Option<u32>,
}

impl ReplayArguments {
    /// Whether it waits for what runs when it is interrupted.
    pub(super) fn waits(&self) -> bool {
        self.apply && self.archive.is_none()
    }

    /// What to say when it is interrupted.
    pub(super) fn farewell(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        (self.apply && self.archive.is_some()).then(|| {
            format!(
                "a replay that was started goes on by itself; the same command watches it, and \
                 `aws events cancel-replay --replay-name {name}` ends it"
            )
        })
    }
}

/// A time as events have it.
fn time(text: &str) -> Result<SystemTime, String> {
    let time = DateTime::from_str(text, TimeFormat::DateTime).ok().and_then(|it| SystemTime::try_from(it).ok());
    time.ok_or_else(|| "a time is written like 2026-11-01T00:00:00Z".into())
}

/// A name as EventBridge takes it.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html>
fn name(text: &str) -> Result<String, String> {
    let is_part = |it: char| it.is_ascii_alphanumeric() || "._-".contains(it);
    match text {
        _ if (1..=64).contains(&text.len()) && text.chars().all(is_part) => Ok(text.into()),
        _ => Err("a replay's name has 1 to 64 letters, digits and ._-, such as after-the-manifest-was-mended".into()),
    }
}

/// Plans or carries out a replay.
pub(super) async fn replay(aws: &AwsOptions, asked: &ReplayArguments, output: Format) -> Result<(), Failure> {
    let ReplayArguments { archive, from, to, file, dlq, name, function, apply, most } = asked;
    let name = name.as_deref();
    match (archive, from, to, file, dlq) {
        (Some(archive), Some(from), Some(to), ..) => {
            let window = Window { from: *from, to: *to };
            window.check(terminal::now())?;
            let sessions = connect(aws).await?;
            let archive = archive::Archive::look(&sessions, archive, window, function.as_deref()).await?;
            if *apply { archive.replay(name.unwrap_or_default(), output).await } else { archive.plan(name, output) }
        }
        (.., Some(file), _) => {
            let events = events::read(file).await?;
            let sessions = connect(aws).await?;
            let replay = events::Replay::of(&sessions, events, name, function.as_deref()).await?;
            if *apply { replay.carry_out(output).await } else { replay.plan(output) }
        }
        (.., Some(queue)) => {
            let sessions = connect(aws).await?;
            let bound = Bound { most: most.unwrap_or(100) };
            let redrive =
                redrive(&sessions, Queues::new(&sessions), &Chosen::all(queue), function.as_deref(), bound).await?;
            let redrive = redrive.named(name);
            if *apply { redrive.carry_out(output).await } else { redrive.plan(output).await }
        }
        _ => Err(Failure::usage("give --archive with --from and --to, --file or --dlq")),
    }
}

#[cfg(test)]
mod tests {
    use super::{name, time};

    #[test]
    fn times_and_names_are_read_as_eventbridge_takes_them() {
        let of = |text: &str| time(text).map(|it| it.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs());
        assert_eq!(of("2026-11-01T00:00:00Z"), Ok(1_793_491_200));
        for text in ["yesterday", "2026-11-01", "2026-11-01T00:00:00", ""] {
            assert!(of(text).is_err(), "{text}");
        }
        assert_eq!(name("after-the-manifest_was.mended"), Ok("after-the-manifest_was.mended".into()));
        for text in ["", "a/b", "a b", &"x".repeat(65)] {
            assert!(name(text).is_err(), "{text}");
        }
    }
}
