//! Follows a run on AWS: AWS is asked again after a pause, results are taken as they come, and failures are told once.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use fleet_runs::RunId;
use place::plain;
use reaction::Error;
use serde_json::Value;

use super::workflow::{Counts, Execution, Workflow};
use crate::commands::fleet::sink::Sink;
use crate::commands::fleet::view;
use crate::failure::Failure;
use crate::progress::{self, Progress};

/// The pauses between two looks, each twice the one before. Step Functions allows about one `DescribeMapRun` a second.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often in a row AWS may not answer. The run does not need this command.
const PATIENCE: u32 = 12;

/// Why something was not seen: AWS can be asked again, and standard output cannot.
pub(super) enum Missed {
    Aws(Error),
    Own(Failure),
}

impl From<Error> for Missed {
    fn from(error: Error) -> Self {
        Self::Aws(error)
    }
}

impl From<Failure> for Missed {
    fn from(failure: Failure) -> Self {
        Self::Own(failure)
    }
}

impl From<Missed> for Failure {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Aws(error) => Self::service(error),
            Missed::Own(failure) => failure,
        }
    }
}

/// What was seen of a run.
pub(super) struct Follower<'a> {
    workflow: &'a Workflow,
    run: &'a RunId,
    sink: Sink,
    /// Objects that were read, and executions of accounts whose failure was told.
    objects: BTreeSet<String>,
    failures: BTreeSet<String>,
    /// Accounts of which a failure was told.
    told: BTreeSet<String>,
    counts: Counts,
    /// Whether what fails is told at once.
    tells: bool,
}

impl<'a> Follower<'a> {
    /// One that has seen nothing yet.
    pub(super) fn new(workflow: &'a Workflow, run: &'a RunId, sink: Sink, tells: bool) -> Self {
        let (objects, failures, told) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { workflow, run, sink, objects, failures, told, counts: Counts::default(), tells }
    }

    /// Follows an attempt to its end.
    pub(super) async fn follow(&mut self, attempt: u32) -> Result<Execution, Failure> {
        let (progress, mut pause, mut unanswered) = (Progress::start(), SHORTEST_PAUSE, 0);
        progress.next(format!("run {}: planning", self.run));
        loop {
            match self.look(attempt, &progress).await {
                Ok(Some(execution)) if execution.status != ExecutionStatus::Running => return Ok(execution),
                Ok(_) => unanswered = 0,
                Err(Missed::Aws(error)) if unanswered < PATIENCE => {
                    unanswered += 1;
                    progress.next(format!("run {} goes on, and is asked for again: {error}", self.run));
                }
                Err(missed) => return Err(missed.into()),
            }
            wait(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// How the attempt stands now; what is new is told and kept.
    async fn look(&mut self, attempt: u32, progress: &Progress) -> Result<Option<Execution>, Missed> {
        let Some(execution) = self.workflow.attempt(self.run, attempt).await? else { return Ok(None) };
        let map_runs = self.workflow.map_runs(&execution).await?;
        let counts = self.workflow.counts(&map_runs).await?;
        if counts != self.counts || execution.status != ExecutionStatus::Running {
            let Counts { total, done, failed } = counts;
            progress.next(format!("run {}: {done} of {total} accounts are done, {failed} of them failed", self.run));
            self.take().await?;
            let more_failed = failed > self.counts.failed;
            for map_run in map_runs.iter().filter(|_| more_failed) {
                self.tell_failures(map_run).await?;
            }
            self.counts = counts;
        }
        Ok(Some(execution))
    }

    /// Tells which accounts failed without a result that says why.
    async fn tell_failures(&mut self, map_run: &str) -> Result<(), Error> {
        for (arn, input, why) in self.workflow.failures(map_run, &self.failures).await? {
            let account = account_in(&input);
            if !self.told.contains(account) {
                progress::say(&format!("failed: {account}: {}", plain(&why)));
            }
            self.failures.insert(arn);
        }
        Ok(())
    }

    /// Takes the results that have come.
    pub(super) async fn take(&mut self) -> Result<(), Missed> {
        let new = self.workflow.results(self.run, &self.objects).await?;
        let entries = self.workflow.read(&new).await?;
        self.objects.extend(new);
        for entry in entries {
            if self.tells
                && let Some(why) = &entry.exception_details
            {
                progress::say(&format!("failed: {}: {}", view::place(&entry), plain(why)));
            }
            self.sink.add(entry)?;
        }
        Ok(())
    }

    /// Where what was seen has gone.
    pub(super) fn into_sink(self) -> Sink {
        self.sink
    }
}

/// The account that an item of the map is about.
fn account_in(input: &Value) -> &str {
    let account = &input["account"];
    account.as_str().or_else(|| account["Id"].as_str()).unwrap_or("an account")
}

async fn wait(pause: Duration) {
    let never = std::future::pending::<()>();
    let _ = tokio::time::timeout(pause, never).await;
}
