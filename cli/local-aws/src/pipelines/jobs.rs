//! Jobs: each is open until it is answered, and is answered once.
//!
//! A pipeline opens one when it invokes a function. A test may open one of no pipeline, hand its event to a function, and read the
//! answer. Nothing here waits for 20 minutes, after which AWS ends a job that has no answer.
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html>

use std::collections::HashMap;

use serde_json::Value;

use super::execution::{Ended, Work};
use crate::calls::Call;
use crate::refusals::Refusal;

/// The characters of a failure's message, of a success's summary and of a continuation token, at most.
const MESSAGE: usize = 5_000;
const SUMMARY: usize = 2_048;
const TOKEN: usize = 2_048;

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Nothing has answered it.
    Open,
    /// It comes again, with this continuation token.
    Continued(String),
    /// It succeeded, with this summary.
    Succeeded(String),
    /// It failed, with this type and message.
    Failed(String, String),
}

/// A job, and the run of an action that waits for its answer.
#[derive(Debug)]
struct Job {
    state: JobState,
    work: Option<Work>,
}

/// The jobs of all accounts, by account, region and id.
#[derive(Debug, Default)]
pub(super) struct Jobs(HashMap<(String, String, String), Job>);

impl Jobs {
    /// Opens a job in this account and region, for which a run of an action may wait.
    pub(super) fn open(&mut self, (account, region): (&str, &str), id: &str, work: Option<Work>) {
        let place = (account.to_owned(), region.to_owned(), id.to_owned());
        self.0.insert(place, Job { state: JobState::Open, work });
    }

    /// What became of a job; `None` where there is none.
    pub(super) fn state(&self, (account, region): (&str, &str), id: &str) -> Option<JobState> {
        let place = (account.to_owned(), region.to_owned(), id.to_owned());
        self.0.get(&place).map(|it| it.state.clone())
    }

    /// Takes an answer: the run that waited for it, and how it ended. A run whose job comes again goes on by another job, as the
    /// reference says of tokens: "Future jobs use this token".
    pub(super) fn answer(&mut self, call: &Call, told: &Value) -> Result<Option<(Work, Option<Ended>)>, Refusal> {
        let answer = if call.operation == "PutJobSuccessResult" { success(told)? } else { failure(told)? };
        let id = told["jobId"].as_str().unwrap_or_default();
        let place = (call.account.clone(), call.region.clone(), id.to_owned());
        let Some(job) = self.0.get_mut(&place) else {
            return Err(Refusal::of_request("JobNotFoundException", "the account and region have no such job"));
        };
        let is_open = match job.state {
            JobState::Open => true,
            // One of no pipeline is handed over again by the test that opened it.
            JobState::Continued(_) => job.work.is_none(),
            JobState::Succeeded(_) | JobState::Failed(..) => false,
        };
        if !is_open {
            return Err(Refusal::of_request("InvalidJobStateException", "the job was answered before"));
        }
        job.state = answer.clone();
        Ok(job.work.clone().map(|work| ended(work, answer)))
    }
}

/// What the run of a job does next, or how it ended.
fn ended(work: Work, answer: JobState) -> (Work, Option<Ended>) {
    match answer {
        JobState::Open => (work, None),
        JobState::Continued(token) => (Work { continuation: Some(token), ..work }, None),
        JobState::Succeeded(summary) => {
            let summary = Some(summary).filter(|it| !it.is_empty());
            (work, Some(Ended::Succeeded { summary, made: None }))
        }
        JobState::Failed(kind, message) => (work, Some(Ended::Failed(kind, message))),
    }
}

fn success(told: &Value) -> Result<JobState, Refusal> {
    let summary = &told["executionDetails"]["summary"];
    match told["continuationToken"].as_str() {
        Some(token) => Ok(JobState::Continued(bounded(&Value::from(token), TOKEN)?)),
        None if summary.is_null() => Ok(JobState::Succeeded(String::new())),
        None => Ok(JobState::Succeeded(bounded(summary, SUMMARY)?)),
    }
}

fn failure(told: &Value) -> Result<JobState, Refusal> {
    const TYPES: [&str; 6] = [
        "JobFailed",
        "ConfigurationError",
        "PermissionError",
        "RevisionOutOfSync",
        "RevisionUnavailable",
        "SystemUnavailable",
    ];
    let details = &told["failureDetails"];
    let kind = details["type"].as_str().unwrap_or_default();
    if !TYPES.contains(&kind) {
        return Err(Refusal::of_request("ValidationException", "failureDetails.type is not one of the six types"));
    }
    Ok(JobState::Failed(kind.to_owned(), bounded(&details["message"], MESSAGE)?))
}

/// A text of one character at least.
fn bounded(text: &Value, most: usize) -> Result<String, Refusal> {
    let text = text.as_str().unwrap_or_default();
    if text.is_empty() || text.chars().count() > most {
        return Err(Refusal::of_request("ValidationException", format!("a text must have 1 to {most} characters")));
    }
    Ok(text.to_owned())
}
