//! What the commands about failure queues print. All that a message says is any writer's, and is shown as plain text.

use std::fmt;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format as TimeFormat;
use place::plain;
use serde::Serialize;

use super::letter::Letter;
use super::queue::Queue;
use crate::output;

/// A queue, and what waits in it.
#[derive(Serialize)]
pub(super) struct Listed {
    #[serde(flatten)]
    pub(super) queue: Queue,
    /// How many messages wait, approximately.
    pub(super) waiting: u64,
    pub(super) letters: Vec<Letter>,
    /// Why the queue could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unread: Option<String>,
}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Lists(pub(super) Vec<Listed>);

impl fmt::Display for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("there is no failure queue of Signalbox in this account and Region");
        }
        for (number, Listed { queue, waiting, letters, unread }) in self.0.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "{}: ", queue.name)?;
            if let Some(why) = unread {
                write!(f, "could not be read: {}", plain(why))?;
                continue;
            }
            write!(f, "{waiting} waiting")?;
            if !letters.is_empty() {
                write!(f, "\n{}", table(letters))?;
            }
            if *waiting > letters.len() as u64 {
                write!(f, "\nthese are {} of about {waiting}; --most reads more", letters.len())?;
            }
        }
        Ok(())
    }
}

fn table(letters: &[Letter]) -> String {
    let mut table = output::table(["MESSAGE", "SINCE", "WHAT", "WHY"]);
    for letter in letters {
        let why = letter.unreadable.as_deref().or(letter.why.as_deref()).unwrap_or("-");
        table.add_row([plain(&letter.id), since(letter), plain(&letter.what()), plain(why)]);
    }
    table.trim_fmt()
}

fn since(letter: &Letter) -> String {
    let time = letter.sent_ms.map(|ms| DateTime::from_secs(ms / 1_000).fmt(TimeFormat::DateTime));
    time.and_then(Result::ok).unwrap_or_else(|| "-".into())
}

/// One message.
#[derive(Serialize)]
pub(super) struct Shown {
    pub(super) queue: Queue,
    pub(super) letter: Letter,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queue, letter } = self;
        writeln!(f, "message {} of {}, since {}", plain(&letter.id), queue.name, since(letter))?;
        writeln!(f, "why: {}", plain(letter.why.as_deref().unwrap_or("it does not say")))?;
        match (&letter.event, &letter.unreadable) {
            // JSON escapes control characters, and this what else a terminal obeys.
            (Some(event), _) => {
                let text = serde_json::to_string_pretty(event).unwrap_or_default();
                f.write_str(&text.lines().map(plain).collect::<Vec<_>>().join("\n"))
            }
            (None, why) => f.write_str(&plain(why.as_deref().unwrap_or("it is empty"))),
        }
    }
}

/// What is done with messages.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verb {
    Redrive,
    Drop,
}

/// What became of one message, or would.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) id: String,
    what: String,
    outcome: String,
    /// Why it stays in the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl Line {
    fn of(letter: &Letter, outcome: String, error: Option<String>) -> Self {
        Self { id: letter.id.clone(), what: letter.what(), outcome, error }
    }

    pub(super) fn planned<T>(letter: &Letter, admitted: Result<T, String>) -> Self {
        match admitted {
            Ok(_) => Self::of(letter, "planned".into(), None),
            Err(why) => Self::kept(letter, why),
        }
    }

    pub(super) fn done(letter: &Letter, outcome: String) -> Self {
        Self::of(letter, outcome, None)
    }

    pub(super) fn kept(letter: &Letter, why: String) -> Self {
        Self::of(letter, "kept".into(), Some(why))
    }
}

/// What became of messages of a queue, or would.
#[derive(Serialize)]
pub(super) struct Done {
    pub(super) queue: String,
    pub(super) function: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replay: Option<String>,
    pub(super) verb: Verb,
    pub(super) is_plan: bool,
    #[serde(skip)]
    pub(super) is_cut: bool,
    pub(super) letters: Vec<Line>,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queue, function, replay, verb, is_plan, is_cut, letters } = self;
        if letters.is_empty() {
            return write!(f, "{queue}: nothing to do");
        }
        for Line { id, what, outcome, error } in letters {
            let id = plain(id);
            match (error, verb, function) {
                (Some(error), ..) => writeln!(f, "! {id}  {}: {}", plain(what), plain(error))?,
                (None, Verb::Redrive, Some(function)) if *is_plan => {
                    writeln!(f, "~ {id}  {} -> {function}", plain(what))?;
                }
                (None, ..) if *is_plan => writeln!(f, "- {id}  {}", plain(what))?,
                (None, ..) => writeln!(f, "{id}  {}: {}", plain(what), plain(outcome))?,
            }
        }
        if *is_cut {
            writeln!(f, "no more than {} messages were read; there may be more", letters.len())?;
        }
        let (kept, done) = (
            letters.iter().filter(|it| it.error.is_some()).count(),
            letters.iter().filter(|it| it.error.is_none()).count(),
        );
        match (is_plan, verb) {
            (true, Verb::Redrive) => {
                let naming = replay.as_ref().map(|it| format!("--name {it} ")).unwrap_or_default();
                write!(f, "{done} would be handed over, {kept} not; to carry it out: the same with {naming}--apply")
            }
            (true, Verb::Drop) => write!(f, "{done} would be deleted; to carry it out: the same with --apply"),
            (false, _) => write!(f, "{done} done, {kept} kept in {queue}"),
        }
    }
}
