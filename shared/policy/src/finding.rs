//! What a check finds, first at a byte of the text, then at its place.

use std::fmt;

use jsonc_parser::ast::Value;
use reaction::Severity;
use serde::Serialize;

use crate::place::{Lines, pointer};

/// The characters of what is said about one place, at most.
const LONGEST: usize = 1_000;

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file, as it was named.
    pub file: String,
    /// Where in it, as a JSON pointer; empty is the whole document.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that was broken, by a name that stays the same from version to version.
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, path, line, column, severity, rule, message, remedy } = self;
        write!(f, "{file}:{line}:{column}: {severity}: {message}; {remedy} ({rule})")?;
        if path.is_empty() { Ok(()) } else { write!(f, " at {path}") }
    }
}

impl From<Finding> for reaction::Finding {
    fn from(it: Finding) -> Self {
        Self {
            path: format!("{}:{}:{}:{}", it.file, it.line, it.column, it.path),
            severity: it.severity,
            rule: it.rule.into(),
            message: it.message,
            remedy: it.remedy,
        }
    }
}

/// A finding at a byte of one of the texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Which text: 0 is the policy, 1 the denies that are appended.
    pub(crate) source: usize,
    pub(crate) at: usize,
    pub(crate) severity: Severity,
    pub(crate) rule: &'static str,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

impl Found {
    pub(crate) fn error(at: At, rule: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(at, Severity::Error, rule, message.into(), remedy.into())
    }

    pub(crate) fn warning(at: At, rule: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(at, Severity::Warning, rule, message.into(), remedy.into())
    }

    fn new(At { source, at }: At, severity: Severity, rule: &'static str, message: String, remedy: String) -> Self {
        let (message, remedy) = (short(message), short(remedy));
        Self { source, at, severity, rule, message, remedy }
    }

    /// The finding with its place in the text.
    pub(crate) fn placed(self, file: &str, lines: &Lines<'_>, root: Option<&Value<'_>>) -> Finding {
        let (line, column) = lines.line_and_column(self.at);
        Finding {
            file: file.into(),
            path: root.map(|root| pointer(root, self.at)).unwrap_or_default(),
            line,
            column,
            severity: self.severity,
            rule: self.rule,
            message: self.message,
            remedy: self.remedy,
        }
    }
}

/// The text, as far as it is not too long: it may quote a name that is as long as the policy.
fn short(text: String) -> String {
    if text.len() <= LONGEST { text } else { place::shortened(&text, LONGEST) }
}

/// A byte of one of the texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) source: usize,
    pub(crate) at: usize,
}
