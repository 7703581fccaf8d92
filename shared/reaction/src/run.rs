//! One handling of one event.

use crate::Deadline;

/// One handling of one event: until when, of what, by which function and in whose name. Everything that is done about the
/// event is done under this name, so that two events that are handled side by side never act under each other's.
#[derive(Clone, Debug)]
pub struct Run {
    /// Until when the run may work.
    pub deadline: Deadline,
    /// What is handled: the id of the event or message, or the request's where there is none. Sessions in other accounts are
    /// named after it.
    pub occurrence: String,
    /// The function's one name.
    pub function: &'static str,
    /// Who acts, as the audit records it; the function where `None`.
    pub actor: Option<String>,
}

impl Run {
    /// The run of this function about this occurrence.
    #[must_use]
    pub fn new(function: &'static str, occurrence: impl Into<String>, deadline: Deadline) -> Self {
        Self { deadline, occurrence: occurrence.into(), function, actor: None }
    }

    /// The same run, of which the audit records that this actor acts.
    #[must_use]
    pub fn by(self, actor: impl Into<String>) -> Self {
        Self { actor: Some(actor.into()), ..self }
    }
}
