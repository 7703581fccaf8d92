//! What happened, as one serialisable value.

use std::collections::BTreeMap;
use std::fmt;

use place::{AccountId, plain};
use serde::{Deserialize, Serialize};

use crate::{Error, Finding, Key, Run};

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Not our business; nothing was touched.
    Ignored,
    /// Done before; nothing was touched.
    Repeated,
    /// A dry run: the steps are what would be done.
    Planned,
    /// Everything is as it should be.
    Unchanged,
    /// Every step was carried out.
    Applied,
    /// Not done, and not to be tried again before the operator changed something.
    Refused,
    /// Not done, or not wholly; to be tried again.
    Failed,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ignored => "ignored",
            Self::Repeated => "repeated",
            Self::Planned => "planned",
            Self::Unchanged => "unchanged",
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Failed => "failed",
        })
    }
}

/// Why work was left to another run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// The invocation was about to end before every step was begun.
    OutOfTime,
    /// Another run is at work on the same occurrence.
    Busy,
    /// It takes longer than one run, such as a wait for AWS: the next run goes on.
    Unfinished,
}

/// What a caller that waits is told of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is done.
    Done,
    /// It is not done yet: ask again later.
    Later,
    /// It is not done, for the report's reason.
    NotDone,
}

/// How many, by section and by what: `{"ami": {"added": 3}}`.
pub type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step, as its `Display` shows it.
    pub step: String,
    /// Why it was not carried out, if so.
    pub error: Option<String>,
}

/// Something that a principal would lose by a planned step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The ARN of the thing.
    pub arn: String,
    /// The account that owns it.
    pub owner: AccountId,
    /// The principal that loses it, as the step shows it.
    pub principal: String,
}

/// What happened to one event: the function's answer, its log line and what the ledger keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The function's name.
    pub function: String,
    /// The occurrence; `None` where the event could not be read or was not ours.
    pub key: Option<Key>,
    /// What became of the event.
    pub outcome: Outcome,
    /// Why it was so; always there for `ignored`, `repeated`, `refused` and `failed`.
    pub reason: Option<String>,
    /// What the reader should know beside the steps.
    pub notes: Vec<String>,
    /// What was done, or would be, in the plan's order.
    pub steps: Vec<StepReport>,
    /// How many, of a function that looks at many things at once.
    #[serde(skip_serializing_if = "Counts::is_empty", default)]
    pub counts: Counts,
    /// What a check found.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
    /// Why the rest was left to another run, where nothing else went wrong; the outcome is `failed` then.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub left: Option<Left>,
    /// Who would lose what by the steps of a dry run; for the command line, which asks AWS about it, and in no record.
    #[serde(skip)]
    pub losses: Vec<Loss>,
    /// What ties it to log lines, the audit, the trace and the names of sessions: the run's occurrence.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correlation_id: Option<String>,
}

impl Report {
    /// A report of `function` without steps.
    #[must_use]
    pub fn new(function: &str, outcome: Outcome, reason: Option<String>) -> Self {
        Self {
            function: function.into(),
            key: None,
            outcome,
            reason,
            notes: Vec::new(),
            steps: Vec::new(),
            counts: Counts::new(),
            findings: Vec::new(),
            left: None,
            losses: Vec::new(),
            correlation_id: None,
        }
    }

    /// The report of an error before any step.
    #[must_use]
    pub fn of_error(function: &str, error: &Error) -> Self {
        let outcome = if error.is_refused() { Outcome::Refused } else { Outcome::Failed };
        let left = error.is_unfinished().then_some(Left::Unfinished);
        Self { left, ..Self::new(function, outcome, Some(error.to_string())) }
    }

    /// What a caller that waits is told. What was only planned, and what is not the function's business, is not done.
    #[must_use]
    pub fn reply(&self) -> Reply {
        match (self.outcome, self.left) {
            (Outcome::Repeated | Outcome::Unchanged | Outcome::Applied, _) => Reply::Done,
            (_, Some(Left::OutOfTime | Left::Busy | Left::Unfinished)) => Reply::Later,
            _ => Reply::NotDone,
        }
    }

    /// The same report with these notes after its own, each once.
    #[must_use]
    pub fn with_notes(mut self, more: impl IntoIterator<Item = String>) -> Self {
        for note in more {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        self
    }

    /// The same report, of this run.
    #[must_use]
    pub fn of_run(self, run: &Run) -> Self {
        Self { correlation_id: Some(run.occurrence.clone()), ..self }
    }

    /// The same report, about this occurrence.
    #[must_use]
    pub fn about(self, key: Key) -> Self {
        Self { key: Some(key), ..self }
    }
}

/// A line for each thing that is said: what a name or an error of AWS has in it makes no line of its own.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.function, self.outcome)?;
        if let Some(reason) = &self.reason {
            write!(f, " ({})", plain(reason))?;
        }
        for StepReport { step, error } in &self.steps {
            write!(f, "\n  - {}", plain(step))?;
            if let Some(error) = error {
                write!(f, "\n    not done: {}", plain(error))?;
            }
        }
        self.findings.iter().try_for_each(|finding| write!(f, "\n  {}", plain(&finding.to_string())))?;
        for note in self.notes.iter().filter(|note| self.reason.as_ref() != Some(note)) {
            write!(f, "\n  note: {}", plain(note))?;
        }
        Ok(())
    }
}
