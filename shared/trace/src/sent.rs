//! What is sent of a recording: segment documents that are small enough for X-Ray and for a datagram.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

use std::time::{SystemTime, UNIX_EPOCH};

use place::shortened;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::call::Recorded;
use crate::noted::{CALLS, Ending, Identity, STEPS, Span, State};
use crate::{Answered, Http, Response};

/// The bytes that a document may have: X-Ray and its daemon take 64 KB, of which the daemon's own line needs some.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html>
pub const LARGEST: usize = 64_000;

/// The bytes that most documents need at most.
const USUAL: usize = 8_000;

/// The characters of a reason that are kept; the log has it whole.
const REASON: usize = 250;

/// The characters that the value of an annotation may have.
const ANNOTATION: usize = 1_000;

/// A recording that has ended. It is written as it lies there: a function does this before each answer.
pub(crate) struct Sent<'a> {
    pub(crate) trace: &'a Identity,
    pub(crate) state: &'a State,
    pub(crate) annotations: &'a [(&'static str, String)],
    pub(crate) now: SystemTime,
}

impl Sent<'_> {
    /// The run in one piece, or its parts by themselves where it is too large.
    pub(crate) fn documents(&self) -> Vec<String> {
        let mut documents = Vec::with_capacity(1);
        Part { of: self, index: 0, is_alone: true, is_whole: true }.write(&mut documents);
        documents
    }
}

/// What stands at one place, and what is below it.
#[derive(Clone, Copy)]
struct Part<'a> {
    of: &'a Sent<'a>,
    index: usize,
    /// Whether it is a document by itself.
    is_alone: bool,
    /// Whether it has what is below it.
    is_whole: bool,
}

impl<'a> Part<'a> {
    fn write(self, documents: &mut Vec<String>) {
        let text = self.text();
        if text.len() <= LARGEST || self.below().next().is_none() {
            documents.push(text);
            return;
        }
        documents.push(Part { is_whole: false, ..self }.text());
        self.below().for_each(|part| Part { is_alone: true, ..part }.write(documents));
    }

    fn text(self) -> String {
        let mut text = Vec::with_capacity(USUAL);
        // Writing to memory does not fail, and neither do texts and numbers.
        _ = self.serialize(&mut serde_json::Serializer::new(&mut text));
        String::from_utf8(text).unwrap_or_default()
    }

    fn below(self) -> impl Iterator<Item = Part<'a>> {
        let Part { of, index, .. } = self;
        // A call has no parts, and most of what is recorded are calls.
        let later = if of.state.spans[index].call.is_some() { usize::MAX } else { index + 1 };
        let later = of.state.spans.iter().enumerate().skip(later);
        later.filter(move |(_, span)| span.parent == index).map(move |(index, _)| Part {
            of,
            index,
            is_alone: false,
            is_whole: true,
        })
    }

    /// Which trace it belongs to, and what it is below, where no document around it says so.
    fn place<M: SerializeMap>(self, map: &mut M) -> Result<(), M::Error> {
        let Sent { trace, state, .. } = self.of;
        let (origin, is_run) = (&trace.origin, self.index == 0);
        map.serialize_entry("trace_id", &trace.trace_id)?;
        if !is_run {
            map.serialize_entry("parent_id", &trace.id(state.spans[self.index].parent))?;
        } else if let Some(parent) = &origin.parent {
            map.serialize_entry("parent_id", parent)?;
        }
        if !is_run || origin.is_in_lambda {
            map.serialize_entry("type", "subsegment")?;
        }
        Ok(())
    }

    /// What only the run itself has.
    fn run<M: SerializeMap>(self, map: &mut M) -> Result<(), M::Error> {
        let Sent { trace, state, annotations, .. } = self.of;
        if !trace.origin.links.is_empty() {
            map.serialize_entry("links", &trace.origin.links)?;
        }
        let annotations = annotations.iter().map(|(name, value)| ((*name).into(), shortened(value, ANNOTATION).into()));
        map.serialize_entry("annotations", &annotations.collect::<serde_json::Map<_, Value>>())?;
        map.serialize_entry("metadata", &json!({"signalbox": counted(state)}))
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Sent { trace, state, now, .. } = self.of;
        let Span { name, start, end, ending, call, .. } = &state.spans[self.index];
        let id = trace.id(self.index);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("id", &id)?;
        if self.is_alone {
            self.place(&mut map)?;
        }
        map.serialize_entry("start_time", &seconds(*start))?;
        map.serialize_entry("end_time", &seconds(end.unwrap_or(*now)))?;
        match (call, ending) {
            (Some(call), _) => describe(&mut map, &id, call)?,
            (None, Ending::Well) => {}
            (None, Ending::Error(reason)) => ended(&mut map, "error", &id, reason)?,
            (None, Ending::Fault(reason)) => ended(&mut map, "fault", &id, reason)?,
        }
        if self.index == 0 {
            self.run(&mut map)?;
        }
        if self.is_whole && self.below().next().is_some() {
            map.serialize_entry("subsegments", &Below(*self))?;
        }
        map.end()
    }
}

/// What is below a part.
struct Below<'a>(Part<'a>);

impl Serialize for Below<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.below())
    }
}

/// Which call to AWS it was.
#[derive(Serialize)]
struct Aws<'a> {
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
}

/// What is known of a call. Which answers are errors, faults and throttling:
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-errors>
fn describe<M: SerializeMap>(map: &mut M, id: &str, call: &Recorded) -> Result<(), M::Error> {
    let Recorded { operation, region, account, attempts, throttled, last, is_left } = call;
    let Answered { status, request_id, is_throttled, why } = last;
    map.serialize_entry("namespace", "aws")?;
    if *is_throttled {
        map.serialize_entry("throttle", &true)?;
    }
    let why = why.as_deref().unwrap_or("no answer came");
    if *is_throttled || status.is_some_and(|it| (400..500).contains(&it)) {
        ended(map, "error", id, why)?;
    } else if status.is_none_or(|it| it >= 500) && !is_left {
        ended(map, "fault", id, why)?;
    }
    if let Some(status) = *status {
        map.serialize_entry("http", &Http { response: Some(Response { status: Some(status) }) })?;
    }
    let (account_id, region, request_id) = (account.as_deref(), region.as_deref(), request_id.as_deref());
    map.serialize_entry("aws", &Aws { operation, account_id, region, request_id, retries: attempts.checked_sub(1) })?;
    if *throttled > 0 {
        map.serialize_entry("metadata", &json!({"signalbox": {"throttled": throttled}}))?;
    }
    Ok(())
}

/// That something was not done, and why; the exception has the id of what it happened in.
fn ended<M: SerializeMap>(map: &mut M, how: &str, id: &str, reason: &str) -> Result<(), M::Error> {
    map.serialize_entry(how, &true)?;
    map.serialize_entry("cause", &json!({"exceptions": [{"id": id, "message": shortened(reason, REASON)}]}))
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// How much the run did, and how much of it has no subsegment.
fn counted(State { calls, steps, .. }: &State) -> Value {
    let mut counts = json!({"calls": calls, "steps": steps});
    for (name, all, most) in [("calls_left_out", *calls, CALLS), ("steps_left_out", *steps, STEPS)] {
        if all > most {
            counts[name] = json!(all - most);
        }
    }
    counts
}
