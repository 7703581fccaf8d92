//! What was found of an id, and how it is told.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use place::plain;
use serde::Serialize;
use serde_json::Value;
use trace::{Document, Header, Tree};

use crate::logs::LINES;

/// What an id led to.
#[derive(Serialize)]
pub struct Found {
    id: String,
    /// What the functions wrote, the oldest first.
    lines: Vec<Value>,
    /// What X-Ray has.
    pub(crate) documents: Vec<Document>,
}

impl Found {
    /// The lines, without those that only count.
    pub(crate) fn of(id: &str, mut lines: Vec<Value>) -> Self {
        lines.retain(|line| line.get("_aws").is_none() && line.get("service").is_some());
        Self { id: id.into(), lines, documents: Vec::new() }
    }

    /// Whether nothing is known of the id.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.documents.is_empty()
    }

    /// The traces that the lines name, and the one that the id itself may be of.
    pub(crate) fn traces_named(&self) -> BTreeSet<String> {
        let named = self.lines.iter().filter_map(|line| line.get("xray_trace_id")?.as_str());
        let named = named.filter_map(Header::read).filter(|it| it.sampled != Some(false)).map(|it| it.root);
        named.chain(Header::read(&format!("Root={}", self.id)).map(|it| it.root)).collect()
    }

    /// What the functions wrote, the oldest first.
    pub fn said(&self) -> impl Iterator<Item = Said> {
        self.lines.iter().map(Said::of)
    }

    /// What is missing here: more lines than are read, and traces that X-Ray does not have.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let has = |trace: &String| self.documents.iter().any(|it| it.trace_id.as_ref() == Some(trace));
        let traces = self.traces_named().into_iter().filter(|it| !has(it));
        let traces = traces.map(|it| format!("X-Ray does not keep the trace {}, or does not have it yet", plain(&it)));
        let is_cut = self.lines.len() >= LINES;
        let lines = is_cut.then(|| format!("these are the first {LINES} lines; there may be more"));
        lines.into_iter().chain(traces).collect()
    }

    /// The traces.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::of(self.documents.clone())
    }
}

/// A text of a line; empty where there is none.
fn text<'a>(line: &'a Value, field: &str) -> &'a str {
    line.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// JSON that stands as a text in a line.
fn inner(line: &Value, field: &str) -> Option<Value> {
    serde_json::from_str(line.get(field)?.as_str()?).ok()
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(
                f,
                "nothing is known of {}: look back further with --hours, or choose the account and Region of the functions",
                self.id
            );
        }
        write!(f, "{}", self.id)?;
        self.said().try_for_each(|said| write!(f, "\n{said}"))?;
        self.missing().iter().try_for_each(|it| write!(f, "\n{it}"))?;
        if self.documents.is_empty() {
            return Ok(());
        }
        write!(f, "\n\n{}", self.tree().to_string().trim_end())
    }
}

/// A line of a log: a run with its steps, a change, or anything else that was said. Nothing in it hides or turns the text beside it.
pub struct Said {
    /// When, as RFC 3339.
    pub at: String,
    /// The function.
    pub function: String,
    /// What it said.
    pub what: String,
    /// The steps, and of each why it was not done, if so.
    pub steps: Vec<(String, Option<String>)>,
}

impl Said {
    fn of(line: &Value) -> Self {
        let (at, function) = (plain(text(line, "timestamp")), plain(text(line, "service")));
        if let Some(item) = inner(line, "audit") {
            return Self { at, function, what: change(&item), steps: Vec::new() };
        }
        let report = inner(line, "report").or_else(|| inner(line, "rest"));
        let (outcome, message) = (text(line, "outcome"), text(line, "message"));
        let mut what = match outcome {
            "" => plain(message),
            outcome if outcome == message => plain(outcome),
            outcome => format!("{}: {}", plain(outcome), plain(message)),
        };
        if let Some(key) = line.get("key").and_then(Value::as_str) {
            what = format!("{what}  {}", plain(key));
        }
        let steps = report.as_ref().and_then(|it| it.get("steps")?.as_array()).into_iter().flatten();
        let step = |it: &Value| (plain(text(it, "step")), it.get("error").and_then(Value::as_str).map(plain));
        Self { at, function, what, steps: steps.map(step).collect() }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, function, what, steps } = self;
        write!(f, "{at} {function}: {what}")?;
        for (step, error) in steps {
            write!(f, "\n  - {step}")?;
            if let Some(error) = error {
                write!(f, "\n    not done: {error}")?;
            }
        }
        Ok(())
    }
}

/// A change of who can use a resource, as the audit has it.
fn change(item: &Value) -> String {
    let seq = item.get("seq").and_then(Value::as_u64).unwrap_or_default();
    let (resource, account) = (text(item, "resource"), text(item, "account"));
    let mut told = format!("change {seq} of {} in {}, {}:", plain(resource), plain(account), plain(text(item, "kind")));
    for (field, sign) in [("add", '+'), ("remove", '-')] {
        for who in item.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            let _ = write!(told, " {sign}{}", plain(who));
        }
    }
    match text(item, "note") {
        "" => told,
        note => format!("{told} ({})", plain(note)),
    }
}
