//! The functions of the suite: how the command line chooses one, and has it react.

use std::sync::Arc;
use std::time::Duration;

use aws::{Sessions, in_name_of};
use reaction::settings::Variables;
use reaction::{Deadline, Doing, Mode, Report, Run};
use sharing::Allowed;
use suite::{Entry, FUNCTIONS};

use crate::bound;
use crate::event::Event;
use crate::failure::Failure;
use crate::given::Given;

/// How long a run may take, and how long one that was broken off keeps others from the same occurrence.
pub(crate) const DEADLINE: Duration = Duration::from_mins(5);

/// What a manifest may name. An operator who plans may leave it out, which sets no bound.
const ALLOWED: &str = "SIGNALBOX_ALLOWED_ACCOUNTS";

/// What a function needs to react in this program.
pub(crate) struct Attempt<'a> {
    /// The way into AWS.
    pub(crate) sessions: Arc<Sessions>,
    /// The settings, by the names of the function's environment variables.
    pub(crate) variables: Variables<'a>,
    /// Which options were given, so that one that the function does not read is refused.
    pub(crate) given: &'a Given,
    /// Whether to act.
    pub(crate) mode: Mode,
    /// The event.
    pub(crate) event: &'a Event,
}

/// The function of this name, or else the one that hears this event.
pub(crate) fn choose(name: Option<&str>, event: &Event) -> Result<&'static Entry, Failure> {
    let (source, detail_type) = (event.field("source"), event.field("detail-type"));
    let hears = |it: &&Entry| it.hears.iter().any(|trigger| trigger.matches(source, detail_type));
    match name {
        Some(name) => FUNCTIONS
            .iter()
            .find(|it| it.name == name)
            .ok_or_else(|| Failure::usage(format!("there is no function `{name}`; {}", known()))),
        None if event.is_step() => {
            let names: Vec<_> = FUNCTIONS.iter().filter(|it| it.rotates()).map(|it| it.name).collect();
            let names = names.join(" or ");
            Err(Failure::usage(format!("a step of a rotation does not say whose it is; give --function {names}")))
        }
        None => FUNCTIONS.iter().find(hears).ok_or_else(|| {
            let asked = format!("no function listens to source `{source}`, detail-type `{detail_type}`");
            Failure::usage(format!("{asked}; {}; choose one with --function", known()))
        }),
    }
}

fn known() -> String {
    let one = |it: &Entry| {
        let triggers: Vec<_> = it.hears.iter().map(ToString::to_string).collect();
        format!("{} ({})", it.name, triggers.join(", "))
    };
    format!("known are {}", FUNCTIONS.iter().map(one).collect::<Vec<_>>().join("; "))
}

/// Has the function react to the event in this program.
pub(crate) async fn react(function: &Entry, attempt: &Attempt<'_>) -> Result<Report, Failure> {
    let Attempt { sessions, variables, given, mode, event } = attempt;
    let unbounded = |name: &str| variables(name).or_else(|| (name == ALLOWED).then(|| Allowed::EVERYBODY.into()));
    let opened = function
        .open(sessions.clone(), &unbounded)
        .doing(|| "settings, from the environment or from options of the same meaning")
        .map_err(Failure::configuration)?;
    let table = (*mode == Mode::Apply).then(|| variables(function::LEDGER_TABLE.variable).unwrap_or_default());
    given.check(function.name)?;
    if *mode == Mode::Apply {
        bound::require(given, *variables)?;
    }
    let command = format!("signalbox run ({})", function.name);
    let run = by_hand(sessions, function.name, event.field("id"), &command);
    let mut report = in_name_of(&run, opened.react(table, &run, &event.text)).await;
    let has_bound = function.settings.iter().copied().flatten().any(|it| it.variable == ALLOWED);
    if has_bound && variables(ALLOWED).is_none() {
        // The operator did not say so; the command says instead that no bound was given.
        let note = Allowed::EVERYBODY.parse::<Allowed>().ok().and_then(|it| it.note());
        report.notes.retain(|it| Some(it) != note.as_ref());
    }
    Ok(report)
}

/// A run of this function, whose role in members it asks for, that a person has begun by this command; [`Sessions::ask_home`] has asked for the credentials' ARN before.
pub(crate) fn by_hand(sessions: &Sessions, function: &'static str, occurrence: &str, command: &str) -> Run {
    let deadline = Deadline::new(sessions.now() + DEADLINE, sessions.clock());
    Run::new(function, occurrence, deadline).by(sessions.person_as_actor(command))
}
