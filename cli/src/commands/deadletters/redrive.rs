//! Hands the messages of a queue over, or drops them, one after the other: what comes of one is known before the next is taken.

use std::cell::Cell;
use std::collections::BTreeSet;

use reaction::Error;

use super::hand::{Hand, Handed};
use super::letter::admitted;
use super::queue::{Held, Queue, Queues};
use super::view::{Done, Line, Verb};
use super::{Chosen, absent};
use crate::failure::Failure;
use crate::interruption;
use crate::output::{self, Format};
use crate::progress::Progress;

/// What to say to a first Ctrl-C.
const FAREWELL: &str = "interrupted: the message that runs is waited for, and no other is begun; Ctrl-C again gives it up, and what \
    was read is shown again within 16 minutes";

/// Messages of one queue, and where they go: to a function, or nowhere.
pub(crate) struct Redrive {
    pub(crate) queues: Queues,
    pub(crate) queue: Queue,
    /// None where they are dropped.
    pub(crate) hand: Option<Hand>,
    /// The replay that they become occurrences of.
    pub(crate) replay: Option<String>,
    pub(crate) chosen: Chosen,
    pub(crate) most: usize,
}

impl Redrive {
    /// The same, whose events become occurrences of this replay.
    pub(crate) fn named(self, name: Option<&str>) -> Self {
        Self { replay: Some(name.unwrap_or("NAME").to_owned()), ..self }
    }

    /// Shows what would be done with each message.
    pub(crate) async fn plan(&self, output: Format) -> Result<(), Failure> {
        let held = self.queues.take_all(&self.queue, self.most).await.map_err(Failure::service)?;
        self.queues.give_back(&self.queue, &held).await;
        let chosen: Vec<_> = held.iter().filter(|it| self.chosen.has(&it.letter)).collect();
        let lines: Vec<_> = chosen.iter().map(|it| Line::planned(&it.letter, self.admits(it))).collect();
        let has_something = lines.iter().any(|it| it.error.is_none());
        let missing = self.missing(chosen.iter().map(|it| it.letter.id.as_str()));
        output::print(output, &self.told(lines, true))?;
        match missing {
            Some(failure) => Err(failure),
            None if has_something => Err(Failure::differences()),
            None => Ok(()),
        }
    }

    /// Does it. What was not done stays in the queue, and is told with its reason.
    pub(crate) async fn carry_out(&self, output: Format) -> Result<(), Failure> {
        let is_stopped = Cell::new(false);
        let ended = interruption::let_end(self.work(&is_stopped), &is_stopped, FAREWELL).await?;
        let ((lines, error), interrupted) = ended;
        let is_bad = lines.iter().any(|it| it.error.is_some());
        let missing = self.missing(lines.iter().map(|it| it.id.as_str()));
        output::print(output, &self.told(lines, false))?;
        match (interrupted, error, missing) {
            (Some(failure), ..) => Err(failure),
            (_, Some(error), _) => Err(Failure::service(error)),
            (.., Some(failure)) => Err(failure),
            _ if is_bad => Err(Failure::shown_service()),
            _ => Ok(()),
        }
    }

    /// Takes one message after the other until none is left, and gives back at the end what stays.
    async fn work(&self, is_stopped: &Cell<bool>) -> (Vec<Line>, Option<Error>) {
        let (mut lines, mut kept, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        let progress = Progress::start();
        let mut error = None;
        while !is_stopped.get() && seen.len() < self.most && !self.is_complete(&seen) {
            let held = match self.queues.take(&self.queue, 1).await {
                Ok(mut taken) => match taken.pop() {
                    Some(held) => held,
                    None => break,
                },
                Err(why) => {
                    error = Some(why);
                    break;
                }
            };
            // One that comes again was read long ago: everything else was, too.
            if !seen.insert(held.letter.id.clone()) {
                kept.push(held);
                break;
            }
            if !self.chosen.has(&held.letter) {
                kept.push(held);
                continue;
            }
            progress.next(format!("message {} of {}: {}", held.letter.id, self.queue.name, held.letter.what()));
            let line = self.deal_with(&held).await;
            if line.error.is_some() {
                kept.push(held);
            }
            lines.push(line);
        }
        self.queues.give_back(&self.queue, &kept).await;
        (lines, error)
    }

    fn is_complete(&self, seen: &BTreeSet<String>) -> bool {
        !self.chosen.all && self.chosen.ids.iter().all(|id| seen.contains(id))
    }

    fn admits<'a>(&self, held: &'a Held) -> Result<Option<&'a serde_json::Value>, String> {
        self.hand.as_ref().map(|hand| admitted(&held.letter, hand.function())).transpose()
    }

    async fn deal_with(&self, held: &Held) -> Line {
        let outcome = match (self.admits(held), &self.hand) {
            (Err(why), _) => return Line::kept(&held.letter, why),
            (Ok(Some(event)), Some(hand)) => hand.over(&self.queues, &held.letter, event, self.replay.as_deref()).await,
            _ => return self.delete(held, "dropped".into()).await,
        };
        match outcome {
            Handed::NotDone(why) => Line::kept(&held.letter, why),
            done => self.delete(held, done.line()).await,
        }
    }

    async fn delete(&self, held: &Held, outcome: String) -> Line {
        match self.queues.delete(&self.queue, held).await {
            Ok(()) => Line::done(&held.letter, outcome),
            Err(error) => Line::kept(&held.letter, format!("{outcome}, but {error}; do it again, which does no harm")),
        }
    }

    fn missing<'a>(&self, found: impl Iterator<Item = &'a str>) -> Option<Failure> {
        let found: BTreeSet<_> = found.collect();
        let missing: BTreeSet<_> =
            self.chosen.ids.iter().map(String::as_str).filter(|id| !found.contains(id)).collect();
        (!missing.is_empty()).then(|| Failure::service(absent(&self.queue, missing, self.most)))
    }

    fn told(&self, letters: Vec<Line>, is_plan: bool) -> Done {
        let verb = if self.hand.is_some() { Verb::Redrive } else { Verb::Drop };
        let function = self.hand.as_ref().map(|it| it.function().name);
        let is_cut = letters.len() >= self.most;
        Done { queue: self.queue.name.clone(), function, replay: self.replay.clone(), verb, is_plan, is_cut, letters }
    }
}
