//! What is to be done, as a value.

use std::fmt;

use place::plain;

use crate::{Counts, Finding};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan<S> {
    /// The subject is not this function's business, for this reason. Nothing is remembered, so a later delivery looks again.
    Ignore(String),
    /// The steps that make the subject as it should be; none where it already is.
    Change {
        /// The effects, independent of each other within a phase.
        steps: Vec<S>,
        /// What the reader of the report should know beside the steps.
        notes: Vec<String>,
        /// What could not be read. The steps are applied, and then the outcome is `failed`.
        incomplete: Vec<String>,
        /// How many, by section and by what: of functions that look at many things at once.
        counts: Counts,
        /// What a check of the subject found. An error among them refuses every step.
        findings: Vec<Finding>,
    },
}

impl<S> Plan<S> {
    /// A plan of these steps.
    #[must_use]
    pub fn of(steps: Vec<S>) -> Self {
        Self::Change { steps, notes: Vec::new(), incomplete: Vec::new(), counts: Counts::new(), findings: Vec::new() }
    }

    /// The same plan, of other steps.
    #[must_use]
    pub fn map<T>(self, of: impl FnMut(S) -> T) -> Plan<T> {
        match self {
            Self::Ignore(why) => Plan::Ignore(why),
            Self::Change { steps, notes, incomplete, counts, findings } => {
                let steps = steps.into_iter().map(of).collect();
                Plan::Change { steps, notes, incomplete, counts, findings }
            }
        }
    }

    /// A plan without steps, with the reason why there is nothing to do.
    #[must_use]
    pub fn nothing(why: impl Into<String>) -> Self {
        Self::of(Vec::new()).with_notes([why.into()])
    }

    /// The same plan with these notes after its own. What is ignored carries none.
    #[must_use]
    pub fn with_notes(mut self, more: impl IntoIterator<Item = String>) -> Self {
        if let Self::Change { notes, .. } = &mut self {
            notes.extend(more);
        }
        self
    }

    /// The same plan, for which this too could not be read.
    #[must_use]
    pub fn with_incomplete(mut self, more: impl IntoIterator<Item = String>) -> Self {
        if let Self::Change { incomplete, .. } = &mut self {
            incomplete.extend(more);
        }
        self
    }

    /// The same plan with these counts in place of its own.
    #[must_use]
    pub fn with_counts(mut self, counted: Counts) -> Self {
        if let Self::Change { counts, .. } = &mut self {
            *counts = counted;
        }
        self
    }

    /// The same plan with these findings after its own.
    #[must_use]
    pub fn with_findings(mut self, more: impl IntoIterator<Item = Finding>) -> Self {
        if let Self::Change { findings, .. } = &mut self {
            findings.extend(more);
        }
        self
    }
}

/// A line for each step, finding, note and thing that could not be read.
impl<S: fmt::Display> fmt::Display for Plan<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (steps, notes, incomplete, findings) = match self {
            Self::Ignore(why) => return writeln!(f, "ignored: {}", plain(why)),
            Self::Change { steps, notes, incomplete, findings, .. } => (steps, notes, incomplete, findings),
        };
        steps.iter().try_for_each(|step| writeln!(f, "{}", plain(&step.to_string())))?;
        findings.iter().try_for_each(|finding| writeln!(f, "{}", plain(&finding.to_string())))?;
        notes.iter().try_for_each(|note| writeln!(f, "note: {}", plain(note)))?;
        incomplete.iter().try_for_each(|what| writeln!(f, "incomplete: {}", plain(what)))
    }
}
