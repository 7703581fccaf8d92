//! A replay of events from a file: each goes to the functions that hear it, in the file's order.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws::Sessions;
use place::{plain, shortened};
use serde::Serialize;
use serde_json::Value;
use suite::FUNCTIONS;

use super::super::deadletters::{Hand, Letter, Queues, admitted};
use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::interruption;
use crate::output::{self, Format};
use crate::progress::Progress;

/// What to say to a first Ctrl-C.
const FAREWELL: &str = "interrupted: the event that runs is waited for, and no other is begun; with the same --name the replay goes on \
    from there; Ctrl-C again gives up what runs";

/// The events of a file: one, a line each, or an array.
pub(super) async fn read(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = read_text(path).await?;
    let mut events = Vec::new();
    for (number, value) in serde_json::Deserializer::from_str(&text).into_iter::<Value>().enumerate() {
        let value = value.map_err(|error| {
            let error = reaction::byte_order_mark(&text).map_or_else(|| error.to_string(), String::from);
            Failure::usage(format!("{}, event {}: {error}; nothing was replayed", name_of(path), number + 1))
        })?;
        match value {
            Value::Array(some) => events.extend(some),
            one => events.push(one),
        }
    }
    if events.is_empty() {
        return Err(Failure::usage(format!("{} has no event in it", name_of(path))));
    }
    Ok(events)
}

/// An event, and what gets it.
struct Item {
    letter: Letter,
    functions: Vec<&'static str>,
}

/// Events, and the functions that get them.
pub(super) struct Replay {
    name: String,
    queues: Queues,
    hands: BTreeMap<&'static str, Result<Hand, String>>,
    items: Vec<Item>,
}

impl Replay {
    /// Looks which functions hear the events, and whether they are deployed here.
    pub(super) async fn of(
        sessions: &Arc<Sessions>,
        events: Vec<Value>,
        name: Option<&str>,
        function: Option<&str>,
    ) -> Result<Self, Failure> {
        let (queues, mut hands, mut items) = (Queues::new(sessions), BTreeMap::new(), Vec::new());
        for (number, event) in events.into_iter().enumerate() {
            // Its place in the file tells it apart, in a queue's five minutes too.
            let id = format!("{}-{}", name.unwrap_or("replay"), number + 1);
            let letter = Letter::read(&id, &event.to_string(), &|_| None);
            let functions = heard_by(&letter, function)
                .map_err(|why| Failure::usage(format!("event {}: {why}; nothing was replayed", number + 1)))?;
            items.push(Item { letter, functions });
        }
        sessions.ask_home().await.map_err(Failure::service)?;
        let wanted: BTreeSet<_> = items.iter().flat_map(|it| it.functions.iter().copied()).collect();
        for entry in FUNCTIONS.iter().filter(|it| wanted.contains(it.name)) {
            let hand = Hand::to(entry, sessions, &queues).await.map_err(|error| error.to_string());
            hands.insert(entry.name, hand);
        }
        let name = name.unwrap_or("NAME").to_owned();
        Ok(Self { name, queues, hands, items })
    }

    /// Shows which event would go where.
    pub(super) fn plan(&self, output: Format) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for (item, function) in self.pairs() {
            let error = self.hands.get(function).and_then(|it| it.as_ref().err().cloned());
            lines.push(Line::of(item, function, "planned".into(), error));
        }
        let is_bad = lines.iter().any(|it| it.error.is_some());
        output::print(output, &Shown { name: self.name.clone(), is_plan: true, events: lines })?;
        if is_bad { Err(Failure::shown_service()) } else { Err(Failure::differences()) }
    }

    /// Does it, one event after the other.
    pub(super) async fn carry_out(&self, output: Format) -> Result<(), Failure> {
        let is_stopped = Cell::new(false);
        let (lines, interrupted) = interruption::let_end(self.work(&is_stopped), &is_stopped, FAREWELL).await?;
        let is_bad = lines.iter().any(|it| it.error.is_some());
        output::print(output, &Shown { name: self.name.clone(), is_plan: false, events: lines })?;
        match interrupted {
            Some(failure) => Err(failure),
            None if is_bad => Err(Failure::shown_service()),
            None => Ok(()),
        }
    }

    async fn work(&self, is_stopped: &Cell<bool>) -> Vec<Line> {
        let (mut lines, progress) = (Vec::new(), Progress::start());
        for (item, function) in self.pairs() {
            if is_stopped.get() {
                break;
            }
            progress.next(format!("event {}: {} -> {function}", item.letter.id, item.letter.what()));
            lines.push(self.hand_over(item, function).await);
        }
        lines
    }

    async fn hand_over(&self, item: &Item, function: &'static str) -> Line {
        let (hand, event) = match (self.hands.get(function), &item.letter.event) {
            (Some(Ok(hand)), Some(event)) => (hand, event),
            (Some(Err(why)), _) => return Line::of(item, function, "not done".into(), Some(why.clone())),
            _ => return Line::of(item, function, "not done".into(), Some("it is not an event".into())),
        };
        let handed = hand.over(&self.queues, &item.letter, event, Some(&self.name)).await;
        if handed.is_over() {
            return Line::of(item, function, handed.line(), None);
        }
        Line::of(item, function, "not done".into(), Some(handed.line()))
    }

    fn pairs(&self) -> impl Iterator<Item = (&Item, &'static str)> {
        self.items.iter().flat_map(|item| item.functions.iter().map(move |function| (item, *function)))
    }
}

/// The functions that hear an event: by the rules' words, as a message of a failure queue is judged.
fn heard_by(letter: &Letter, function: Option<&str>) -> Result<Vec<&'static str>, String> {
    if let Some(name) = function {
        let found = FUNCTIONS.iter().find(|it| it.name == name);
        let entry = found.ok_or_else(|| format!("there is no function `{}`", shortened(name, 60)))?;
        return admitted(letter, entry).map(|_| vec![entry.name]);
    }
    let event = letter.event.as_ref();
    let text = |name: &str| event.and_then(|it| it.get(name)?.as_str()).unwrap_or_default();
    let (source, kind) = (text("source"), text("detail-type"));
    let hear = FUNCTIONS.iter().filter(|it| it.hears.iter().any(|it| it.matches(source, kind)));
    let hear: Vec<_> = hear.map(|it| it.name).collect();
    if hear.is_empty() {
        let (source, kind) = (shortened(source, 60), shortened(kind, 60));
        return Err(format!(
            "no function hears source `{source}`, detail-type `{kind}`; `signalbox list` says what is heard"
        ));
    }
    Ok(hear)
}

/// What became of an event, or would.
#[derive(Serialize)]
struct Line {
    event: String,
    what: String,
    function: &'static str,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Line {
    fn of(item: &Item, function: &'static str, outcome: String, error: Option<String>) -> Self {
        Self { event: item.letter.id.clone(), what: item.letter.what(), function, outcome, error }
    }
}

/// What became of the events of a file.
#[derive(Serialize)]
struct Shown {
    name: String,
    is_plan: bool,
    events: Vec<Line>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { event, what, function, outcome, error } in &self.events {
            match error {
                Some(error) => writeln!(f, "! {event}  {} -> {function}: {}", plain(what), plain(error))?,
                None if self.is_plan => writeln!(f, "~ {event}  {} -> {function}", plain(what))?,
                None => writeln!(f, "{event}  {} -> {function}: {}", plain(what), plain(outcome))?,
            }
        }
        let bad = self.events.iter().filter(|it| it.error.is_some()).count();
        let good = self.events.len() - bad;
        let name = &self.name;
        if self.is_plan {
            let how = format!("to carry it out: the same with --name {name} --apply");
            return write!(f, "{good} would be handed over, {bad} not; {how}");
        }
        write!(f, "replay {name}: {good} done, {bad} not")
    }
}
