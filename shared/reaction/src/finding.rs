//! What a check found in a document, a template or a policy.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// To be looked at; the steps are carried out all the same.
    Warning,
    /// The subject must not be used as it is: no step is carried out.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that a check found. The answer, the log line, the ledger's record and the command line show the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// Where: a file and what is in it, such as `role.yaml:Resources.Role`.
    pub path: String,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that was broken, by a name that stays the same from version to version.
    pub rule: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, severity, rule, message, remedy } = self;
        write!(f, "{severity}: {path}: {message}; {remedy} ({rule})")
    }
}

/// Why findings refuse the steps, if they do: how many errors there are, and the first of them.
pub(crate) fn refusal(findings: &[Finding]) -> Option<crate::Error> {
    let errors: Vec<_> = findings.iter().filter(|it| it.severity == Severity::Error).collect();
    let Finding { path, message, remedy, .. } = errors.first()?;
    let more = if errors.len() > 1 { format!(" (errors: {})", errors.len()) } else { String::new() };
    Some(crate::Error::refused(format!("{path}: {message}; {remedy}{more}")))
}
