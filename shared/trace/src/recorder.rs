//! What one run did, as it is noted while the run is at work.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use place::shortened;
use serde_json::{Value, json};

use crate::call::Recorded;
use crate::{Answered, Aws, Call, Document, Header, Http, Origin, Response, send};

/// How many calls of a run have a subsegment of their own; further ones are counted.
pub const CALLS: usize = 100;

/// How many steps of a run have a subsegment of their own; further ones are counted.
pub const STEPS: usize = 100;

/// The characters that a name may have. <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>
const NAME: usize = 200;

/// The characters of a reason that are kept; the log has it whole.
const REASON: usize = 250;

/// The characters that the value of an annotation may have.
const ANNOTATION: usize = 1_000;

/// How work ended, as X-Ray tells apart: an error is the asker's, a fault is the answerer's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It was done.
    #[default]
    Well,
    /// It was refused, for this reason.
    Error(String),
    /// It failed, for this reason.
    Fault(String),
}

/// What is known of a run in the end.
#[derive(Clone, Debug, Default)]
pub struct Finish {
    /// How it ended.
    pub ending: Ending,
    /// What it is found by.
    pub annotations: Vec<(&'static str, String)>,
}

/// Which of its calls a recorder means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId(usize);

/// Notes what a run does.
#[derive(Debug)]
pub struct Recorder {
    origin: Origin,
    trace_id: String,
    now: fn() -> SystemTime,
    ids: RandomState,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The first is the run itself.
    spans: Vec<Span>,
    /// Which of them the work that goes on now belongs to.
    current: usize,
    calls: usize,
    steps: usize,
}

#[derive(Debug)]
struct Span {
    parent: usize,
    name: String,
    start: SystemTime,
    end: Option<SystemTime>,
    ending: Ending,
    call: Option<Recorded>,
}

/// A phase that goes on. It has failed where it is dropped before it is closed: the run was cut off, or panicked.
#[derive(Debug)]
pub struct Open<'a> {
    recorder: &'a Recorder,
    index: usize,
    is_closed: bool,
}

/// The work belongs to a phase as long as this is there.
#[derive(Debug)]
pub struct Within<'a> {
    recorder: &'a Recorder,
    before: usize,
}

impl Recorder {
    /// Begins to record a run of `name`, by the clock `now`.
    #[must_use]
    pub fn start(name: &str, origin: Origin, now: fn() -> SystemTime) -> Arc<Self> {
        let ids = RandomState::new();
        let start = now();
        let fresh = || {
            let seconds = start.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let (high, low) = (ids.hash_one("high"), ids.hash_one("low") & 0xffff_ffff);
            format!("1-{seconds:08x}-{high:016x}{low:08x}")
        };
        let trace_id = origin.trace_id.clone().unwrap_or_else(fresh);
        let run = Span { parent: 0, name: named(name), start, end: None, ending: Ending::Well, call: None };
        let state = Mutex::new(State { spans: vec![run], current: 0, calls: 0, steps: 0 });
        Arc::new(Self { origin, trace_id, now, ids, state })
    }

    /// The trace that the run belongs to.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// What to hand on with what is asked for now, so that what others do about it joins the trace.
    #[must_use]
    pub fn header(&self) -> Header {
        let parent = self.id(self.state().current);
        Header { root: self.trace_id.clone(), parent: Some(parent), sampled: Some(true) }
    }

    /// Begins a phase.
    pub fn open(&self, name: &str) -> Open<'_> {
        let mut state = self.state();
        let parent = state.current;
        let index = self.push(&mut state, parent, named(name), None);
        Open { recorder: self, index, is_closed: false }
    }

    /// Begins a step; none of its own where there are too many. Its name is asked for only if it has one.
    pub fn open_step(&self, name: impl FnOnce() -> String) -> Option<Open<'_>> {
        let mut state = self.state();
        state.steps += 1;
        if state.steps > STEPS {
            return None;
        }
        drop(state);
        Some(self.open(&name()))
    }

    /// Begins a call; none of its own where there are too many. What it asks for is asked only if it has one.
    pub fn call(&self, call: impl FnOnce() -> Call) -> Option<CallId> {
        let mut state = self.state();
        state.calls += 1;
        if state.calls > CALLS {
            return None;
        }
        let (parent, call) = (state.current, call());
        let name = named(&call.service);
        Some(CallId(self.push(&mut state, parent, name, Some(Recorded::new(call)))))
    }

    /// Notes how an attempt of a call ended. The call ends with its last attempt.
    pub fn answered(&self, CallId(index): CallId, answered: Answered) {
        let now = (self.now)();
        if let Some(span) = self.state().spans.get_mut(index) {
            span.end = Some(now);
            if let Some(call) = &mut span.call {
                call.answered(answered);
            }
        }
    }

    /// What to hand on with an attempt of a call.
    #[must_use]
    pub fn header_of(&self, CallId(index): CallId) -> Header {
        Header { root: self.trace_id.clone(), parent: Some(self.id(index)), sampled: Some(true) }
    }

    /// Ends the recording: its documents, each small enough to be sent.
    #[must_use]
    pub fn finish(&self, finish: Finish) -> Vec<String> {
        let now = (self.now)();
        let mut state = self.state();
        state.spans[0].ending = finish.ending;
        let mut below = vec![Vec::new(); state.spans.len()];
        for (index, span) in state.spans.iter().enumerate().skip(1) {
            below[span.parent].push(index);
        }
        let mut root = self.document(&state.spans, &below, 0, now);
        root.trace_id = Some(self.trace_id.clone());
        root.parent_id.clone_from(&self.origin.parent);
        root.kind = self.origin.is_in_lambda.then(|| "subsegment".into());
        root.links.clone_from(&self.origin.links);
        let annotations = finish.annotations.into_iter();
        root.annotations =
            annotations.map(|(name, value)| (name.into(), json!(shortened(&value, ANNOTATION)))).collect();
        root.metadata = counted(&state);
        drop(state);
        send::documents(root)
    }

    fn push(&self, state: &mut State, parent: usize, name: String, call: Option<Recorded>) -> usize {
        state.spans.push(Span { parent, name, start: (self.now)(), end: None, ending: Ending::Well, call });
        state.spans.len() - 1
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of what stands at this place.
    fn id(&self, index: usize) -> String {
        format!("{:016x}", self.ids.hash_one(index))
    }

    fn document(&self, spans: &[Span], below: &[Vec<usize>], index: usize, now: SystemTime) -> Document {
        let span = &spans[index];
        let (error, fault, reason) = match &span.ending {
            Ending::Well => (false, false, None),
            Ending::Error(reason) => (true, false, Some(reason.as_str())),
            Ending::Fault(reason) => (false, true, Some(reason.as_str())),
        };
        let id = self.id(index);
        let mut document = Document {
            name: span.name.clone(),
            start_time: seconds(span.start),
            end_time: Some(seconds(span.end.unwrap_or(now))),
            error,
            fault,
            cause: reason.map_or(Value::Null, |reason| cause(&id, reason)),
            subsegments: below[index].iter().map(|index| self.document(spans, below, *index, now)).collect(),
            id,
            ..Document::default()
        };
        if let Some(call) = &span.call {
            describe(&mut document, call);
        }
        document
    }
}

impl<'a> Open<'a> {
    /// The work belongs to this phase from now on, until what is returned is dropped.
    #[must_use]
    pub fn enter(&self) -> Within<'a> {
        let before = std::mem::replace(&mut self.recorder.state().current, self.index);
        Within { recorder: self.recorder, before }
    }

    /// Ends the phase.
    pub fn close(mut self, ending: &Ending) {
        self.end(ending.clone());
        self.is_closed = true;
    }

    fn end(&self, ending: Ending) {
        let now = (self.recorder.now)();
        let span = &mut self.recorder.state().spans[self.index];
        (span.end, span.ending) = (Some(now), ending);
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.is_closed {
            self.end(Ending::Fault("broken off".into()));
        }
    }
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        self.recorder.state().current = self.before;
    }
}

/// A name in the characters that X-Ray takes.
fn named(name: &str) -> String {
    let is_taken = |it: char| it.is_alphanumeric() || it == ' ' || "_.:/%&#=+\\-@".contains(it);
    name.chars().take(NAME).map(|it| if is_taken(it) { it } else { '-' }).collect()
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Why something was not done; the exception has the id of what it happened in.
fn cause(id: &str, reason: &str) -> Value {
    json!({"exceptions": [{"id": id, "message": shortened(reason, REASON)}]})
}

/// What is known of a call. Which answers are errors, faults and throttling:
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-errors>
fn describe(document: &mut Document, Recorded { call, attempts, throttled, last }: &Recorded) {
    let Answered { status, request_id, is_throttled, why } = last;
    document.namespace = Some("aws".into());
    document.throttle = *is_throttled;
    document.error = *is_throttled || status.is_some_and(|it| (400..500).contains(&it));
    document.fault = !document.error && status.is_none_or(|it| it >= 500);
    if document.error || document.fault {
        let why = why.as_deref().unwrap_or("no answer came");
        document.cause = cause(&document.id, why);
    }
    document.http = status.map(|status| Http { response: Some(Response { status: Some(status) }) });
    document.aws = Some(Aws {
        operation: Some(call.operation.clone()),
        account_id: call.account.clone(),
        region: call.region.clone(),
        request_id: request_id.clone(),
        retries: attempts.checked_sub(1),
    });
    if *throttled > 0 {
        document.metadata = BTreeMap::from([("signalbox".into(), json!({"throttled": throttled}))]);
    }
}

/// How much the run did, and how much of it has no subsegment.
fn counted(State { calls, steps, .. }: &State) -> BTreeMap<String, Value> {
    let mut counts = json!({"calls": calls, "steps": steps});
    for (name, all, most) in [("calls_left_out", *calls, CALLS), ("steps_left_out", *steps, STEPS)] {
        if all > most {
            counts[name] = json!(all - most);
        }
    }
    BTreeMap::from([("signalbox".into(), counts)])
}
