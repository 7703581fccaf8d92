//! What one run did, as it is noted while the run is at work.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::call::Recorded;
use crate::noted::{CALLS, Ending, Identity, STEPS, Span, State};
use crate::sent::Sent;
use crate::{Answered, Call, Origin};

/// The characters that a name may have. <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>
const NAME: usize = 200;

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
    trace: Identity,
    now: fn() -> SystemTime,
    state: Mutex<State>,
}

/// A phase that goes on. It has failed where it is dropped before it is closed: the run was cut off, or panicked.
#[derive(Debug)]
pub struct Open<'a> {
    recorder: &'a Recorder,
    index: usize,
    /// How it ends when this is dropped; `None` until that is known.
    ending: Option<Ending>,
    /// Whether it may be left before its end.
    may_be_left: bool,
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
        let run = Span { parent: 0, name: named(name.into()), start, end: None, ending: Ending::Well, call: None };
        let state = Mutex::new(State { spans: vec![run], current: 0, calls: 0, steps: 0 });
        Arc::new(Self { trace: Identity { origin, trace_id, ids }, now, state })
    }

    /// The trace that the run belongs to.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.trace.trace_id
    }

    /// What to hand on with what is asked for now, so that what others do about it joins the trace: a [`crate::Header`].
    #[must_use]
    pub fn header(&self) -> String {
        self.header_below(self.state().current)
    }

    /// Begins a phase.
    pub fn open(&self, name: &str) -> Open<'_> {
        let mut state = self.state();
        let parent = state.current;
        let index = self.push(&mut state, parent, named(name.into()), None);
        Open { recorder: self, index, ending: None, may_be_left: false }
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
        let (parent, Call { service, operation, region, account }) = (state.current, call());
        let recorded = Recorded { operation, region, account, ..Recorded::default() };
        Some(CallId(self.push(&mut state, parent, named(service), Some(recorded))))
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
    pub fn header_of(&self, CallId(index): CallId) -> String {
        self.header_below(index)
    }

    fn header_below(&self, index: usize) -> String {
        ["Root=", &self.trace.trace_id, ";Parent=", &self.trace.id(index), ";Sampled=1"].concat()
    }

    /// Ends the recording: its documents, each small enough to be sent.
    #[must_use]
    pub fn finish(&self, finish: Finish) -> Vec<String> {
        let now = (self.now)();
        let mut state = self.state();
        state.spans[0].ending = finish.ending;
        Sent { trace: &self.trace, state: &state, annotations: &finish.annotations, now }.documents()
    }

    fn push(&self, state: &mut State, parent: usize, name: String, call: Option<Recorded>) -> usize {
        state.spans.push(Span { parent, name, start: (self.now)(), end: None, ending: Ending::Well, call });
        state.spans.len() - 1
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub fn close(mut self, ending: Ending) {
        self.ending = Some(ending);
    }

    /// The same phase, which has not failed where it is dropped, and neither have its calls: what only reads may be left.
    #[must_use]
    pub(crate) fn or_left(mut self) -> Self {
        self.may_be_left = true;
        self
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let now = (self.recorder.now)();
        let mut state = self.recorder.state();
        let ending = self.ending.take().unwrap_or_else(|| {
            if self.may_be_left {
                state.leave_calls_of(self.index);
                Ending::Well
            } else {
                Ending::Fault("broken off".into())
            }
        });
        let span = &mut state.spans[self.index];
        (span.end, span.ending) = (Some(now), ending);
    }
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        self.recorder.state().current = self.before;
    }
}

/// A name in the characters that X-Ray takes.
fn named(name: String) -> String {
    let is_taken = |it: char| it.is_alphanumeric() || it == ' ' || "_.:/%&#=+\\-@".contains(it);
    // Most are, and they are noted while a run is at work.
    if name.len() <= NAME && name.chars().all(is_taken) {
        return name;
    }
    name.chars().take(NAME).map(|it| if is_taken(it) { it } else { '-' }).collect()
}
