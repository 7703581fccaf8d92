//! Jobs of `CodePipeline`, as far as a function that is invoked by one needs them: each is open until it is answered, and is answered
//! once.
//!
//! It is a stand-in: neither server behind the proxy has jobs. A test opens a job, hands its event to the function, and reads the answer
//! here.
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{Value, json};

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

/// The jobs of all accounts, by account, region and id.
#[derive(Debug, Default)]
pub(crate) struct Jobs(Mutex<HashMap<(String, String, String), JobState>>);

impl Jobs {
    /// Opens a job of a pipeline in this account and region.
    pub(crate) fn open(&self, (account, region): (&str, &str), id: &str) {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.insert((account.to_owned(), region.to_owned(), id.to_owned()), JobState::Open);
    }

    /// What became of a job; `None` where there is none.
    pub(crate) fn state(&self, (account, region): (&str, &str), id: &str) -> Option<JobState> {
        let jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.get(&(account.to_owned(), region.to_owned(), id.to_owned())).cloned()
    }

    /// Answers a call.
    pub(crate) fn answer(&self, call: &Call, body: &[u8]) -> Response<Full<Bytes>> {
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        Refusal::answer_of(self.carry_out(call, &told).map(|()| json!({})))
    }

    fn carry_out(&self, call: &Call, told: &Value) -> Result<(), Refusal> {
        let ended = match call.operation.as_str() {
            "PutJobSuccessResult" => success(told)?,
            "PutJobFailureResult" => failure(told)?,
            _ => {
                return Err(Refusal::of_request(
                    "UnknownOperationException",
                    "the local AWS does not play this operation",
                ));
            }
        };
        let id = told["jobId"].as_str().unwrap_or_default();
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match jobs.get_mut(&(call.account.clone(), call.region.clone(), id.to_owned())) {
            None => Err(Refusal::of_request("JobNotFoundException", "the account and region have no such job")),
            Some(state @ (JobState::Open | JobState::Continued(_))) => {
                *state = ended;
                Ok(())
            }
            Some(_) => Err(Refusal::of_request("InvalidJobStateException", "the job was answered before")),
        }
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
