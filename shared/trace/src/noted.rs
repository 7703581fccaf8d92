//! What is noted of a run: its parts, in the order in which they began.

use std::hash::{BuildHasher, RandomState};
use std::time::SystemTime;

use place::hex;

use crate::Origin;
use crate::call::Recorded;

/// How many calls of a run have a subsegment of their own; further ones are counted.
pub const CALLS: usize = 100;

/// How many steps of a run have a subsegment of their own; further ones are counted.
pub const STEPS: usize = 100;

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

/// Which trace a run belongs to, and the ids of its parts.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) origin: Origin,
    pub(crate) trace_id: String,
    pub(crate) ids: RandomState,
}

impl Identity {
    /// The id of what stands at this place.
    pub(crate) fn id(&self, index: usize) -> String {
        hex(&self.ids.hash_one(index).to_be_bytes())
    }
}

#[derive(Debug)]
pub(crate) struct State {
    /// The first is the run itself.
    pub(crate) spans: Vec<Span>,
    /// Which of them the work that goes on now belongs to.
    pub(crate) current: usize,
    pub(crate) calls: usize,
    pub(crate) steps: usize,
}

impl State {
    /// Notes that the calls of this phase that have no answer are left, since it is.
    pub(crate) fn leave_calls_of(&mut self, phase: usize) {
        let calls = self.spans.iter_mut().filter(|it| it.parent == phase).filter_map(|it| it.call.as_mut());
        calls.for_each(|call| call.is_left = call.last.status.is_none());
    }
}

#[derive(Debug)]
pub(crate) struct Span {
    /// What it is a part of, which stands before it.
    pub(crate) parent: usize,
    pub(crate) name: String,
    pub(crate) start: SystemTime,
    pub(crate) end: Option<SystemTime>,
    pub(crate) ending: Ending,
    pub(crate) call: Option<Recorded>,
}
