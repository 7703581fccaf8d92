//! Carries a deployment out from here, round by round: AWS is asked again after a pause, and an interruption ends it between two calls.

use std::pin::{Pin, pin};
use std::time::Duration;

use delivery::{Deployment, Pause, Phase, Record, Status};
use reaction::{Deadline, Run};

use super::{Deploying, FUNCTION, view};
use crate::failure::Failure;
use crate::interruption;
use crate::output;
use crate::progress::{self, Progress};

/// How long one round may take.
const ROUND: Duration = Duration::from_mins(5);

/// The pauses between two rounds, each twice the one before, until a target has come further: Lambda takes a second or so for most
/// changes, and a shift of traffic takes minutes.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What the operator has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// That the deployment succeeds.
    Success,
    /// That it is taken back.
    WayBack,
}

/// The rounds of one deployment, and whether they were interrupted.
pub(super) struct Rounds<'a> {
    of: &'a Deploying,
    id: String,
    interruption: Pin<Box<dyn Future<Output = Failure>>>,
    interrupted: Option<Failure>,
}

impl<'a> Rounds<'a> {
    /// Listens to interruptions from now on: nothing of this deployment was changed yet by this command.
    pub(super) fn of(of: &'a Deploying, id: &str) -> Self {
        let interruption = Box::pin(interruption::wait(Some(farewell(id))));
        Self { of, id: id.to_owned(), interruption, interrupted: None }
    }

    /// Carries the deployment on until it has ended, or was interrupted. An interruption undoes nothing: what runs is waited for, and
    /// the record says how it stands.
    pub(super) async fn carry_out(
        mut self,
        mut it: Deployment,
        wanted: Wanted,
        progress: Progress,
    ) -> Result<(), Failure> {
        progress.next(format!("deployment {}", self.id));
        let (mut pause, mut stood, mut told) = (SHORTEST_PAUSE, stand(&it.record), String::new());
        while let Pause::Waiting(why) = self.round(&mut it).await? {
            if self.interrupted.is_some() {
                break;
            }
            if why != told {
                progress.next(&why);
                told = why;
            }
            let stands = stand(&it.record);
            pause = if stands == stood { (pause * 2).min(LONGEST_PAUSE) } else { SHORTEST_PAUSE };
            stood = stands;
            self.pause(pause, &it).await;
        }
        drop(progress);
        self.conclude(&it.record, wanted)
    }

    async fn round(&mut self, it: &mut Deployment) -> Result<Pause, Failure> {
        let (of, id) = (self.of, self.id.clone());
        let deadline = Deadline::new(of.sessions.now() + ROUND, of.sessions.clock());
        let run = Run::new(FUNCTION, &id, deadline);
        let advanced = self.through(of.acting(&id, of.delivery.advance(it, &run))).await?;
        advanced.map_err(|error| Failure::service(format!("deployment {id} does not go on: {error}; {}", ways(&id))))
    }

    /// Waits for work to end. A first interruption lets it end what it has begun, and a second one gives it up.
    ///
    /// # Errors
    /// The second interruption.
    pub(super) async fn through<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut work = pin!(work);
        loop {
            let failure = tokio::select! {
                done = &mut work => return Ok(done),
                failure = &mut self.interruption => failure,
            };
            if self.interrupted.is_some() {
                return Err(failure);
            }
            self.note(failure);
        }
    }

    fn note(&mut self, failure: Failure) {
        self.of.delivery.halt();
        self.interrupted = Some(failure);
        self.interruption = Box::pin(interruption::wait(Some(given_up(&self.id))));
    }

    /// Waits before AWS is asked again; an interruption ends the wait. What has passed since there is nothing to do counts.
    async fn pause(&mut self, pause: Duration, it: &Deployment) {
        let passed = it.waits_since.and_then(|since| self.of.sessions.now().duration_since(since).ok());
        let failure = tokio::select! {
            () = wait(pause.saturating_sub(passed.unwrap_or_default())) => return,
            failure = &mut self.interruption => failure,
        };
        self.note(failure);
    }

    /// Prints how the deployment stands. One that ended in spite of an interruption is as good as any other.
    fn conclude(self, record: &Record, wanted: Wanted) -> Result<(), Failure> {
        output::print(self.of.output, &view::Whole(record))?;
        match self.interrupted {
            Some(failure) if !record.status.is_over() => {
                progress::say(&format!("deployment {} has not ended; {}", self.id, ways(&self.id)));
                Err(failure)
            }
            _ if is_as(record, wanted) => Ok(()),
            _ => Err(Failure::shown_service()),
        }
    }
}

/// How far the deployment is.
fn stand(record: &Record) -> (usize, Vec<Phase>) {
    (record.wave, record.targets.values().map(|it| it.phase).collect())
}

/// Whether the deployment came to what was asked for, at every target.
fn is_as(record: &Record, wanted: Wanted) -> bool {
    match wanted {
        Wanted::Success => record.status == Status::Succeeded,
        Wanted::WayBack => {
            let is_left = record.targets.values().any(|it| it.phase == Phase::LeftAlone);
            matches!(record.status, Status::Succeeded | Status::RolledBack) && !is_left
        }
    }
}

/// Waits before AWS is asked again, which does not tell by itself when it is ready.
async fn wait(pause: Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the pause between two questions, of a command that a person waits for"
    )]
    tokio::time::sleep(pause).await;
}

/// How a deployment goes on that has not ended.
fn ways(id: &str) -> String {
    format!(
        "carry it on with `signalbox deploy run --resume {id}`, or take it back with `signalbox deploy rollback {id}`"
    )
}

/// What to say to a first Ctrl-C.
fn farewell(id: &str) -> String {
    format!(
        "interrupted: what runs of deployment {id} is waited for, and nothing more is begun; Ctrl-C again gives up what runs"
    )
}

/// What to say to a second one.
fn given_up(id: &str) -> String {
    format!("what ran was given up, and AWS may still do it; {}", ways(id))
}
