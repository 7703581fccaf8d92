//! One handling of one event.

use std::sync::Arc;

use trace::{Ending, Recorder};

use crate::{Deadline, Error, Settlement};

/// One handling of one event: until when, of what, by which function and in whose name. Everything that is done about the
/// event is done under this name, so that two events that are handled side by side never act under each other's.
#[derive(Clone, Debug)]
pub struct Run {
    /// Until when the run may work.
    pub deadline: Deadline,
    /// What is handled: the id of the event or message, or the request's where there is none. It is the correlation id: sessions in
    /// other accounts are named after it, and logs, reports, the audit and traces have it.
    pub occurrence: String,
    /// The function's one name.
    pub function: &'static str,
    /// Who acts, as the audit records it; the function where `None`.
    pub actor: Option<String>,
    /// What notes the run's phases and calls, where the event is traced.
    pub trace: Option<Arc<Recorder>>,
    /// How the occurrence will be settled, while the only step of its plan is carried out.
    pub settlement: Option<Arc<Settlement>>,
    /// How the occurrence will be given back where the plan is not carried out wholly, of a reaction that says so.
    pub giving_back: Option<Arc<Settlement>>,
}

impl Run {
    /// The run of this function about this occurrence.
    #[must_use]
    pub fn new(function: &'static str, occurrence: impl Into<String>, deadline: Deadline) -> Self {
        let occurrence = occurrence.into();
        Self { deadline, occurrence, function, actor: None, trace: None, settlement: None, giving_back: None }
    }

    /// The same run, of which the audit records that this actor acts.
    #[must_use]
    pub fn by(self, actor: impl Into<String>) -> Self {
        Self { actor: Some(actor.into()), ..self }
    }

    /// The same run, which this recorder notes.
    #[must_use]
    pub fn traced(self, recorder: Option<Arc<Recorder>>) -> Self {
        Self { trace: recorder, ..self }
    }

    /// Does a part of the run, which has a phase of its own in the trace.
    pub fn phase<T>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, Error>> {
        trace::phase(self.trace.as_deref(), name, work, ending)
    }

    /// The same for a part that changes nothing: to leave it before its end is no failure.
    pub(crate) fn reading<T>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, Error>> {
        trace::phase(self.trace.as_deref(), name, work, ending).or_left()
    }

    /// Does a step, whose name is asked for only where it is noted.
    pub(crate) fn step<T>(
        &self,
        name: impl FnOnce() -> String,
        work: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, Error>> {
        trace::step(self.trace.as_deref(), name, work, ending)
    }
}

/// How work ended, as traces tell errors apart: what the operator has to change is an error, what may go well next time a fault.
fn ending<T>(done: &Result<T, Error>) -> Ending {
    match done {
        Ok(_) => Ending::Well,
        Err(error) if error.is_refused() => Ending::Error(error.to_string()),
        Err(error) => Ending::Fault(error.to_string()),
    }
}
