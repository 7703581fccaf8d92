//! The pages, a file each: what is read, and which table shows it.

pub(crate) mod audit;
pub(crate) mod deployments;
pub(crate) mod events;
pub(crate) mod fleet;
pub(crate) mod names;
pub(crate) mod patches;
pub(crate) mod policies;
pub(crate) mod repositories;
pub(crate) mod secrets;
pub(crate) mod send;
pub(crate) mod shares;
pub(crate) mod trace;

use std::time::Duration;

use reaction::{Deadline, Run};

use crate::Console;

/// How long a page may read.
const PATIENCE: Duration = Duration::from_mins(2);

/// A run of this function by the person at the browser, for what reads in its name.
fn by_hand(console: &Console, function: &'static str, what: &str) -> Run {
    let sessions = &console.sessions;
    Run::new(function, what, deadline(console)).by(sessions.person_as_actor("signalbox console"))
}

fn deadline(console: &Console) -> Deadline {
    Deadline::new(console.sessions.now() + PATIENCE, console.sessions.clock())
}
