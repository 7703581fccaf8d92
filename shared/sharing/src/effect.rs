//! What became of a step.

use crate::{Difference, Principal};
use reaction::Error;

/// What became of a step whose calls were all answered.
#[derive(Debug)]
pub struct Effect {
    /// Who gained and who lost, change by change.
    pub done: Vec<Difference<Principal>>,
    /// The principals that AWS rejects, as a refusal; the others are done.
    pub refused: Option<Error>,
}
