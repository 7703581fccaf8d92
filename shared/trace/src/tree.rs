//! A trace as text: what was done, by what, and for how long.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use place::plain;
use serde_json::Value;

use crate::{Aws, Document};

/// Documents, of one trace or several, in their order: each below what asked for it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// By trace, what stands at the top, and what each document has below it.
    traces: BTreeMap<String, Vec<usize>>,
    below: BTreeMap<String, Vec<usize>>,
    documents: Vec<Document>,
}

impl Tree {
    /// Puts documents in order. A document whose parent is not among them stands at the top of its trace.
    #[must_use]
    pub fn of(documents: Vec<Document>) -> Self {
        let mut flat = Vec::new();
        for document in documents {
            flatten(document, None, None, &mut flat);
        }
        flat.sort_by(|one, other| one.start_time.total_cmp(&other.start_time));
        // X-Ray gives a document that was sent twice, or in two parts, once each.
        let mut seen = BTreeSet::new();
        flat.retain(|it| seen.insert((it.trace_id.clone(), it.id.clone())));
        let mut tree = Self { traces: BTreeMap::new(), below: BTreeMap::new(), documents: flat };
        for (index, it) in tree.documents.iter().enumerate() {
            let of = it.trace_id.clone().unwrap_or_default();
            let parent = it
                .parent_id
                .as_ref()
                .filter(|parent| *parent != &it.id && seen.contains(&(it.trace_id.clone(), (*parent).clone())));
            match parent {
                Some(parent) => tree.below.entry(format!("{of} {parent}")).or_default().push(index),
                None => tree.traces.entry(of).or_default().push(index),
            }
        }
        tree
    }

    /// The other traces that led to these.
    #[must_use]
    pub fn linked(&self) -> BTreeSet<String> {
        let linked = self.documents.iter().flat_map(|it| &it.links).map(|it| it.trace_id.clone());
        linked.filter(|it| !self.traces.contains_key(it)).collect()
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The id of each trace, and what stands at its top.
    #[must_use]
    pub fn traces(&self) -> Vec<(String, Vec<Branch>)> {
        let trace = |(id, tops): (&String, &Vec<usize>)| (plain(id), self.branches(tops));
        self.traces.iter().map(trace).collect()
    }

    fn branches(&self, indices: &[usize]) -> Vec<Branch> {
        indices.iter().map(|index| self.branch(&self.documents[*index])).collect()
    }

    fn branch(&self, document: &Document) -> Branch {
        let key = format!("{} {}", document.trace_id.as_deref().unwrap_or_default(), document.id);
        let below = self.below.get(&key).map_or(&[][..], Vec::as_slice);
        let is_bad = document.error || document.fault || document.throttle;
        Branch { text: Line(document).to_string(), is_bad, below: self.branches(below) }
    }
}

/// What was done, and what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// In a line: what, for how long, where, and how it ended. Its parts are two blanks apart.
    pub text: String,
    /// Whether it failed or was throttled.
    pub is_bad: bool,
    /// What it asked for, in order.
    pub below: Vec<Branch>,
}

impl Branch {
    fn draw(&self, f: &mut fmt::Formatter<'_>, (first, rest): (&str, &str)) -> fmt::Result {
        writeln!(f, "{first}{}", self.text)?;
        for (number, branch) in self.below.iter().enumerate() {
            let (here, on) = if number + 1 == self.below.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            branch.draw(f, (&format!("{rest}{here}"), &format!("{rest}{on}")))?;
        }
        Ok(())
    }
}

/// Moves parts out of what they stand in, each with its trace and its parent.
fn flatten(mut document: Document, trace_id: Option<&str>, parent: Option<&str>, flat: &mut Vec<Document>) {
    document.trace_id = document.trace_id.or_else(|| trace_id.map(String::from));
    document.parent_id = document.parent_id.or_else(|| parent.map(String::from));
    let parts = std::mem::take(&mut document.subsegments);
    let (trace_id, id) = (document.trace_id.clone(), document.id.clone());
    flat.push(document);
    for part in parts {
        flatten(part, trace_id.as_deref(), Some(&id), flat);
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.traces().iter().try_for_each(|(trace_id, tops)| {
            writeln!(f, "trace {trace_id}")?;
            tops.iter().try_for_each(|it| it.draw(f, ("", "")))
        })
    }
}

/// One document.
struct Line<'a>(&'a Document);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Document { name, aws, annotations, metadata, links, .. } = self.0;
        f.write_str(&plain(name))?;
        let call = aws.as_ref().and_then(|it| it.operation.as_deref());
        if let Some(operation) = call {
            write!(f, " {}", plain(operation))?;
        }
        match self.0.end_time {
            Some(end) => write!(f, "  {:.0} ms", (end - self.0.start_time) * 1_000.0)?,
            None => f.write_str("  goes on")?,
        }
        for name in ["outcome", "key", "correlation_id"] {
            if let Some(Value::String(value)) = annotations.get(name) {
                write!(f, "  {}", plain(value))?;
            }
        }
        if let Some(aws) = aws.as_ref().filter(|_| call.is_some()) {
            told(f, aws)?;
        }
        self.ending(f)?;
        let counts = &metadata.get("signalbox").unwrap_or(&Value::Null);
        match counts.get("throttled").and_then(Value::as_u64) {
            None => {}
            Some(1) => f.write_str("  throttled once")?,
            Some(times) => write!(f, "  throttled {times} times")?,
        }
        for (count, what) in [("calls_left_out", "calls more"), ("steps_left_out", "steps more")] {
            if let Some(number) = counts.get(count).and_then(Value::as_u64) {
                write!(f, "  {number} {what}")?;
            }
        }
        links.iter().try_for_each(|link| write!(f, "  from trace {}", plain(&link.trace_id)))
    }
}

impl Line<'_> {
    fn ending(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Document { error, fault, throttle, cause, .. } = self.0;
        let ending = match (throttle, error, fault) {
            (true, ..) => "throttled",
            (_, true, _) => "error",
            (_, _, true) => "fault",
            _ => return Ok(()),
        };
        write!(f, "  ! {ending}")?;
        match cause.pointer("/exceptions/0/message").and_then(Value::as_str) {
            Some(why) => write!(f, ": {}", plain(why)),
            None => Ok(()),
        }
    }
}

/// Where a call went, and under which id AWS knows it.
fn told(f: &mut fmt::Formatter<'_>, aws: &Aws) -> fmt::Result {
    for place in [&aws.account_id, &aws.region].into_iter().flatten() {
        write!(f, "  {}", plain(place))?;
    }
    if let Some(retries) = aws.retries.filter(|it| *it > 0) {
        write!(f, "  {retries} {}", if retries == 1 { "retry" } else { "retries" })?;
    }
    aws.request_id.as_ref().map_or(Ok(()), |id| write!(f, "  request {}", plain(id)))
}
