//! What was found of an id, as it is shown.

use std::collections::BTreeSet;
use std::fmt;

use place::plain;
use serde::{Serialize, Serializer};
use serde_json::Value;
use trace::{Document, Header, Tree};

use super::logs::LINES;

/// What an id led to.
#[derive(Serialize)]
pub(super) struct Found {
    id: String,
    /// What the functions wrote, the oldest first.
    lines: Vec<Value>,
    /// What X-Ray has.
    pub(super) documents: Vec<Document>,
}

impl Found {
    /// The lines, without those that only count.
    pub(super) fn of(id: &str, mut lines: Vec<Value>) -> Self {
        lines.retain(|line| line.get("_aws").is_none() && line.get("service").is_some());
        Self { id: id.into(), lines, documents: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.documents.is_empty()
    }

    /// The traces that the lines name, and the one that the id itself may be of.
    pub(super) fn traces_named(&self) -> BTreeSet<String> {
        let named = self.lines.iter().filter_map(|line| line.get("xray_trace_id")?.as_str());
        let named = named.filter_map(Header::read).filter(|it| it.sampled != Some(false)).map(|it| it.root);
        named.chain(Header::read(&format!("Root={}", self.id)).map(|it| it.root)).collect()
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
        for line in &self.lines {
            write!(f, "\n{}", Line(line))?;
        }
        if self.lines.len() >= LINES {
            write!(f, "\nthese are the first {LINES} lines; there may be more")?;
        }
        let missing = self
            .traces_named()
            .into_iter()
            .filter(|it| self.documents.iter().all(|document| document.trace_id.as_ref() != Some(it)));
        for trace in missing {
            write!(f, "\nX-Ray does not keep the trace {}, or does not have it yet", plain(&trace))?;
        }
        if self.documents.is_empty() {
            return Ok(());
        }
        write!(f, "\n\n{}", Tree::of(self.documents.clone()).to_string().trim_end())
    }
}

/// A line of a log: a run with its steps, a change, or anything else that was said.
struct Line<'a>(&'a Value);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, service) = (text(self.0, "timestamp"), text(self.0, "service"));
        write!(f, "{} {}: ", plain(at), plain(service))?;
        if let Some(item) = inner(self.0, "audit") {
            return change(f, &item);
        }
        let report = inner(self.0, "report").or_else(|| inner(self.0, "rest"));
        let (outcome, message) = (text(self.0, "outcome"), text(self.0, "message"));
        match outcome {
            "" => f.write_str(&plain(message))?,
            outcome if outcome == message => f.write_str(outcome)?,
            outcome => write!(f, "{}: {}", plain(outcome), plain(message))?,
        }
        if let Some(key) = self.0.get("key").and_then(Value::as_str) {
            write!(f, "  {}", plain(key))?;
        }
        let steps = report.as_ref().and_then(|it| it.get("steps")?.as_array()).into_iter().flatten();
        for step in steps {
            write!(f, "\n  - {}", plain(text(step, "step")))?;
            if let Some(error) = step.get("error").and_then(Value::as_str) {
                write!(f, "\n    not done: {}", plain(error))?;
            }
        }
        Ok(())
    }
}

/// A change of who can use a resource, as the audit has it.
fn change(f: &mut fmt::Formatter<'_>, item: &Value) -> fmt::Result {
    let seq = item.get("seq").and_then(Value::as_u64).unwrap_or_default();
    let (resource, account) = (text(item, "resource"), text(item, "account"));
    write!(f, "change {seq} of {} in {}, {}:", plain(resource), plain(account), plain(text(item, "kind")))?;
    for (field, sign) in [("add", '+'), ("remove", '-')] {
        for who in item.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            write!(f, " {sign}{}", plain(who))?;
        }
    }
    match text(item, "note") {
        "" => Ok(()),
        note => write!(f, " ({})", plain(note)),
    }
}

/// A recorded trace.
pub(super) struct Drawn(pub(super) Vec<Document>);

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
